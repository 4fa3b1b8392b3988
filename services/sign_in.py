"""Signing in to the portal with login id and password (C-4).

A wrong password, an unknown login id and a locked account get the same answer after about the same work,
so that nobody can learn which accounts exist or are locked; the page hides the rest of the difference.
Sessions are in ``services/user_sessions.py``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction, AuditResult
from domain.callers import Caller
from domain.mails import MailKind
from domain.permissions import Role
from domain.sign_in_steps import LOCKED_FOR, MAX_FAILURES
from services.audit import record_audit
from services.company_lookups import enter_company_of_login
from services.mails import queue_mail
from services.password_hashing import hashing_turn, verified
from services.secret_box import SecretBox
from services.unknown_logins import record_unknown_login
from services.user_sessions import Device, open_session

UNKNOWN_DEVICE = Device()
NO_KEY = SecretBox("")

_USER = text("""
    SELECT company_id, id, role, password_hash, temporary_until FROM company_users
    WHERE lower(login_id) = lower(:login_id) AND deleted_at IS NULL AND released_at IS NULL
""")

# The row is found anew after waiting for a parallel attempt, so five wrong ones lock however they come.
# While locked nothing counts and the lock is not prolonged; after it the count begins again.
_COUNT_FAILURE = text("""
    UPDATE company_users
    SET failed_sign_ins = CASE WHEN locked_until IS NULL THEN failed_sign_ins + 1 ELSE 1 END,
        locked_until = CASE WHEN locked_until IS NULL AND failed_sign_ins + 1 >= :most
                            THEN CAST(:now AS timestamptz) + :locked_for END
    WHERE company_id = :company_id AND id = :id AND (locked_until IS NULL OR locked_until <= :now)
    RETURNING locked_until, failed_sign_ins
""")

# The hash is compared again: a password that was changed meanwhile lets nobody in. With a second factor
# the sign-in is only half done: the count goes on until that was right as well.
_ADMIT = text("""
    UPDATE company_users u
    SET password_hash = :new_hash,
        failed_sign_ins = CASE WHEN f.is_there THEN failed_sign_ins ELSE 0 END,
        last_signed_in_at = CASE WHEN f.is_there THEN last_signed_in_at ELSE CAST(:now AS timestamptz) END,
        locked_until = NULL
    FROM (SELECT EXISTS (SELECT FROM totp_secrets t WHERE t.company_id = :company_id AND t.user_id = :id
                         AND t.confirmed_at IS NOT NULL)
              OR EXISTS (SELECT FROM passkeys p WHERE p.company_id = :company_id AND p.user_id = :id)
              AS is_there) f
    WHERE u.company_id = :company_id AND u.id = :id AND u.password_hash = :password_hash
      AND u.deleted_at IS NULL AND (u.locked_until IS NULL OR u.locked_until <= :now)
      AND (u.temporary_until IS NULL OR u.temporary_until > :now)
    RETURNING u.id
""")

_SUCCEEDED = text("""
    UPDATE company_users SET failed_sign_ins = 0, locked_until = NULL, last_signed_in_at = :now
    WHERE company_id = :company_id AND id = :id AND (locked_until IS NULL OR locked_until <= :now)
    RETURNING id
""")

_IS_LOCKED = text("""
    SELECT locked_until > :now FROM company_users WHERE company_id = :company_id AND id = :id
