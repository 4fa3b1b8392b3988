"""Reading an audit trail, a company's or our own staff's: newest first, by time, person and action."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import ActorKind, AuditResult
from domain.callers import Caller, OperatorCaller
from services.paging import InvalidCursor, Page, RowCount, count_rows, read_place

_OF_COMPANY = """
    SELECT e.position, e.at, e.actor_kind, e.actor_id, coalesce(u.name, k.name) AS actor_name,
           e.remote_address, e.action, e.target_kind, e.target_id,
           coalesce(c.name, tu.name, tk.name) AS target_name, e.before, e.after, e.result
    FROM audit_entries e
    LEFT JOIN company_users u ON e.actor_kind = 'user' AND u.company_id = e.company_id AND u.id = e.actor_id
    LEFT JOIN api_keys k ON e.actor_kind = 'api_key' AND k.company_id = e.company_id AND k.id = e.actor_id
    LEFT JOIN campaigns c ON e.target_kind = 'campaign' AND c.company_id = e.company_id AND c.id = e.target_id
    LEFT JOIN company_users tu
        ON e.target_kind = 'user' AND tu.company_id = e.company_id AND tu.id = e.target_id
    LEFT JOIN api_keys tk
        ON e.target_kind = 'api_key' AND tk.company_id = e.company_id AND tk.id = e.target_id
    WHERE e.company_id = :company_id
"""

_OF_OWN_STAFF = """
    SELECT e.position, e.at, e.actor_kind, e.actor_id, o.name AS actor_name, e.remote_address, e.action,
           e.target_kind, e.target_id, t.name AS target_name, e.before, e.after, e.result
    FROM audit_entries e
    LEFT JOIN operators o ON e.actor_kind = 'operator' AND o.id = e.actor_id
    LEFT JOIN operators t ON e.target_kind = 'operator' AND t.id = e.target_id
    WHERE e.company_id IS NULL
"""

_OPERATORS = text("SELECT id, name FROM operators ORDER BY name, id")

_PEOPLE = text("""
    SELECT id, name FROM company_users WHERE company_id = :company_id
    UNION ALL
    SELECT id, name FROM api_keys WHERE company_id = :company_id
    ORDER BY name, id
""")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to look for; ``None`` means any. ``since`` is included, ``until`` is not."""

    since: datetime | None = None
    until: datetime | None = None
    actor_id: UUID | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An entry as it is shown; personal data in ``before`` and ``after`` was masked when it was written.

    ``actor_name`` is that of the user, key or operator as it is now, ``target_name`` that of a
    campaign, user, key or operator.
    """

    position: int
    at: datetime
    actor_kind: ActorKind
    actor_name: str | None
    remote_address: str | None
    action: str
    target_kind: str | None
    target_id: UUID | None
    target_name: str | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    result: AuditResult


async def search_audit(
    session: AsyncSession,
    caller: Caller | OperatorCaller,
    audit_filter: AuditFilter,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AuditLine]:
    """Return the entries that match in the caller's trail, newest first; raises ``InvalidCursor``."""
    place = read_place(cursor, _position)
    conditions, values = _conditions(caller, audit_filter)
    trail = _OF_COMPANY if isinstance(caller, Caller) else _OF_OWN_STAFF
    wanted = " AND ".join([trail, *conditions, *place.conditions("e.position")])
    rows = await session.execute(
        text(f"{wanted} {place.order('e.position')} LIMIT :limit"),
        {**values, "place": place.key, "limit": limit + 1},
    )
    return place.page(rows.all(), limit, _line, key="position")


async def count_audit(
    session: AsyncSession, caller: Caller | OperatorCaller, audit_filter: AuditFilter
) -> RowCount | None:
    """Count the entries that match, as far as that is cheap."""
    conditions, values = _conditions(caller, audit_filter)
    owner = "e.company_id = :company_id" if isinstance(caller, Caller) else "e.company_id IS NULL"
    rows = " AND ".join([f"SELECT FROM audit_entries e WHERE {owner}", *conditions])
    return await count_rows(session, rows, values)


def _conditions(
    caller: Caller | OperatorCaller, audit_filter: AuditFilter
) -> tuple[list[str], dict[str, Any]]:
    conditions: dict[str, Any] = {
        "e.at >= :since": audit_filter.since,
        "e.at < :until": audit_filter.until,
        "e.actor_id = :actor_id": audit_filter.actor_id,
        "e.action = :action": audit_filter.action,
    }
    asked = {condition: value for condition, value in conditions.items() if value is not None}
    values = {condition.rsplit(":", 1)[1]: value for condition, value in asked.items()}
    if isinstance(caller, Caller):
        values["company_id"] = caller.company_id
    return list(asked), values


async def audit_people(session: AsyncSession, caller: Caller | OperatorCaller) -> list[tuple[UUID, str]]:
    """Return id and name of the company's users and keys, or of our operators, to choose one from."""
    if isinstance(caller, Caller):
        rows = await session.execute(_PEOPLE, {"company_id": caller.company_id})
    else:
        rows = await session.execute(_OPERATORS)
    return [(row.id, row.name) for row in rows]


def _position(cursor: str | None) -> int | None:
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise InvalidCursor
    return int(cursor)


def _line(row: Row[Any]) -> AuditLine:
    return AuditLine(
        position=row.position,
        at=row.at,
        actor_kind=ActorKind(row.actor_kind),
        actor_name=row.actor_name,
        remote_address=row.remote_address,
        action=row.action,
        target_kind=row.target_kind,
        target_id=row.target_id,
        target_name=row.target_name,
        before=row.before or {},
        after=row.after or {},
        result=AuditResult(row.result),
    )
