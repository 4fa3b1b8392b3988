"""A user's second factor: authenticator (TOTP) and backup codes. Passkeys are in ``services/passkeys.py``."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction
from domain.mails import MailKind
from domain.one_time_codes import (
    BACKUP_CODE_SIGNS,
    BACKUP_CODES,
    TOTP_SECRET_BYTES,
    matching_step,
    new_code,
    plain_code,
)
from services.audit import record_audit
from services.mails import queue_mail
from services.secret_box import SecretBox
from services.sign_in import count_failure, count_success, is_account_locked
from services.user_sessions import SessionUser

SEALED_FOR = "totp"
HASHED_FOR = "backup code"
_AUTHENTICATOR = {"factor": "authenticator"}

# A confirmed authenticator is never overwritten: it is removed first.
_BEGIN_TOTP = text("""
    INSERT INTO totp_secrets AS t (company_id, user_id, sealed_secret, created_at)
    VALUES (:company_id, :user_id, :sealed_secret, :now)
    ON CONFLICT (company_id, user_id) DO UPDATE
    SET sealed_secret = excluded.sealed_secret, created_at = excluded.created_at, last_step = 0
    WHERE t.confirmed_at IS NULL
""")

_TOTP = text("""
    SELECT sealed_secret, last_step, confirmed_at FROM totp_secrets
    WHERE company_id = :company_id AND user_id = :user_id
""")

# Compared again: of two requests with the same code one is right.
_USE_STEP = text("""
    UPDATE totp_secrets SET last_step = :step, confirmed_at = coalesce(confirmed_at, :now)
    WHERE company_id = :company_id AND user_id = :user_id AND last_step < :step RETURNING user_id
""")

_REMOVE_TOTP = text("DELETE FROM totp_secrets WHERE company_id = :company_id AND user_id = :user_id")
_REMOVE_PASSKEYS = text("DELETE FROM passkeys WHERE company_id = :company_id AND user_id = :user_id")
_REMOVE_BACKUP_CODES = text("DELETE FROM backup_codes WHERE company_id = :company_id AND user_id = :user_id")

_ADD_BACKUP_CODE = text("""
    INSERT INTO backup_codes (company_id, user_id, code_hash) VALUES (:company_id, :user_id, :code_hash)
""")

_USE_BACKUP_CODE = text("""
    UPDATE backup_codes SET used_at = :now
    WHERE company_id = :company_id AND user_id = :user_id AND used_at IS NULL AND code_hash = ANY (:hashes)
    RETURNING id
""")

_BACKUP_CODES_LEFT = text("""
    SELECT count(*) FROM backup_codes
    WHERE company_id = :company_id AND user_id = :user_id AND used_at IS NULL
""")

_HAS_FACTOR = text("""
    SELECT EXISTS (SELECT FROM totp_secrets t WHERE t.company_id = :company_id AND t.user_id = :user_id
                   AND t.confirmed_at IS NOT NULL)
        OR EXISTS (SELECT FROM passkeys p WHERE p.company_id = :company_id AND p.user_id = :user_id)
