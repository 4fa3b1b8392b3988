"""Login ids of deleted users: only the service desk lets one be used again (C-5).

An operator's business with a company: transactions name that company and our own staff, and both trails tell
of it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import ActorKind, AuditAction, AuditEntry
from domain.callers import OperatorCaller
from domain.permissions import Role
from services.audit import append_entry, record_audit
from services.company_lookups import enter_company_of_deleted_login
from services.company_users import UserNotFound

_COLUMNS = """
    SELECT u.company_id, u.id, u.login_id, u.name, u.role, u.deleted_at, u.released_at,
           c.name AS company_name
    FROM company_users u JOIN companies c ON c.id = u.company_id
    WHERE u.deleted_at IS NOT NULL AND u.taken_elsewhere_at IS NULL
"""
_BY_LOGIN_ID = text(f"{_COLUMNS} AND lower(u.login_id) = lower(:login_id) AND u.released_at IS NULL")
_ONE = text(f"{_COLUMNS} AND u.company_id = :company_id AND u.id = :user_id")

_RELEASE = text("""
    UPDATE company_users SET released_at = :now
    WHERE company_id = :company_id AND id = :user_id AND deleted_at IS NOT NULL AND released_at IS NULL
    RETURNING login_id
""")


@dataclass(frozen=True, slots=True)
class DeletedUser:
    """Somebody a company has deleted. Until ``released_at`` nobody else can have the login id."""

    company_id: UUID
    company_name: str
    user_id: UUID
    login_id: str
    name: str
    role: Role
    deleted_at: datetime
    released_at: datetime | None


async def find_deleted_user(session: AsyncSession, login_id: str) -> DeletedUser | None:
    """Return who was deleted and keeps ``login_id`` from use, in whatever company; ``None`` if nobody does.

    The transaction begins with no company and acts for the one that is found.
    """
    wanted = login_id.replace("\x00", "")
    await enter_company_of_deleted_login(session, wanted)
    row = (await session.execute(_BY_LOGIN_ID, {"login_id": wanted})).one_or_none()
    return None if row is None else _deleted_user(row)


async def deleted_user(session: AsyncSession, company_id: UUID, user_id: UUID) -> DeletedUser:
    """Return a deleted user of a company; raises ``UserNotFound``, also for one who is not deleted."""
    row = (await session.execute(_ONE, {"company_id": company_id, "user_id": user_id})).one_or_none()
    if row is None:
        raise UserNotFound
    return _deleted_user(row)


async def release_login_id(
    session: AsyncSession, caller: OperatorCaller, company_id: UUID, user_id: UUID, now: datetime
) -> bool:
    """Let the login id of a deleted user be registered again; ``False`` if it was free already.

    Raises ``UserNotFound``. On record in the company's trail and in our own staff's.
    """
    user = await deleted_user(session, company_id, user_id)
    key = {"company_id": company_id, "user_id": user_id}
    released = await session.execute(_RELEASE, {**key, "now": now})
    if released.scalar_one_or_none() is None:
        return False
    # The company's first: whoever locks the ends of two trails does it in this order.
    entry = AuditEntry(
        company_id=company_id,
        actor_kind=ActorKind.OPERATOR,
        actor_id=caller.operator_id,
        action=AuditAction.LOGIN_ID_RELEASED,
        target_kind="user",
        target_id=user_id,
        after={"login_id": user.login_id},
    )
    await append_entry(session, entry)
    after = {"login_id": user.login_id, "company": user.company_name}
    await record_audit(session, caller, AuditAction.LOGIN_ID_RELEASED, target=("user", user_id), after=after)
    return True


def _deleted_user(row: Row[Any]) -> DeletedUser:
    return DeletedUser(
        row.company_id,
        row.company_name,
        row.id,
        row.login_id,
        row.name,
        Role(row.role),
        row.deleted_at,
        row.released_at,
    )
