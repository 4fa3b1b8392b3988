"""Signed-in browsers of company users: who holds a token, and what a passkey is asked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller
from domain.permissions import Role
from domain.sign_in_steps import SignInState
from services.accounts import Account
from services.company_lookups import enter_company_of_session
from services.session_tokens import IDLE_LIMIT, SEEN_EVERY, token_hash
from services.sessions import AccountSession, is_over, note_seen

_SESSION = text("""
    SELECT s.company_id, s.id, s.user_id, s.created_at, s.last_seen_at, s.expires_at, s.confirmed_at,
           s.second_factor_at, s.kept_path, u.login_id, u.name, u.role, u.temporary_until,
           c.name AS company_name,
           u.role = ANY (c.second_factor_roles) AS needs_second_factor,
           EXISTS (SELECT FROM totp_secrets t WHERE t.company_id = s.company_id AND t.user_id = s.user_id
                   AND t.confirmed_at IS NOT NULL) AS has_totp,
           EXISTS (SELECT FROM passkeys p
                   WHERE p.company_id = s.company_id AND p.user_id = s.user_id) AS has_passkey
    FROM user_sessions s
    JOIN company_users u ON u.company_id = s.company_id AND u.id = s.user_id AND u.deleted_at IS NULL
    JOIN companies c ON c.id = s.company_id
    WHERE s.token_hash = :token_hash AND s.expires_at > :now
      AND s.last_seen_at > CAST(:now AS timestamptz) - :idle_limit
""")

_CLOSE_SESSION = text("DELETE FROM user_sessions WHERE token_hash = :token_hash")

_LOCK_OWNER_OF_TOKEN = text("""
    SELECT FROM company_users u JOIN user_sessions s ON s.company_id = u.company_id AND s.user_id = u.id
    WHERE s.token_hash = :token_hash FOR NO KEY UPDATE OF u
""")

_SET_CHALLENGE = text("""
    UPDATE user_sessions SET challenge = :challenge WHERE company_id = :company_id AND id = :id
""")

_TAKE_CHALLENGE = text("""
    UPDATE user_sessions SET challenge = NULL WHERE company_id = :company_id AND id = :id
    RETURNING old.challenge
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionUser(AccountSession):
    """A company user who is signed in, or on the way to it."""

    caller: Caller
    role: Role
    company_name: str

    @property
    def company_id(self) -> UUID:
        """The user's company."""
        return self.caller.company_id

    @property
    def user_id(self) -> UUID:
        """The user."""
        return self.account.id


async def session_for(
    session: AsyncSession, token: str, now: datetime, *, is_activity: bool = True
) -> SessionUser | None:
    """Return who holds ``token``, ``None`` after 30 minutes without activity or 12 hours in all.

    Role, second factor and the rest are read anew each time, so a change counts from the next request on.
    ``is_activity=False`` for requests a page makes by itself: an abandoned screen signs out all the same.
    """
    key = {"token_hash": token_hash(token), "now": now, "idle_limit": IDLE_LIMIT}
    await enter_company_of_session(session, token_hash(token))
    row = (await session.execute(_SESSION, key)).one_or_none()
    if row is None:
        return None
    state = SignInState(
        has_second_factor=row.has_totp or row.has_passkey,
        gave_second_factor=row.second_factor_at is not None,
        password_is_temporary=row.temporary_until is not None,
        needs_second_factor=row.needs_second_factor,
    )
    if is_over(state, row.created_at, now):
        return None
    account = Account(row.company_id, row.user_id)
    if is_activity and now - row.last_seen_at >= SEEN_EVERY:
        await note_seen(session, account, row.id, now)
    role = Role(row.role)
    return SessionUser(
        account=account,
        caller=Caller(row.company_id, row.user_id, role, session_id=row.id),
        role=role,
        login_id=row.login_id,
        name=row.name,
        company_name=row.company_name,
        expires_at=row.expires_at,
        session_id=row.id,
        confirmed_at=row.confirmed_at,
        state=state,
        has_totp=row.has_totp,
        has_passkey=row.has_passkey,
        kept_path=row.kept_path,
    )


async def sign_out(session: AsyncSession, token: str) -> None:
    """End the session of ``token``; nothing happens if there is none."""
    await enter_company_of_session(session, token_hash(token))
    await session.execute(_LOCK_OWNER_OF_TOKEN, {"token_hash": token_hash(token)})
    await session.execute(_CLOSE_SESSION, {"token_hash": token_hash(token)})


async def set_challenge(session: AsyncSession, user: SessionUser, challenge: bytes) -> None:
    """Keep what a passkey is asked to sign in this session; an older question is forgotten."""
    key = {"company_id": user.company_id, "id": user.session_id}
    await session.execute(_SET_CHALLENGE, {**key, "challenge": challenge})


async def take_challenge(session: AsyncSession, user: SessionUser) -> bytes | None:
    """Return what was asked and forget it: each question has one answer."""
    key = {"company_id": user.company_id, "id": user.session_id}
    found: bytes | None = (await session.execute(_TAKE_CHALLENGE, key)).scalar_one_or_none()
    return found
