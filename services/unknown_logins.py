"""Sign-ins with a login id nobody has: no company's business, so they are in our own staff's trail (I11)."""

import base64
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction, AuditResult
from domain.callers import OperatorCaller
from domain.rate_limits import UNKNOWN_LOGINS_NOTED, is_unknown_login_noted
from services.audit import record_audit
from services.database import OWN_STAFF, enter_companies
from services.secret_box import NoEncryptionKey, SecretBox

# Enough to tell same from different, and too little to be sure of a guess for whoever has the key as well:
# what was typed may be somebody's password in the wrong field. 40 bits are eight letters.
_MARK_BYTES = 5

_NOTED = text("""
    SELECT remote_address FROM audit_entries
    WHERE company_id IS NULL AND at > clock_timestamp() - INTERVAL '1 hour' AND action = :action
    LIMIT :most
""")

log = structlog.get_logger(__name__)


async def record_unknown_login(
    session: AsyncSession, login_id: str, box: SecretBox, *, page: str, remote_address: str | None
) -> None:
    """Note that somebody tried ``login_id`` at ``page``: not the id, but a mark to compare it by.

    The last step of its transaction, which acts for our own staff from here on. What is beyond the bound of
    ``domain/rate_limits.py`` leaves a line in the log only.
    """
    await enter_companies(session, OWN_STAFF)
    values = {"action": AuditAction.UNKNOWN_LOGIN.value, "most": UNKNOWN_LOGINS_NOTED}
    noted_from = (await session.execute(_NOTED, values)).scalars().all()
    if not is_unknown_login_noted(remote_address, noted_from):
        log.info("unknown_login_not_noted", page=page)
        return
    after: dict[str, Any] = {"page": page}
    if (mark := login_id_mark(login_id, box)) is not None:
        after["login_id_mark"] = mark
    who = OperatorCaller(None, remote_address=remote_address)
    await record_audit(session, who, AuditAction.UNKNOWN_LOGIN, after=after, result=AuditResult.FAILED)


def login_id_mark(login_id: str, box: SecretBox) -> str | None:
    """Return eight letters for a login id, whatever its case; ``None`` without a key to make them with.

    Letters of Base32, none of which looks like the beginning of a phone number to the trail's masking.
    """
    plain = login_id.lower().encode("utf-8", "replace").decode()
    try:
        keyed = box.hashes(plain, owner=OWN_STAFF, purpose="unknown_login")[0]
    except NoEncryptionKey:
        return None
    return base64.b32encode(keyed[:_MARK_BYTES]).decode()
