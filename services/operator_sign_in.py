"""Signing in to the operators' side, and who a token there belongs to. Nothing here knows company users.

As on the companies' side, a wrong password, an unknown login id and a locked account get the same answer
after about the same work. All of it is on record in our own staff's trail: transactions are those of
``OWN_STAFF``.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction
from domain.callers import OperatorCaller
from domain.operator_permissions import OperatorRole
from domain.sign_in_steps import SignInState
from services.accounts import Account
from services.audit import record_audit
from services.failed_sign_ins import admit, count_failure
from services.password_hashing import hashing_turn, verified
from services.secret_box import NO_KEY, SecretBox
from services.session_tokens import IDLE_LIMIT, SEEN_EVERY, token_hash
from services.sessions import UNKNOWN_DEVICE, AccountSession, Device, is_over, note_seen, open_session
from services.unknown_logins import record_unknown_login

_OPERATOR = text("SELECT id, password_hash FROM operators WHERE lower(login_id) = lower(:login_id)")

_SESSION = text("""
    SELECT s.id, s.operator_id, s.created_at, s.last_seen_at, s.expires_at, s.confirmed_at,
           s.second_factor_at, s.kept_path, o.login_id, o.name, o.role, o.needs_second_factor,
           EXISTS (SELECT FROM operator_totp_secrets t WHERE t.operator_id = s.operator_id
                   AND t.confirmed_at IS NOT NULL) AS has_totp
    FROM operator_sessions s JOIN operators o ON o.id = s.operator_id
    WHERE s.token_hash = :token_hash AND s.expires_at > :now
      AND s.last_seen_at > CAST(:now AS timestamptz) - :idle_limit
""")

_LOCK_OWNER_OF_TOKEN = text("""
    SELECT FROM operators o JOIN operator_sessions s ON s.operator_id = o.id
    WHERE s.token_hash = :token_hash FOR NO KEY UPDATE OF o
""")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOperator(AccountSession):
    """The operator who is signed in, or on the way to it."""

    caller: OperatorCaller
    role: OperatorRole


async def sign_operator_in(
    session: AsyncSession,
    login_id: str,
    password: str,
    now: datetime,
    device: Device = UNKNOWN_DEVICE,
    *,
    old_token: str | None = None,
    box: SecretBox = NO_KEY,
) -> OperatorAdmitted | OperatorRefused:
    """Open a session in place of ``old_token``'s, or count the failure; five in a row lock for 30 minutes.

    The failure is an answer and not an exception: its count has to be committed. What the session may do
    depends on the steps that are left (``domain/sign_in_steps.py``). ``box`` marks login ids nobody has.
    """
    login_id = login_id.replace("\x00", "")
    async with hashing_turn():
        operator = (await session.execute(_OPERATOR, {"login_id": login_id})).one_or_none()
        new_hash = await verified(operator.password_hash if operator else None, password)
    if operator is None:
        page, address = "/operator/sign-in", device.address
        await record_unknown_login(session, login_id, box, page=page, remote_address=address)
        return OperatorRefused()
    account = Account(None, operator.id)
    if new_hash is None:
        await count_failure(session, account, now, device.address)
        return OperatorRefused()
    if not await admit(session, account, operator.password_hash, new_hash, now, device.address):
        return OperatorRefused()
    if old_token is not None:
        await session.execute(_CLOSE_SESSION, {"token_hash": token_hash(old_token)})
    opened = await open_session(session, account, now, device)
    caller = OperatorCaller(operator.id, opened.id, device.address)
    await record_audit(session, caller, AuditAction.SIGNED_IN)
    return OperatorAdmitted(opened.token, operator.id)


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
    state = SignInState(
        has_second_factor=row.has_totp,
        gave_second_factor=row.second_factor_at is not None,
        password_is_temporary=False,
        needs_second_factor=row.needs_second_factor,
    )
    if is_over(state, row.created_at, now):
        return None
    account = Account(None, row.operator_id)
    if is_activity and now - row.last_seen_at >= SEEN_EVERY:
        await note_seen(session, account, row.id, now)
    return SessionOperator(
        account=account,
        caller=OperatorCaller(row.operator_id, session_id=row.id),
        role=OperatorRole(row.role),
        login_id=row.login_id,
        name=row.name,
        expires_at=row.expires_at,
        session_id=row.id,
        confirmed_at=row.confirmed_at,
        state=state,
        has_totp=row.has_totp,
        kept_path=row.kept_path,
    )


async def sign_operator_out(session: AsyncSession, token: str, remote_address: str | None = None) -> None:
    """End the session of ``token``; nothing happens if there is none."""
    key = {"token_hash": token_hash(token)}
    await session.execute(_LOCK_OWNER_OF_TOKEN, key)
    closed = await session.execute(_CLOSE_SESSION, key)
    if (row := closed.one_or_none()) is not None:
        caller = OperatorCaller(row.operator_id, row.id, remote_address)
        await record_audit(session, caller, AuditAction.SIGNED_OUT)
