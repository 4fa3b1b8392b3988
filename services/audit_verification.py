"""Checking that no entry of an audit trail was changed, removed, slipped in or put behind its end (I11)."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import ActorKind, AuditEntry, AuditResult, seal

_BATCH = 5_000

_ENDS = text("SELECT company_id, position, hash FROM audit_chains ORDER BY company_id, position")

# Of every trail with an end or an entry. Each is found by the index, not by reading all entries.
_TRAILS = text("""
    WITH RECURSIVE next AS (
        (SELECT company_id FROM audit_entries WHERE company_id IS NOT NULL ORDER BY company_id LIMIT 1)
        UNION ALL
        SELECT (SELECT e.company_id FROM audit_entries e WHERE e.company_id > n.company_id
                ORDER BY e.company_id LIMIT 1)
        FROM next n WHERE n.company_id IS NOT NULL
    )
    SELECT company_id FROM next WHERE company_id IS NOT NULL
    UNION SELECT NULL WHERE EXISTS (SELECT FROM audit_entries WHERE company_id IS NULL)
    UNION SELECT company_id FROM audit_chains
    ORDER BY company_id
""")

# From the very first one, and by id within a position: what stands there twice, or before the first, is read.
_ENTRIES = """
    SELECT * FROM audit_entries WHERE {trail}
      AND (CAST(:after AS bigint) IS NULL OR (position, id) > (:after, CAST(:after_id AS uuid)))
    ORDER BY position, id LIMIT :batch
"""
_OF_COMPANY = text(_ENTRIES.format(trail="company_id = :company_id"))
_OF_OWN_STAFF = text(_ENTRIES.format(trail="company_id IS NULL"))


async def audit_faults(session: AsyncSession) -> list[str]:
    """Return what is wrong with the trails of all companies, one sentence each; empty when they are whole.

    The first fault of each trail. Ends and entries have to be of one moment: the transaction is one of
    ``JobsDatabase.snapshot``.
    """
    ends: dict[UUID | None, list[Row[Any]]] = {}
    for end in await session.execute(_ENDS):
        ends.setdefault(end.company_id, []).append(end)
    trails = (await session.execute(_TRAILS)).scalars().all()
    found = [
        (company_id, await _fault(session, company_id, ends.get(company_id, []))) for company_id in trails
    ]
    return [f"Trail of {_name(company_id)}: {fault}" for company_id, fault in found if fault]


async def _fault(session: AsyncSession, company_id: UUID | None, ends: list[Row[Any]]) -> str | None:
    if len(ends) != 1:
        return "it has more than one end" if ends else "its end is missing"
    (end,) = ends
    position, last = 0, b""
    async for row in _entries(session, company_id):
        if row.position > end.position:
            return f"entry {row.position} lies beyond its end at {end.position}"
        if row.position <= position:
            return f"entry {row.position} stands where there is none to be, or twice"
        position += 1
        if row.position != position:
            return f"entry {position} is missing"
        sealed = _sealed(last, row)
        if row.hash != sealed:
            return f"entry {position} is not what was written"
        last = row.hash
    if (position, bytes(last)) != (end.position, bytes(end.hash)):
        return f"it ends at {position}, not at {end.position}"
    return None


async def _entries(session: AsyncSession, company_id: UUID | None) -> AsyncIterator[Row[Any]]:
    statement: TextClause = _OF_OWN_STAFF if company_id is None else _OF_COMPANY
    key: dict[str, Any] = {"after": None, "after_id": None, "batch": _BATCH}
    if company_id is not None:
        key["company_id"] = company_id
    while True:
        rows = (await session.execute(statement, key)).all()
        for row in rows:
            yield row
        if len(rows) < _BATCH:
            return
        key |= {"after": rows[-1].position, "after_id": rows[-1].id}


def _sealed(last: bytes, row: Row[Any]) -> bytes | None:
    """Return what the row's hash has to be, ``None`` if it holds words that are none of ours."""
    try:
        return seal(last, _entry(row), row.position, row.at)
    except ValueError:
        return None


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        company_id=row.company_id,
        actor_kind=ActorKind(row.actor_kind),
        actor_id=row.actor_id,
        action=row.action,
        result=AuditResult(row.result),
        session_id=row.session_id,
        remote_address=row.remote_address,
        target_kind=row.target_kind,
        target_id=row.target_id,
        before=row.before,
        after=row.after,
    )


def _name(company_id: UUID | None) -> str:
    return "our own staff" if company_id is None else f"company {company_id}"
