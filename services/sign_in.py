"""Signing in to the portal, and the sessions that follow (C-4).

A wrong password, an unknown login id and a locked account get the same answer after the same work, so
that nobody can learn which accounts exist or are locked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller
from domain.permissions import Role
from services.company_lookups import enter_company_of_login, enter_company_of_session
from services.password_hashing import hashing_turn, verified
from services.session_tokens import ABSOLUTE_LIMIT, IDLE_LIMIT, SEEN_EVERY, new_token, token_hash

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=30)

_USER = text("""
    SELECT company_id, id, role, password_hash FROM company_users WHERE lower(login_id) = lower(:login_id)
""")

# The row is found anew after waiting for a parallel attempt, so five wrong ones lock however they come.
# While locked nothing counts and the lock is not prolonged; after it the count begins again.
_COUNT_FAILURE = text("""
    UPDATE company_users
    SET failed_sign_ins = CASE WHEN locked_until IS NULL THEN failed_sign_ins + 1 ELSE 1 END,
        locked_until = CASE WHEN locked_until IS NULL AND failed_sign_ins + 1 >= :most
                            THEN CAST(:now AS timestamptz) + :locked_for END
    WHERE company_id = :company_id AND id = :id AND (locked_until IS NULL OR locked_until <= :now)
""")

# The hash is compared again: a password that was changed meanwhile lets nobody in.
_ADMIT = text("""
    UPDATE company_users SET failed_sign_ins = 0, locked_until = NULL, password_hash = :new_hash
    WHERE company_id = :company_id AND id = :id AND password_hash = :password_hash
      AND (locked_until IS NULL OR locked_until <= :now)
    RETURNING id
""")

_FORGET_OLD_SESSIONS = text("""
    DELETE FROM user_sessions WHERE company_id = :company_id AND user_id = :id
      AND (expires_at <= :now OR last_seen_at <= CAST(:now AS timestamptz) - :idle_limit)
""")

_OPEN_SESSION = text("""
    INSERT INTO user_sessions (company_id, user_id, token_hash, created_at, last_seen_at, expires_at)
    VALUES (:company_id, :id, :token_hash, :now, :now, :expires_at)
""")

_SESSION = text("""
    SELECT s.company_id, s.id, s.user_id, s.last_seen_at, s.expires_at, u.login_id, u.name, u.role,
           c.name AS company_name
    FROM user_sessions s
    JOIN company_users u ON u.company_id = s.company_id AND u.id = s.user_id
    JOIN companies c ON c.id = s.company_id
    WHERE s.token_hash = :token_hash AND s.expires_at > :now
      AND s.last_seen_at > CAST(:now AS timestamptz) - :idle_limit
""")

_SEEN = text("UPDATE user_sessions SET last_seen_at = :now WHERE company_id = :company_id AND id = :id")

_CLOSE_SESSION = text("DELETE FROM user_sessions WHERE token_hash = :token_hash")


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
class SessionUser:
    """Who is signed in."""

    caller: Caller
    role: Role
    login_id: str
    name: str
    company_name: str
    expires_at: datetime


async def sign_in(
    session: AsyncSession, login_id: str, password: str, now: datetime
) -> SignedIn | SignInFailed:
    """Open a session, or count the failure; five in a row lock the account for 30 minutes (C-4).

    The failure is an answer and not an exception: its count has to be committed.
    """
    # The gate comes before the first statement, so that a flood of attempts cannot take all connections.
    async with hashing_turn():
        key_of_user = {"login_id": login_id.replace("\x00", "")}
        await enter_company_of_login(session, key_of_user["login_id"])
        user = (await session.execute(_USER, key_of_user)).one_or_none()
        stored = user.password_hash if user else None
        new_hash = await verified(stored, password)
        if user is None:
            return SignInFailed()
        key = {"company_id": user.company_id, "id": user.id}
        if new_hash is None:
            await session.execute(
                _COUNT_FAILURE, {**key, "now": now, "most": MAX_FAILURES, "locked_for": LOCKED_FOR}
            )
            return SignInFailed()
        admitted = await session.execute(
            _ADMIT, {**key, "now": now, "password_hash": stored, "new_hash": new_hash}
        )
        if admitted.scalar_one_or_none() is None:
            return SignInFailed()
        return await _open_session(session, user, now)


async def session_for(
    session: AsyncSession, token: str, now: datetime, *, is_activity: bool = True
) -> SessionUser | None:
    """Return who holds ``token``, ``None`` after 30 minutes without activity or 12 hours in all.

    ``is_activity=False`` for requests a page makes by itself: an abandoned screen signs out in spite
    of its polling.
    """
    key = {"token_hash": token_hash(token), "now": now, "idle_limit": IDLE_LIMIT}
    await enter_company_of_session(session, token_hash(token))
    row = (await session.execute(_SESSION, key)).one_or_none()
    if row is None:
        return None
    if is_activity and now - row.last_seen_at >= SEEN_EVERY:
        await session.execute(_SEEN, {"company_id": row.company_id, "id": row.id, "now": now})
    role = Role(row.role)
    return SessionUser(
        caller=Caller(row.company_id, row.user_id, role),
        role=role,
        login_id=row.login_id,
        name=row.name,
        company_name=row.company_name,
        expires_at=row.expires_at,
    )


async def sign_out(session: AsyncSession, token: str) -> None:
    """End the session of ``token``; nothing happens if there is none."""
    await enter_company_of_session(session, token_hash(token))
    await session.execute(_CLOSE_SESSION, {"token_hash": token_hash(token)})


async def _open_session(session: AsyncSession, user: Row[Any], now: datetime) -> SignedIn:
    key: dict[str, UUID] = {"company_id": user.company_id, "id": user.id}
    token = new_token()
    expires_at = now + ABSOLUTE_LIMIT
    await session.execute(_FORGET_OLD_SESSIONS, {**key, "now": now, "idle_limit": IDLE_LIMIT})
    await session.execute(
        _OPEN_SESSION, {**key, "token_hash": token_hash(token), "now": now, "expires_at": expires_at}
    )
    return SignedIn(token, expires_at, Caller(user.company_id, user.id, Role(user.role)))
