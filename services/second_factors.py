"""The second factor of an account on either side: authenticator (TOTP) and backup codes (decision 0030).

Passkeys, which only company users have, are in ``services/passkeys.py``.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

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
from services.accounts import Account, BothSides
from services.audit import record_audit
from services.failed_sign_ins import count_failure, count_success, is_locked_out
from services.mails import queue_mail
from services.secret_box import SecretBox
from services.sessions import AccountSession

SEALED_FOR = "totp"
HASHED_FOR = "backup code"
_AUTHENTICATOR = {"factor": "authenticator"}

# A confirmed authenticator is never overwritten: it is removed first.
_BEGIN_TOTP = BothSides("""
    INSERT INTO {authenticators} AS t ({owner}, sealed_secret, created_at)
    VALUES ({owner_values}, :sealed_secret, :now)
    ON CONFLICT ({owner}) DO UPDATE
    SET sealed_secret = excluded.sealed_secret, created_at = excluded.created_at, last_step = 0
    WHERE t.confirmed_at IS NULL
""")

_TOTP = BothSides("SELECT sealed_secret, last_step, confirmed_at FROM {authenticators} WHERE {owned}")

# Compared again: of two requests with the same code one is right.
_USE_STEP = BothSides("""
    UPDATE {authenticators} SET last_step = :step, confirmed_at = coalesce(confirmed_at, :now)
    WHERE {owned} AND last_step < :step RETURNING last_step
""")

_REMOVE_TOTP = BothSides("DELETE FROM {authenticators} WHERE {owned}")
_REMOVE_BACKUP_CODES = BothSides("DELETE FROM {backup_codes} WHERE {owned}")
_REMOVE_PASSKEYS = text("DELETE FROM passkeys WHERE company_id = :company_id AND user_id = :account_id")

_ADD_BACKUP_CODE = BothSides("""
    INSERT INTO {backup_codes} ({owner}, code_hash) VALUES ({owner_values}, :code_hash)
""")

_USE_BACKUP_CODE = BothSides("""
    UPDATE {backup_codes} SET used_at = :now
    WHERE {owned} AND used_at IS NULL AND code_hash = ANY (:hashes) RETURNING id
