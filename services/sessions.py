"""Signed-in browsers of both sides: server-side sessions, of which the browser holds a token, we its hash.

Who a token belongs to is asked in ``services/user_sessions.py`` and ``services/operator_sign_in.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction
from domain.callers import Caller, OperatorCaller
from domain.sign_in_steps import CONFIRMED_FOR, UNFINISHED_LIMIT, SignInState, SignInStep
from services.accounts import Account, BothSides
from services.audit import record_audit
from services.session_tokens import ABSOLUTE_LIMIT, IDLE_LIMIT, new_token, token_hash

_LONGEST_DEVICE = 300

_FORGET_OLD_SESSIONS = BothSides("""
    DELETE FROM {sessions} WHERE {owned}
      AND (expires_at <= :now OR last_seen_at <= CAST(:now AS timestamptz) - :idle_limit)
""")

_OPEN_SESSION = BothSides("""
    INSERT INTO {sessions} ({owner}, token_hash, created_at, last_seen_at, confirmed_at, expires_at, device,
        address)
    VALUES ({owner_values}, :token_hash, :now, :now, :now, :expires_at, :device, :address)
    RETURNING id
""")

_FORGET_ENDED = BothSides("""
    DELETE FROM {sessions}
    WHERE expires_at <= :now OR last_seen_at <= CAST(:now AS timestamptz) - :idle_limit
""")

_SEEN = BothSides("UPDATE {sessions} SET last_seen_at = :now WHERE {owned} AND id = :id")

_ROTATE = BothSides("""
    UPDATE {sessions} SET {forget_challenge}token_hash = :token_hash,
        confirmed_at = CASE WHEN :confirmed THEN CAST(:now AS timestamptz) ELSE confirmed_at END,
        second_factor_at = CASE WHEN :factor THEN CAST(:now AS timestamptz) ELSE second_factor_at END
    WHERE {owned} AND id = :id
""")

_OF_ACCOUNT = BothSides("""
    SELECT id, created_at, last_seen_at, device, address FROM {sessions}
    WHERE {owned} AND expires_at > :now AND last_seen_at > CAST(:now AS timestamptz) - :idle_limit
    ORDER BY last_seen_at DESC
""")

_END = BothSides("DELETE FROM {sessions} WHERE {owned} AND id = :id RETURNING id")

_END_ALL = BothSides("""
    DELETE FROM {sessions} WHERE {owned} AND id IS DISTINCT FROM CAST(:kept AS uuid) RETURNING id
""")

# Before the rows of sessions and before the end of the audit trail: of two transactions about one account's
# sessions one waits here, and never both for each other.
_LOCK_OWNER = BothSides("SELECT FROM {accounts} AS a WHERE {account} FOR NO KEY UPDATE")


@dataclass(frozen=True, slots=True)
class Device:
    """What a browser says of itself, and from where: for its owner's list of sessions."""

    name: str | None = None
    address: str | None = None


UNKNOWN_DEVICE = Device()


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """``token`` goes into the cookie and nowhere else; the session ends at ``expires_at`` at the latest."""

    token: str
    expires_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSession:
    """Who is signed in on either side, or on the way to it (``state.step``)."""

    account: Account
    caller: Caller | OperatorCaller
    session_id: UUID
    login_id: str
    name: str
    expires_at: datetime
    confirmed_at: datetime
    state: SignInState
    has_totp: bool
    # Operators have none.
    has_passkey: bool = False
    # The page of a form that was open when the session before this one ended (``services/kept_forms.py``).
    kept_path: str | None = None

    def is_confirmed(self, now: datetime) -> bool:
        """Whether the password was given recently enough for a change of users, keys or second factors."""
        return now - self.confirmed_at < CONFIRMED_FOR


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One of the own sessions, for the list on the account's page."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    device: str | None
    address: str | None
    is_current: bool


class SessionNotFound(Exception):
    """No such session of this account."""