""")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """``token`` goes into the cookie and nowhere else; the session ends at ``expires_at`` at the latest."""

    token: str
    expires_at: datetime
    caller: Caller


@dataclass(frozen=True, slots=True)
class SignInFailed:
    """Login id or password wrong, or the account locked: never told apart (C-4)."""


@dataclass(frozen=True, slots=True)
class TemporaryPasswordExpired:
    """The temporary password was right, but its 14 days are over (C-2). Only its owner gets to see this."""


async def sign_in(
    session: AsyncSession,
    login_id: str,
    password: str,
    now: datetime,
    device: Device = UNKNOWN_DEVICE,
    *,
    box: SecretBox = NO_KEY,
) -> SignedIn | SignInFailed | TemporaryPasswordExpired:
    """Open a session, or count the failure; five in a row lock the account for 30 minutes (C-4).

    The failure is an answer and not an exception: its count has to be committed. What the session may do
    depends on the steps that are left (``domain/sign_in_steps.py``). ``box`` marks login ids nobody has.
    """
    login_id = login_id.replace("\x00", "")
    # The turn comes before the first statement, so that a flood of attempts cannot take all connections.
    async with hashing_turn():
        await enter_company_of_login(session, login_id)
        user = (await session.execute(_USER, {"login_id": login_id})).one_or_none()
        new_hash = await verified(user.password_hash if user else None, password)
        if user is not None:
            return await _outcome(session, user, new_hash, now, device)
    # After the turn: whoever signs in does not wait while this waits for the end of our own staff's trail.
    await record_unknown_login(session, login_id, box, page="/sign-in", remote_address=device.address)
    return SignInFailed()


async def _outcome(
    session: AsyncSession, user: Row[Any], new_hash: str | None, now: datetime, device: Device
) -> SignedIn | SignInFailed | TemporaryPasswordExpired:
    if new_hash is None:
        await count_failure(session, user.company_id, user.id, now, device.address)
        return SignInFailed()
    key = {"company_id": user.company_id, "id": user.id}
    hashes = {"password_hash": user.password_hash, "new_hash": new_hash}
    admitted = await session.execute(_ADMIT, {**key, **hashes, "now": now})
    if admitted.scalar_one_or_none() is None:
        is_over = user.temporary_until is not None and user.temporary_until <= now
        is_locked = await is_account_locked(session, user.company_id, user.id, now)
        return TemporaryPasswordExpired() if is_over and not is_locked else SignInFailed()
    opened = await open_session(session, user.company_id, user.id, now, device)
    role = Role(user.role)
    caller = Caller(user.company_id, user.id, role, session_id=opened.id, remote_address=device.address)
    await record_audit(session, caller, AuditAction.SIGNED_IN)
    return SignedIn(opened.token, opened.expires_at, caller)


async def count_failure(
    session: AsyncSession,
    company_id: UUID,
    user_id: UUID,
    now: datetime,
    remote_address: str | None = None,
) -> None:
    """Count a wrong password or code; the fifth in a row locks the account and tells its owner (C-4).

    What is tried on a locked account is not counted and not noted: a flood does not fill the audit trail.
    """
    values = {"now": now, "most": MAX_FAILURES, "locked_for": LOCKED_FOR}
    counted = await session.execute(_COUNT_FAILURE, {"company_id": company_id, "id": user_id, **values})
    failure = counted.one_or_none()
    if failure is None:
        return
    action = AuditAction.SIGN_IN_FAILED
    if failure.locked_until is not None:
        action = AuditAction.ACCOUNT_LOCKED
        until = failure.locked_until
        await queue_mail(session, company_id, user_id, MailKind.ACCOUNT_LOCKED, expires_at=until)
    who = Caller(company_id, user_id, remote_address=remote_address)
    after = {"failed_sign_ins": failure.failed_sign_ins}
    await record_audit(session, who, action, after=after, result=AuditResult.FAILED)


async def is_account_locked(session: AsyncSession, company_id: UUID, user_id: UUID, now: datetime) -> bool:
    """Whether the account is locked at ``now``."""
    key = {"company_id": company_id, "id": user_id, "now": now}
    return bool((await session.execute(_IS_LOCKED, key)).scalar_one_or_none())


async def count_success(session: AsyncSession, company_id: UUID, user_id: UUID, now: datetime) -> bool:
    """Begin the count of failures anew after the second factor; ``False`` if the account is locked."""
    key = {"company_id": company_id, "id": user_id, "now": now}
    return (await session.execute(_SUCCEEDED, key)).scalar_one_or_none() is not None
