"""Accounts of operators: made from the command line, so that a new deployment can begin."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction
from domain.callers import COMMAND_LINE
from domain.operator_accounts import account_problem
from domain.operator_permissions import OperatorRole
from services.audit import record_audit
from services.password_hashing import hashed

_INSERT = text("""
    INSERT INTO operators (login_id, name, role, password_hash)
    VALUES (:login_id, :name, :role, :password_hash)
    ON CONFLICT (lower(login_id)) DO NOTHING
    RETURNING id
""")


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
    return await _insert(session, login_id.strip(), name.strip(), role, password)


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
    return DEMO_OPERATORS
