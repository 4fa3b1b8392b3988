"""The outbox of mails: written with the change they tell of, sent afterwards (C-2, C-3)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.mails import MailFacts, MailKind, MailOrder, MailState
from domain.rate_limits import LimitKind
from services.clock import database_now
from services.rate_limits import take_token
from services.secret_box import SecretBox

log = structlog.get_logger(__name__)

SEALED_FOR = "mail"
BATCH = 200
_NOTED = "queued_mails"

# The id is needed to seal the secret, so it is made first.
_NEW_ID = text("SELECT uuidv7()")

_QUEUE = text("""
    INSERT INTO mails (company_id, id, kind, user_id, address, details, sealed_secret, expires_at, state)
    SELECT u.company_id, :id, :kind, u.id, u.login_id, CAST(:details AS jsonb), :sealed_secret, :expires_at,
           'queued'
    FROM company_users u WHERE u.company_id = :company_id AND u.id = :user_id
      AND (u.taken_elsewhere_at IS NULL OR :kind = 'login_id_taken')
""")

# What an older mail of the kind would tell is no longer true.
_OVERTAKEN = text("""
    UPDATE mails SET state = 'expired', sealed_secret = NULL, closed_at = now()
    WHERE company_id = :company_id AND user_id = :user_id AND kind = :kind AND state = 'queued'
""")

_LOAD = text("""
    SELECT m.kind, m.address, m.details, m.sealed_secret, m.expires_at, m.state, m.created_at,
           clock_timestamp() AS now,
           u.name AS user_name, u.login_id, c.name AS company_name
    FROM mails m
    JOIN company_users u ON u.company_id = m.company_id AND u.id = m.user_id
    JOIN companies c ON c.id = m.company_id
    WHERE m.company_id = :company_id AND m.id = :mail_id
""")

_CLOSE = text("""
    UPDATE mails SET state = :state, failure_code = :failure_code, sealed_secret = NULL, closed_at = now()
    WHERE company_id = :company_id AND id = :mail_id AND state = 'queued'
""")

_QUEUED = text("""
    SELECT company_id, id FROM mails WHERE state = 'queued' ORDER BY created_at LIMIT :batch
""")


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """A mail that is still to be sent. ``now``: the database's clock."""

    address: str
    facts: MailFacts
    written_at: datetime
    now: datetime
    tells_a_secret: bool


async def queue_mail(
    session: AsyncSession,
    company_id: UUID,
    user_id: UUID,
    kind: MailKind,
    *,
    details: Mapping[str, str] | None = None,
    secret: tuple[SecretBox, str] | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Write a mail to a user into the outbox; it is sent once the transaction is committed.

    ``secret`` is a password or code with the box to seal it in. It takes the place of one of the same kind
    that has not left yet. A notice is left out, with a line in the log, where the user was sent many of its
    kind already: nobody inside floods a mailbox by doing one thing again and again. Whoever sends secrets
    limits that, and says so.
    """
    if secret is None and await _is_one_too_many(session, user_id, kind):
        return
    mail_id = (await session.execute(_NEW_ID)).scalar_one()
    sealed = None
    key = {"company_id": company_id, "user_id": user_id, "kind": kind.value}
    if secret is not None:
        box, words = secret
        sealed = box.seal(words.encode(), owner=mail_id, purpose=SEALED_FOR)
        await session.execute(_OVERTAKEN, key)
    values = {
        "id": mail_id,
        "details": json.dumps(details) if details is not None else None,
        "sealed_secret": sealed,
        "expires_at": expires_at,
    }
    await session.execute(_QUEUE, {**key, **values})
    session.info.setdefault(_NOTED, []).append(MailOrder(company_id, mail_id))


async def _is_one_too_many(session: AsyncSession, user_id: UUID, kind: MailKind) -> bool:
    now = await database_now(session)
    if await take_token(session, LimitKind.NOTICE_MAIL, f"{user_id} {kind.value}", now) is None:
        return False
    log.info("notice_not_mailed", kind=kind.value, user_id=str(user_id))
    return True


def mails_queued_in(session: AsyncSession) -> list[MailOrder]:
    """Return the mails a transaction wrote, to be started once it is committed; a sweep finds the others."""
    noted: list[MailOrder] = session.info.get(_NOTED, [])
    return noted


async def load_queued_mail(
    session: AsyncSession, order: MailOrder, box: SecretBox, portal_url: str
) -> QueuedMail | None:
    """Return what to send, ``None`` if the mail is closed already. Raises ``UnreadableSecret``."""
    key = {"company_id": order.company_id, "mail_id": order.mail_id}
    row = (await session.execute(_LOAD, key)).one_or_none()
    if row is None or row.state != MailState.QUEUED:
        return None
    secret = None
    if row.sealed_secret is not None:
        secret = box.open(row.sealed_secret, owner=order.mail_id, purpose=SEALED_FOR).decode()
    facts = MailFacts(
        MailKind(row.kind),
        row.company_name,
        row.user_name,
        row.login_id,
        portal_url.rstrip("/"),
        secret,
        row.expires_at,
        row.details,
    )
    return QueuedMail(row.address, facts, row.created_at, row.now, tells_a_secret=secret is not None)


async def close_mail(
    session: AsyncSession, order: MailOrder, state: MailState, failure_code: str | None = None
) -> None:
    """Write down what became of a mail and forget its secret; a closed one stays as it is."""
    key = {"company_id": order.company_id, "mail_id": order.mail_id}
    await session.execute(_CLOSE, {**key, "state": state.value, "failure_code": failure_code})


async def queued_mails(session: AsyncSession) -> list[MailOrder]:
    """Return mails that must have a running workflow, the oldest first."""
    rows = await session.execute(_QUEUED, {"batch": BATCH})
    return [MailOrder(row.company_id, row.id) for row in rows]
