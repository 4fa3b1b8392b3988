"""Signing in to the operators' side, and the sessions that follow. Nothing here knows company users.

As on the companies' side, a wrong password, an unknown login id and a locked account get the same answer
after the same work. All of it is on record in our own staff's trail: transactions are those of ``OWN_STAFF``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction, AuditResult
from domain.callers import OperatorCaller
from domain.operator_accounts import LOCKED_FOR, MAX_FAILURES
from domain.operator_permissions import OperatorRole
from services.audit import record_audit
from services.password_hashing import hashing_turn, verified
from services.session_tokens import ABSOLUTE_LIMIT, IDLE_LIMIT, SEEN_EVERY, new_token, token_hash

_OPERATOR = text("SELECT id, password_hash FROM operators WHERE lower(login_id) = lower(:login_id)")

# The row is found anew after waiting for a parallel attempt, so five wrong ones lock however they come.
# While locked nothing counts and the lock is not prolonged; after it the count begins again.
_COUNT_FAILURE = text("""
    UPDATE operators
    SET failed_sign_ins = CASE WHEN locked_until IS NULL THEN failed_sign_ins + 1 ELSE 1 END,
        locked_until = CASE WHEN locked_until IS NULL AND failed_sign_ins + 1 >= :most
                            THEN CAST(:now AS timestamptz) + :locked_for END
    WHERE id = :id AND (locked_until IS NULL OR locked_until <= :now)
    RETURNING failed_sign_ins, locked_until
""")

# The hash is compared again: a password that was changed meanwhile lets nobody in.
_ADMIT = text("""
    UPDATE operators SET failed_sign_ins = 0, locked_until = NULL, password_hash = :new_hash
    WHERE id = :id AND password_hash = :password_hash AND (locked_until IS NULL OR locked_until <= :now)
    RETURNING id
""")

_FORGET_OLD_SESSIONS = text("""
    DELETE FROM operator_sessions WHERE operator_id = :id
      AND (expires_at <= :now OR last_seen_at <= CAST(:now AS timestamptz) - :idle_limit)
""")

_OPEN_SESSION = text("""
    INSERT INTO operator_sessions (operator_id, token_hash, created_at, last_seen_at, expires_at)
    VALUES (:id, :token_hash, :now, :now, :expires_at)
    RETURNING id
""")

_SESSION = text("""
    SELECT s.id, s.operator_id, s.last_seen_at, s.expires_at, o.login_id, o.name, o.role
    FROM operator_sessions s JOIN operators o ON o.id = s.operator_id
    WHERE s.token_hash = :token_hash AND s.expires_at > :now
      AND s.last_seen_at > CAST(:now AS timestamptz) - :idle_limit
""")

_SEEN = text("UPDATE operator_sessions SET last_seen_at = :now WHERE id = :id")

_CLOSE_SESSION = text("""
    DELETE FROM operator_sessions WHERE token_hash = :token_hash RETURNING id, operator_id
""")


@dataclass(frozen=True, slots=True)
class OperatorAdmitted:
    """``token`` goes into the operators' cookie and nowhere else."""

    token: str
    operator_id: UUID


@dataclass(frozen=True, slots=True)
class OperatorRefused:
    """Login id or password wrong, or the account locked: never told apart."""


@dataclass(frozen=True, slots=True)
class SessionOperator:
    """The operator who is signed in."""

    caller: OperatorCaller
    role: OperatorRole
    login_id: str
    name: str
    expires_at: datetime


async def sign_operator_in(
    session: AsyncSession,
    login_id: str,
    password: str,
    now: datetime,
    *,
    remote_address: str | None = None,
    old_token: str | None = None,
) -> OperatorAdmitted | OperatorRefused:
    """Open a session in place of ``old_token``'s, or count the failure; five in a row lock for 30 minutes.

    The failure is an answer and not an exception: its count has to be committed.
    """
    async with hashing_turn():
        found = await session.execute(_OPERATOR, {"login_id": login_id.replace("\x00", "")})
        operator = found.one_or_none()
        stored = operator.password_hash if operator else None
        new_hash = await verified(stored, password)
        if operator is None:
            return OperatorRefused()
        key: dict[str, Any] = {"id": operator.id, "now": now}
        if new_hash is None:
            await _count_failure(session, OperatorCaller(operator.id, remote_address=remote_address), now)
            return OperatorRefused()
        admitted = await session.execute(_ADMIT, {**key, "password_hash": stored, "new_hash": new_hash})
        if admitted.scalar_one_or_none() is None:
            return OperatorRefused()
        if old_token is not None:
            await session.execute(_CLOSE_SESSION, {"token_hash": token_hash(old_token)})
        return await _open_session(session, operator.id, now, remote_address)


async def operator_session(
    session: AsyncSession, token: str, now: datetime, *, is_activity: bool = True
) -> SessionOperator | None:
    """Return who holds ``token``, ``None`` after 30 minutes without activity or 12 hours in all.

    ``is_activity=False`` for requests a page makes by itself.
    """
    key = {"token_hash": token_hash(token), "now": now, "idle_limit": IDLE_LIMIT}
    row = (await session.execute(_SESSION, key)).one_or_none()
    if row is None:
        return None
    if is_activity and now - row.last_seen_at >= SEEN_EVERY:
        await session.execute(_SEEN, {"id": row.id, "now": now})
    caller = OperatorCaller(row.operator_id, session_id=row.id)
    return SessionOperator(caller, OperatorRole(row.role), row.login_id, row.name, row.expires_at)


async def sign_operator_out(session: AsyncSession, token: str, remote_address: str | None = None) -> None:
    """End the session of ``token``; nothing happens if there is none."""
    closed = await session.execute(_CLOSE_SESSION, {"token_hash": token_hash(token)})
    if (row := closed.one_or_none()) is not None:
        caller = OperatorCaller(row.operator_id, row.id, remote_address)
        await record_audit(session, caller, AuditAction.SIGNED_OUT)


async def _count_failure(session: AsyncSession, caller: OperatorCaller, now: datetime) -> None:
    """Count a wrong password. On a locked account it is neither counted nor noted: a flood fills no trail."""
    values = {"id": caller.operator_id, "now": now, "most": MAX_FAILURES, "locked_for": LOCKED_FOR}
    failure = (await session.execute(_COUNT_FAILURE, values)).one_or_none()
    if failure is None:
        return
    action = AuditAction.ACCOUNT_LOCKED if failure.locked_until else AuditAction.SIGN_IN_FAILED
    after = {"failed_sign_ins": failure.failed_sign_ins}
    await record_audit(session, caller, action, after=after, result=AuditResult.FAILED)


async def _open_session(
    session: AsyncSession, operator_id: UUID, now: datetime, remote_address: str | None
) -> OperatorAdmitted:
    token = new_token()
    key: dict[str, Any] = {"id": operator_id, "now": now}
    await session.execute(_FORGET_OLD_SESSIONS, {**key, "idle_limit": IDLE_LIMIT})
    opened = {**key, "token_hash": token_hash(token), "expires_at": now + ABSOLUTE_LIMIT}
    session_id = (await session.execute(_OPEN_SESSION, opened)).scalar_one()
    caller = OperatorCaller(operator_id, session_id, remote_address)
    await record_audit(session, caller, AuditAction.SIGNED_IN)
    return OperatorAdmitted(token, operator_id)
