"""Signing in to the portal with login id and password (C-4).

A wrong password, an unknown login id and a locked account get the same answer after about the same work,
so that nobody can learn which accounts exist or are locked; the page hides the rest of the difference.
Sessions are in ``services/sessions.py``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction
from domain.callers import Caller
from domain.permissions import Role
from services.accounts import Account
from services.audit import record_audit
from services.company_lookups import enter_company_of_login
from services.failed_sign_ins import admit, count_failure, is_locked_out
from services.password_hashing import hashing_turn, verified
from services.secret_box import NO_KEY, SecretBox
from services.sessions import UNKNOWN_DEVICE, Device, open_session
from services.unknown_logins import record_unknown_login

_USER = text("""
    SELECT company_id, id, role, password_hash, temporary_until FROM company_users
    WHERE lower(login_id) = lower(:login_id) AND deleted_at IS NULL AND released_at IS NULL
      AND taken_elsewhere_at IS NULL
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
    account = Account(user.company_id, user.id)
    if new_hash is None:
        await count_failure(session, account, now, device.address)
        return SignInFailed()
    if not await admit(session, account, user.password_hash, new_hash, now, device.address):
        is_over = user.temporary_until is not None and user.temporary_until <= now
        is_locked = await is_locked_out(session, account, now, device.address)
        return TemporaryPasswordExpired() if is_over and not is_locked else SignInFailed()
    opened = await open_session(session, account, now, device)
    role = Role(user.role)
    caller = Caller(user.company_id, user.id, role, session_id=opened.id, remote_address=device.address)
    await record_audit(session, caller, AuditAction.SIGNED_IN)
    return SignedIn(opened.token, opened.expires_at, caller)
