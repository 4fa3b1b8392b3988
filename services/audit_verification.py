"""Checking that no entry of an audit trail was changed, removed or slipped in (I11)."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import ActorKind, AuditEntry, AuditResult, seal

_BATCH = 5_000

_ENDS = text("SELECT company_id, position, hash FROM audit_chains ORDER BY company_id")

_WITHOUT_END = text("""
    SELECT DISTINCT e.company_id FROM audit_entries e
    WHERE NOT EXISTS (SELECT FROM audit_chains c WHERE c.company_id IS NOT DISTINCT FROM e.company_id)
""")

_ENTRIES = text("""
    SELECT * FROM audit_entries
    WHERE company_id IS NOT DISTINCT FROM :company_id AND position > :after ORDER BY position LIMIT :batch
""")


async def audit_faults(session: AsyncSession) -> list[str]:
    """Return what is wrong with the trails of all companies, one sentence each; empty when they are whole.

    Needs a ``JobsDatabase`` transaction, best of one snapshot (entries added meanwhile are no fault: a
    trail is compared with its end as it was read first).
    """
    ends = (await session.execute(_ENDS)).all()
    found = [(end.company_id, await _fault(session, end)) for end in ends]
    lost = (await session.execute(_WITHOUT_END)).scalars()
    found += [(company_id, "its end is missing") for company_id in lost]
    return [f"Trail of {_name(company_id)}: {fault}" for company_id, fault in found if fault]


async def _fault(session: AsyncSession, end: Row[Any]) -> str | None:
    position, last = 0, b""
    async for row in _entries(session, end.company_id):
        if row.position > end.position:
            break
        position += 1
        if row.position != position:
            return f"entry {position} is missing"
        last = seal(last, _entry(row), position, row.at)
        if row.hash != last:
            return f"entry {position} is not what was written"
    if (position, last) != (end.position, bytes(end.hash)):
        return f"it ends at {position}, not at {end.position}"
    return None


async def _entries(session: AsyncSession, company_id: UUID | None) -> AsyncIterator[Row[Any]]:
    after = 0
    while True:
        key = {"company_id": company_id, "after": after, "batch": _BATCH}
        rows = (await session.execute(_ENTRIES, key)).all()
        for row in rows:
            yield row
        if len(rows) < _BATCH:
            return
        after = rows[-1].position


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