""")


async def begin_totp(session: AsyncSession, user: SessionUser, box: SecretBox, now: datetime) -> None:
    """Draw the secret of an authenticator to be; one that is confirmed already stays as it is."""
    secret = secrets.token_bytes(TOTP_SECRET_BYTES)
    sealed = box.seal(secret, owner=user.user_id, purpose=SEALED_FOR)
    await session.execute(_BEGIN_TOTP, {**_key(user), "sealed_secret": sealed, "now": now})


async def pending_totp(session: AsyncSession, user: SessionUser, box: SecretBox) -> bytes | None:
    """Return the secret that is being set up, ``None`` if there is none."""
    row = (await session.execute(_TOTP, _key(user))).one_or_none()
    if row is None or row.confirmed_at is not None:
        return None
    return box.open(row.sealed_secret, owner=user.user_id, purpose=SEALED_FOR)


async def confirm_totp(
    session: AsyncSession, user: SessionUser, typed: str, box: SecretBox, now: datetime
) -> bool:
    """Take the authenticator into use if it shows the right code."""
    secret = await pending_totp(session, user, box)
    step = matching_step(secret, typed, now, last_step=0) if secret is not None else None
    if step is None or not await _use_step(session, user, step, now):
        return False
    await tell_owner(session, user, "totp_added", now)
    await record_audit(session, user.caller, AuditAction.SECOND_FACTOR_ADDED, after=_AUTHENTICATOR)
    return True


async def check_code(
    session: AsyncSession, user: SessionUser, typed: str, box: SecretBox, now: datetime
) -> bool:
    """Whether a code of the authenticator or a backup code lets the user in; a wrong one is counted (C-4).

    Each code is good once. While the account is locked no code is right, and none is used up.
    """
    if not await is_account_locked(session, user.company_id, user.user_id, now):
        if await _totp_is_right(session, user, typed, box, now):
            return await factor_given(session, user, "authenticator", now)
        if await _use_backup_code(session, user, typed, box, now):
            await tell_owner(session, user, "backup_code_used", now)
            return await factor_given(session, user, "backup_code", now)
    await count_failure(session, user.company_id, user.user_id, now, user.caller.remote_address)
    return False


async def factor_given(session: AsyncSession, user: SessionUser, factor: str, now: datetime) -> bool:
    """Note a right second factor; ``False`` if the account was locked meanwhile."""
    if not await count_success(session, user.company_id, user.user_id, now):
        return False
    await record_audit(session, user.caller, AuditAction.SECOND_FACTOR_GIVEN, after={"factor": factor})
    return True


async def new_backup_codes(
    session: AsyncSession, user: SessionUser, box: SecretBox, now: datetime
) -> Sequence[str]:
    """Make ten new backup codes in place of the old ones and return them, to be shown once."""
    codes = [new_code(BACKUP_CODE_SIGNS, secrets.randbelow) for _ in range(BACKUP_CODES)]
    await session.execute(_REMOVE_BACKUP_CODES, _key(user))
    rows = [
        {
            **_key(user),
            "code_hash": box.hashes(plain_code(code), owner=user.user_id, purpose=HASHED_FOR)[0],
        }
        for code in codes
    ]
    await session.execute(_ADD_BACKUP_CODE, rows)
    await record_audit(session, user.caller, AuditAction.BACKUP_CODES_MADE, after={"count": len(codes)})
    return codes


async def backup_codes_left(session: AsyncSession, user: SessionUser) -> int:
    """Return how many backup codes are unused."""
    return int((await session.execute(_BACKUP_CODES_LEFT, _key(user))).scalar_one())


async def remove_totp(session: AsyncSession, user: SessionUser, now: datetime) -> None:
    """Take the authenticator away; without any factor left the backup codes go as well."""
    await session.execute(_REMOVE_TOTP, _key(user))
    await forget_useless_backup_codes(session, user)
    await tell_owner(session, user, "totp_removed", now)
    await record_audit(session, user.caller, AuditAction.SECOND_FACTOR_REMOVED, before=_AUTHENTICATOR)


async def forget_useless_backup_codes(session: AsyncSession, user: SessionUser) -> None:
    """Delete backup codes that stand in for nothing."""
    if not (await session.execute(_HAS_FACTOR, _key(user))).scalar_one():
        await session.execute(_REMOVE_BACKUP_CODES, _key(user))


async def remove_all_factors(session: AsyncSession, company_id: UUID, user_id: UUID) -> None:
    """Take every second factor of a user away: the phone is lost, or the account is deleted."""
    for statement in (_REMOVE_TOTP, _REMOVE_PASSKEYS, _REMOVE_BACKUP_CODES):
        await session.execute(statement, {"company_id": company_id, "user_id": user_id})


async def tell_owner(session: AsyncSession, user: SessionUser, change: str, now: datetime) -> None:
    """Write the mail that says what happened to a second factor (``domain.mails.FACTOR_CHANGES``)."""
    details = {"change": change, "at": now.isoformat()}
    await queue_mail(session, user.company_id, user.user_id, MailKind.SECOND_FACTOR_CHANGED, details=details)


async def _totp_is_right(
    session: AsyncSession, user: SessionUser, typed: str, box: SecretBox, now: datetime
) -> bool:
    row = (await session.execute(_TOTP, _key(user))).one_or_none()
    if row is None or row.confirmed_at is None:
        return False
    secret = box.open(row.sealed_secret, owner=user.user_id, purpose=SEALED_FOR)
    step = matching_step(secret, typed, now, row.last_step)
    return step is not None and await _use_step(session, user, step, now)


async def _use_step(session: AsyncSession, user: SessionUser, step: int, now: datetime) -> bool:
    used = await session.execute(_USE_STEP, {**_key(user), "step": step, "now": now})
    return used.scalar_one_or_none() is not None


async def _use_backup_code(
    session: AsyncSession, user: SessionUser, typed: str, box: SecretBox, now: datetime
) -> bool:
    plain = plain_code(typed)
    if len(plain) != BACKUP_CODE_SIGNS:
        return False
    hashes = box.hashes(plain, owner=user.user_id, purpose=HASHED_FOR)
    used = await session.execute(_USE_BACKUP_CODE, {**_key(user), "hashes": hashes, "now": now})
    return used.scalar_one_or_none() is not None


def _key(user: SessionUser) -> dict[str, object]:
    return {"company_id": user.company_id, "user_id": user.user_id}
