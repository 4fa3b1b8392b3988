"""Signed-in browsers: server-side sessions, of which the browser holds a token and we its hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction
from domain.callers import Caller
from domain.permissions import Role
from domain.sign_in_steps import CONFIRMED_FOR, UNFINISHED_LIMIT, SignInState, SignInStep
from services.audit import record_audit
from services.company_lookups import enter_company_of_session
from services.session_tokens import ABSOLUTE_LIMIT, IDLE_LIMIT, SEEN_EVERY, new_token, token_hash

_LONGEST_DEVICE = 300

_FORGET_OLD_SESSIONS = text("""
    DELETE FROM user_sessions WHERE company_id = :company_id AND user_id = :user_id
      AND (expires_at <= :now OR last_seen_at <= CAST(:now AS timestamptz) - :idle_limit)
""")

_OPEN_SESSION = text("""
    INSERT INTO user_sessions (company_id, user_id, token_hash, created_at, last_seen_at, confirmed_at,
        expires_at, device, address)
    VALUES (:company_id, :user_id, :token_hash, :now, :now, :now, :expires_at, :device, :address)
    RETURNING id
""")

_SESSION = text("""
    SELECT s.company_id, s.id, s.user_id, s.created_at, s.last_seen_at, s.expires_at, s.confirmed_at,
           s.second_factor_at, u.login_id, u.name, u.role, u.temporary_until, c.name AS company_name,
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

_FORGET_ENDED = text("""
    DELETE FROM user_sessions
    WHERE expires_at <= :now OR last_seen_at <= CAST(:now AS timestamptz) - :idle_limit
""")

_SEEN = text("UPDATE user_sessions SET last_seen_at = :now WHERE company_id = :company_id AND id = :id")
_CLOSE_SESSION = text("DELETE FROM user_sessions WHERE token_hash = :token_hash")

_ROTATE = text("""
    UPDATE user_sessions SET token_hash = :token_hash, challenge = NULL,
        confirmed_at = CASE WHEN :confirmed THEN CAST(:now AS timestamptz) ELSE confirmed_at END,
        second_factor_at = CASE WHEN :factor THEN CAST(:now AS timestamptz) ELSE second_factor_at END
    WHERE company_id = :company_id AND id = :id
""")

_OF_USER = text("""
    SELECT id, created_at, last_seen_at, device, address FROM user_sessions
    WHERE company_id = :company_id AND user_id = :user_id AND expires_at > :now
      AND last_seen_at > CAST(:now AS timestamptz) - :idle_limit
    ORDER BY last_seen_at DESC
""")

_END = text("""
    DELETE FROM user_sessions
    WHERE company_id = :company_id AND user_id = :user_id AND id = :id RETURNING id
""")

_END_ALL = text("""
    DELETE FROM user_sessions WHERE company_id = :company_id AND user_id = :user_id
      AND id IS DISTINCT FROM CAST(:kept AS uuid) RETURNING id
""")

# Before the rows of sessions and before the end of the audit trail: of two transactions about one user's
# sessions one waits here, and never both for each other.
_LOCK_OWNER = text("""
    SELECT FROM company_users WHERE company_id = :company_id AND id = :user_id FOR NO KEY UPDATE
""")
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


@dataclass(frozen=True, slots=True)
class Device:
    """What a browser says of itself, and from where: for its owner's list of sessions."""

    name: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """``token`` goes into the cookie and nowhere else; the session ends at ``expires_at`` at the latest."""

    token: str
    expires_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class SessionUser:
    """Who is signed in, or on the way to it (``state.step``)."""

    caller: Caller
    role: Role
    login_id: str
    name: str
    company_name: str
    expires_at: datetime
    session_id: UUID
    user_id: UUID
    confirmed_at: datetime
    state: SignInState
    has_totp: bool
    has_passkey: bool

    @property
    def company_id(self) -> UUID:
        """The user's company."""
        return self.caller.company_id

    def is_confirmed(self, now: datetime) -> bool:
        """Whether the password was given recently enough for a change of users, keys or second factors."""
        return now - self.confirmed_at < CONFIRMED_FOR


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One of a user's sessions, for the list on the account's page."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    device: str | None
    address: str | None
    is_current: bool


class SessionNotFound(Exception):
    """No such session of this user."""


async def open_session(
    session: AsyncSession, company_id: UUID, user_id: UUID, now: datetime, device: Device
) -> OpenedSession:
    """Begin a session for somebody whose password was right."""
    key = {"company_id": company_id, "user_id": user_id}
    token = new_token()
    expires_at = now + ABSOLUTE_LIMIT
    await session.execute(_FORGET_OLD_SESSIONS, {**key, "now": now, "idle_limit": IDLE_LIMIT})
    values = {
        "token_hash": token_hash(token),
        "now": now,
        "expires_at": expires_at,
        "device": device.name[:_LONGEST_DEVICE] if device.name else None,
        "address": device.address,
    }
    opened = await session.execute(_OPEN_SESSION, {**key, **values})
    return OpenedSession(token, expires_at, opened.scalar_one())