async def open_session(
    session: AsyncSession, account: Account, now: datetime, device: Device
) -> OpenedSession:
    """Begin a session for somebody whose password was right."""
    token = new_token()
    expires_at = now + ABSOLUTE_LIMIT
    old = {**account.key, "now": now, "idle_limit": IDLE_LIMIT}
    await session.execute(_FORGET_OLD_SESSIONS.of(account), old)
    values = {
        "token_hash": token_hash(token),
        "now": now,
        "expires_at": expires_at,
        "device": device.name[:_LONGEST_DEVICE] if device.name else None,
        "address": device.address,
    }
    opened = await session.execute(_OPEN_SESSION.of(account), {**account.key, **values})
    return OpenedSession(token, expires_at, opened.scalar_one())


def is_over(state: SignInState, created_at: datetime, now: datetime) -> bool:
    """Whether somebody stood too long between the password and the second factor."""
    return state.step is SignInStep.SECOND_FACTOR and now - created_at >= UNFINISHED_LIMIT


async def note_seen(session: AsyncSession, account: Account, session_id: UUID, now: datetime) -> None:
    """Keep a session open: its owner did something."""
    await session.execute(_SEEN.of(account), {**account.key, "id": session_id, "now": now})


async def rotate_session(
    session: AsyncSession,
    user: AccountSession,
    now: datetime,
    *,
    confirmed: bool = False,
    factor: bool = False,
) -> OpenedSession:
    """Give a session another token, since it may do more from now on.

    ``confirmed``: the password was given; ``factor``: the second factor was.
    """
    token = new_token()
    key = {**user.account.key, "id": user.session_id}
    values = {"token_hash": token_hash(token), "now": now, "confirmed": confirmed, "factor": factor}
    await lock_owner(session, user.account)
    await session.execute(_ROTATE.of(user.account), {**key, **values})
    return OpenedSession(token, user.expires_at, user.session_id)


async def own_sessions(session: AsyncSession, user: AccountSession, now: datetime) -> Sequence[OwnSession]:
    """Return the open sessions of an account, the one used last first."""
    values = {**user.account.key, "now": now, "idle_limit": IDLE_LIMIT}
    rows = await session.execute(_OF_ACCOUNT.of(user.account), values)
    return [
        OwnSession(r.id, r.created_at, r.last_seen_at, r.device, r.address, r.id == user.session_id)
        for r in rows
    ]


async def end_own_session(session: AsyncSession, user: AccountSession, session_id: UUID) -> None:
    """End one of the own sessions; raises ``SessionNotFound``."""
    await lock_owner(session, user.account)
    ended = await session.execute(_END.of(user.account), {**user.account.key, "id": session_id})
    if ended.scalar_one_or_none() is None:
        raise SessionNotFound
    await record_audit(session, user.caller, AuditAction.SESSIONS_ENDED, after={"count": 1})


async def end_other_sessions(session: AsyncSession, user: AccountSession) -> None:
    """End all of the own sessions but this one."""
    await lock_owner(session, user.account)
    count = await end_sessions(session, user.account, but=user.session_id)
    if count:
        await record_audit(session, user.caller, AuditAction.SESSIONS_ENDED, after={"count": count})


async def end_sessions(session: AsyncSession, account: Account, *, but: UUID | None = None) -> int:
    """End all sessions of an account, ``but`` one if it is given, and return how many there were."""
    return len((await session.execute(_END_ALL.of(account), {**account.key, "kept": but})).all())


async def forget_ended_sessions(session: AsyncSession, now: datetime) -> None:
    """Delete sessions that are over, with the addresses they came from; for a sweep over all companies."""
    values = {"now": now, "idle_limit": IDLE_LIMIT}
    for statement in (_FORGET_ENDED.of_users, _FORGET_ENDED.of_operators):
        await session.execute(statement, values)


async def lock_owner(session: AsyncSession, account: Account) -> None:
    """Let other transactions about the sessions or factors of this account wait."""
    await session.execute(_LOCK_OWNER.of(account), account.key)
