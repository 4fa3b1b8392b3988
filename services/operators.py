"""Accounts of operators: made from the command line; a lost second factor is taken away."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction
from domain.callers import COMMAND_LINE, OperatorCaller
from domain.operator_accounts import account_problem
from domain.operator_permissions import OperatorRole
from domain.visible_text import trim
from services.accounts import Account
from services.audit import record_audit
from services.failed_sign_ins import unlock
from services.password_hashing import hashed
from services.second_factors import remove_all_factors
from services.sessions import end_sessions, lock_owner

_INSERT = text("""
    INSERT INTO operators (login_id, name, role, password_hash)
    VALUES (:login_id, :name, :role, :password_hash)
    ON CONFLICT (lower(login_id)) DO NOTHING
    RETURNING id
""")

_COLUMNS = """
    SELECT o.id, o.login_id, o.name, o.role, o.needs_second_factor, o.last_signed_in_at,
           coalesce(greatest(o.locked_until, (SELECT max(p.locked_until) FROM operator_sign_in_places p
                             WHERE p.operator_id = o.id)) > :now, false) AS is_locked,
           EXISTS (SELECT FROM operator_totp_secrets t WHERE t.operator_id = o.id
                   AND t.confirmed_at IS NOT NULL) AS has_second_factor
    FROM operators o
"""
_LIST = text(f"{_COLUMNS} ORDER BY o.name, o.id")
_ONE = text(f"{_COLUMNS} WHERE o.id = :id")
_ID_OF_LOGIN = text("SELECT id FROM operators WHERE lower(login_id) = lower(:login_id)")

# Scripts sign in, so nobody needs a second factor.
_WITHOUT_FACTOR = text(
    "UPDATE operators SET needs_second_factor = false WHERE lower(login_id) = ANY (:login_ids)"
)


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """One operator in the list."""

    id: UUID
    login_id: str
    name: str
    role: OperatorRole
    needs_second_factor: bool
    last_signed_in_at: datetime | None
    is_locked: bool
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class DemoOperator:
    """An operator's sign-in to print; for demonstrations only."""

    login_id: str
    password: str
    role: OperatorRole
    name: str


DEMO_OPERATORS = (
    DemoOperator(
        "chief@operator.example", "Demo-operator-chief-2026", OperatorRole.OPERATOR_ADMIN, "運用 責任"
    ),
    DemoOperator("duty@operator.example", "Demo-operator-duty-2026", OperatorRole.OPERATOR, "運用 当番"),
    DemoOperator("desk@operator.example", "Demo-operator-desk-2026", OperatorRole.SERVICE_DESK, "窓口 担当"),
)


class OperatorExists(Exception):
    """The login id belongs to an operator already."""


class OperatorNotFound(Exception):
    """There is no such operator."""


class OwnSecondFactor(Exception):
    """Nobody takes the own second factor away this way: the own account has a page that asks for it."""


class UnusableOperator(ValueError):
    """A login id, a name or a password that cannot be taken; the message says why."""


async def create_operator(
    session: AsyncSession, login_id: str, name: str, role: OperatorRole, password: str
) -> UUID:
    """Make an operator and note it in our own staff's trail (an ``OWN_STAFF`` transaction).

    Raises ``UnusableOperator`` or ``OperatorExists``.
    """
    if problem := await asyncio.to_thread(account_problem, login_id, name, password):
        raise UnusableOperator(problem)
    return await _insert(session, login_id.strip(), trim(name), role, password)


async def list_operators(session: AsyncSession, now: datetime) -> Sequence[OperatorRow]:
    """Return all operators by name."""
    return [_operator(row) for row in await session.execute(_LIST, {"now": now})]


async def find_operator(session: AsyncSession, operator_id: UUID, now: datetime) -> OperatorRow:
    """Return one operator; raises ``OperatorNotFound``."""
    row = (await session.execute(_ONE, {"id": operator_id, "now": now})).one_or_none()
    if row is None:
        raise OperatorNotFound
    return _operator(row)


async def operator_of_login(session: AsyncSession, login_id: str) -> UUID:
    """Return the id of the operator with this login id; raises ``OperatorNotFound``."""
    found: UUID | None = (await session.execute(_ID_OF_LOGIN, {"login_id": login_id})).scalar_one_or_none()
    if found is None:
        raise OperatorNotFound
    return found


async def reset_operator_factor(session: AsyncSession, caller: OperatorCaller, operator_id: UUID) -> None:
    """Take the second factor of an operator away, who has lost it, and end the operator's sessions.

    An ``OWN_STAFF`` transaction. Where one is required, the next sign-in sets a new one up. Raises
    ``OwnSecondFactor``.
    """
    if operator_id == caller.operator_id:
        raise OwnSecondFactor
    account = Account(None, operator_id)
    await lock_owner(session, account)
    await remove_all_factors(session, account)
    await end_sessions(session, account)
    target = ("operator", operator_id)
    await record_audit(session, caller, AuditAction.SECOND_FACTOR_RESET, target=target)


async def unlock_operator(session: AsyncSession, caller: OperatorCaller, operator_id: UUID) -> None:
    """Lift the lock of an operator who guessed or was guessed at; an ``OWN_STAFF`` transaction."""
    account = Account(None, operator_id)
    await lock_owner(session, account)
    await unlock(session, account)
    target = ("operator", operator_id)
    await record_audit(session, caller, AuditAction.ACCOUNT_UNLOCKED, target=target)


async def _insert(session: AsyncSession, login_id: str, name: str, role: OperatorRole, password: str) -> UUID:
    columns = {"login_id": login_id, "name": name, "role": role.value}
    made = await session.execute(_INSERT, {**columns, "password_hash": await hashed(password)})
    operator_id: UUID | None = made.scalar_one_or_none()
    if operator_id is None:
        raise OperatorExists(login_id)
    target = ("operator", operator_id)
    await record_audit(session, COMMAND_LINE, AuditAction.OPERATOR_CREATED, target=target, after=columns)
    return operator_id


async def ensure_demo_operators(session: AsyncSession) -> tuple[DemoOperator, ...]:
    """Make the demonstration's operators that are missing and return all."""
    # Two processes that start at once must not stumble over each other.
    await session.execute(text("SELECT pg_advisory_xact_lock(7208)"))
    known = set((await session.execute(text("SELECT lower(login_id) FROM operators"))).scalars())
    for operator in DEMO_OPERATORS:
        if operator.login_id not in known:
            # Passwords everybody can read here need not be hard to guess.
            await _insert(session, operator.login_id, operator.name, operator.role, operator.password)
    await session.execute(_WITHOUT_FACTOR, {"login_ids": [operator.login_id for operator in DEMO_OPERATORS]})
    return DEMO_OPERATORS


def _operator(row: Row[Any]) -> OperatorRow:
    return OperatorRow(
        row.id,
        row.login_id,
        row.name,
        OperatorRole(row.role),
        row.needs_second_factor,
        row.last_signed_in_at,
        row.is_locked,
        row.has_second_factor,
    )