async def session_for(
    session: AsyncSession, token: str, now: datetime, *, is_activity: bool = True
) -> SessionUser | None:
    """Return who holds ``token``, ``None`` after 30 minutes without activity or 12 hours in all.

    Role, second factor and the rest are read anew each time, so a change counts from the next request on.
    ``is_activity=False`` for requests a page makes by itself: an abandoned screen signs out in spite
    of its polling.
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
    if state.step is SignInStep.SECOND_FACTOR and now - row.created_at >= UNFINISHED_LIMIT:
        return None
    if is_activity and now - row.last_seen_at >= SEEN_EVERY:
        await session.execute(_SEEN, {"company_id": row.company_id, "id": row.id, "now": now})
    role = Role(row.role)
    return SessionUser(
        caller=Caller(row.company_id, row.user_id, role, session_id=row.id),
        role=role,
        login_id=row.login_id,
        name=row.name,
        company_name=row.company_name,
        expires_at=row.expires_at,
        session_id=row.id,
        user_id=row.user_id,
        confirmed_at=row.confirmed_at,
        state=state,
        has_totp=row.has_totp,
        has_passkey=row.has_passkey,
    )


async def rotate_session(
    session: AsyncSession, user: SessionUser, now: datetime, *, confirmed: bool = False, factor: bool = False
) -> OpenedSession:
    """Give a session another token, since it may do more from now on.

    ``confirmed``: the password was given; ``factor``: the second factor was.
    """
    token = new_token()
    key = {"company_id": user.company_id, "id": user.session_id}
    values = {"token_hash": token_hash(token), "now": now, "confirmed": confirmed, "factor": factor}
    await session.execute(_LOCK_OWNER, {"company_id": user.company_id, "user_id": user.user_id})
    await session.execute(_ROTATE, {**key, **values})
    return OpenedSession(token, user.expires_at, user.session_id)


async def sign_out(session: AsyncSession, token: str) -> None:
    """End the session of ``token``; nothing happens if there is none."""
    await enter_company_of_session(session, token_hash(token))
    await session.execute(_LOCK_OWNER_OF_TOKEN, {"token_hash": token_hash(token)})
    await session.execute(_CLOSE_SESSION, {"token_hash": token_hash(token)})


async def own_sessions(session: AsyncSession, user: SessionUser, now: datetime) -> Sequence[OwnSession]:
    """Return the user's open sessions, the one used last first."""
    key = {"company_id": user.company_id, "user_id": user.user_id}
    rows = await session.execute(_OF_USER, {**key, "now": now, "idle_limit": IDLE_LIMIT})
    return [
        OwnSession(r.id, r.created_at, r.last_seen_at, r.device, r.address, r.id == user.session_id)
        for r in rows
    ]


async def end_own_session(session: AsyncSession, user: SessionUser, session_id: UUID) -> None:
    """End one of the user's own sessions; raises ``SessionNotFound``."""
    owner = {"company_id": user.company_id, "user_id": user.user_id}
    await session.execute(_LOCK_OWNER, owner)
    if (await session.execute(_END, {**owner, "id": session_id})).scalar_one_or_none() is None:
        raise SessionNotFound
    await record_audit(session, user.caller, AuditAction.SESSIONS_ENDED, after={"count": 1})


async def end_other_sessions(session: AsyncSession, user: SessionUser) -> None:
    """End all of the user's own sessions but this one."""
    await session.execute(_LOCK_OWNER, {"company_id": user.company_id, "user_id": user.user_id})
    count = await end_sessions(session, user.company_id, user.user_id, but=user.session_id)
    if count:
        await record_audit(session, user.caller, AuditAction.SESSIONS_ENDED, after={"count": count})


async def end_sessions(
    session: AsyncSession, company_id: UUID, user_id: UUID, *, but: UUID | None = None
) -> int:
    """End all sessions of a user, ``but`` one if it is given, and return how many there were."""
    key = {"company_id": company_id, "user_id": user_id, "kept": but}
    return len((await session.execute(_END_ALL, key)).all())


async def forget_ended_sessions(session: AsyncSession, now: datetime) -> None:
    """Delete sessions that are over, with the addresses they came from; for a sweep over all companies."""
    await session.execute(_FORGET_ENDED, {"now": now, "idle_limit": IDLE_LIMIT})


async def set_challenge(session: AsyncSession, user: SessionUser, challenge: bytes) -> None:
    """Keep what a passkey is asked to sign in this session; an older question is forgotten."""
    key = {"company_id": user.company_id, "id": user.session_id}
    await session.execute(_SET_CHALLENGE, {**key, "challenge": challenge})


async def take_challenge(session: AsyncSession, user: SessionUser) -> bytes | None:
    """Return what was asked and forget it: each question has one answer."""
    key = {"company_id": user.company_id, "id": user.session_id}
    found: bytes | None = (await session.execute(_TAKE_CHALLENGE, key)).scalar_one_or_none()
    return found