""")

_BACKUP_CODES_LEFT = BothSides("SELECT count(*) FROM {backup_codes} WHERE {owned} AND used_at IS NULL")

_HAS_FACTOR = BothSides("SELECT {has_factor}")


async def begin_totp(session: AsyncSession, user: AccountSession, box: SecretBox, now: datetime) -> None:
    """Draw the secret of an authenticator to be; one that is confirmed already stays as it is."""
    secret = secrets.token_bytes(TOTP_SECRET_BYTES)
    sealed = box.seal(secret, owner=user.account.id, purpose=SEALED_FOR)
    await session.execute(
        _BEGIN_TOTP.of(user.account), {**user.account.key, "sealed_secret": sealed, "now": now}
    )


async def pending_totp(session: AsyncSession, user: AccountSession, box: SecretBox) -> bytes | None:
    """Return the secret that is being set up, ``None`` if there is none."""
    row = (await session.execute(_TOTP.of(user.account), user.account.key)).one_or_none()
    if row is None or row.confirmed_at is not None:
        return None
    return box.open(row.sealed_secret, owner=user.account.id, purpose=SEALED_FOR)


async def confirm_totp(
    session: AsyncSession, user: AccountSession, typed: str, box: SecretBox, now: datetime
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
    session: AsyncSession, user: AccountSession, typed: str, box: SecretBox, now: datetime
) -> bool:
    """Whether a code of the authenticator or a backup code lets the user in; a wrong one is counted (C-4).

    Each code is good once. While the account is locked no code is right, and none is used up.
    """
    if not await is_locked_out(session, user.account, now, user.caller.remote_address):
        if await _totp_is_right(session, user, typed, box, now):
            return await factor_given(session, user, "authenticator", now)
        if await _use_backup_code(session, user, typed, box, now):
            await tell_owner(session, user, "backup_code_used", now)
            return await factor_given(session, user, "backup_code", now)
    await count_failure(session, user.account, now, user.caller.remote_address, everywhere=True)
    return False


async def factor_given(session: AsyncSession, user: AccountSession, factor: str, now: datetime) -> bool:
    """Note a right second factor; ``False`` if the account was locked meanwhile."""
    if not await count_success(session, user.account, now, user.caller.remote_address):
        return False
    await record_audit(session, user.caller, AuditAction.SECOND_FACTOR_GIVEN, after={"factor": factor})
    return True


async def new_backup_codes(
    session: AsyncSession, user: AccountSession, box: SecretBox, now: datetime
) -> Sequence[str]:
    """Make ten new backup codes in place of the old ones and return them, to be shown once."""
    codes = [new_code(BACKUP_CODE_SIGNS, secrets.randbelow) for _ in range(BACKUP_CODES)]
    await session.execute(_REMOVE_BACKUP_CODES.of(user.account), user.account.key)
    rows = [
        {
            **user.account.key,
            "code_hash": box.hashes(plain_code(code), owner=user.account.id, purpose=HASHED_FOR)[0],
        }
        for code in codes
    ]
    await session.execute(_ADD_BACKUP_CODE.of(user.account), rows)
    await record_audit(session, user.caller, AuditAction.BACKUP_CODES_MADE, after={"count": len(codes)})
    return codes


async def backup_codes_left(session: AsyncSession, user: AccountSession) -> int:
    """Return how many backup codes are unused."""
    return int((await session.execute(_BACKUP_CODES_LEFT.of(user.account), user.account.key)).scalar_one())


async def remove_totp(session: AsyncSession, user: AccountSession, now: datetime) -> None:
    """Take the authenticator away; without any factor left the backup codes go as well."""
    await session.execute(_REMOVE_TOTP.of(user.account), user.account.key)
    await forget_useless_backup_codes(session, user)
    await tell_owner(session, user, "totp_removed", now)
    await record_audit(session, user.caller, AuditAction.SECOND_FACTOR_REMOVED, before=_AUTHENTICATOR)


async def forget_useless_backup_codes(session: AsyncSession, user: AccountSession) -> None:
    """Delete backup codes that stand in for nothing."""
    if not (await session.execute(_HAS_FACTOR.of(user.account), user.account.key)).scalar_one():
        await session.execute(_REMOVE_BACKUP_CODES.of(user.account), user.account.key)


async def remove_all_factors(session: AsyncSession, account: Account) -> None:
    """Take every second factor of an account away: the phone is lost, or the account is deleted."""
    for statement in (_REMOVE_TOTP, _REMOVE_BACKUP_CODES):
        await session.execute(statement.of(account), account.key)
    if account.company_id is not None:
        await session.execute(_REMOVE_PASSKEYS, account.key)


async def tell_owner(session: AsyncSession, user: AccountSession, change: str, now: datetime) -> None:
    """Write the mail that says what happened to a second factor (``domain.mails.FACTOR_CHANGES``).

    Operators get none: the outbox is companies', and their trail tells their administrator.
    """
    company_id, details = user.account.company_id, {"change": change, "at": now.isoformat()}
    if company_id is not None:
        kind = MailKind.SECOND_FACTOR_CHANGED
        await queue_mail(session, company_id, user.account.id, kind, details=details)


async def _totp_is_right(
    session: AsyncSession, user: AccountSession, typed: str, box: SecretBox, now: datetime
) -> bool:
    row = (await session.execute(_TOTP.of(user.account), user.account.key)).one_or_none()
    if row is None or row.confirmed_at is None:
        return False
    secret = box.open(row.sealed_secret, owner=user.account.id, purpose=SEALED_FOR)
    step = matching_step(secret, typed, now, row.last_step)
    return step is not None and await _use_step(session, user, step, now)


async def _use_step(session: AsyncSession, user: AccountSession, step: int, now: datetime) -> bool:
    used = await session.execute(_USE_STEP.of(user.account), {**user.account.key, "step": step, "now": now})
    return used.scalar_one_or_none() is not None


async def _use_backup_code(
    session: AsyncSession, user: AccountSession, typed: str, box: SecretBox, now: datetime
) -> bool:
    plain = plain_code(typed)
    if len(plain) != BACKUP_CODE_SIGNS:
        return False
    hashes = box.hashes(plain, owner=user.account.id, purpose=HASHED_FOR)
    used = await session.execute(
        _USE_BACKUP_CODE.of(user.account), {**user.account.key, "hashes": hashes, "now": now}
    )
    return used.scalar_one_or_none() is not None
