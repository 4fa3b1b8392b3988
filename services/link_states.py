"""What the processes that hold links report about them, and what it means put together."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.link_states import LinkState
from domain.links import Link

# Three reports missed: the process hangs, is gone, or cannot reach the database.
STALE_AFTER = timedelta(seconds=15)
# So long a dead process stays on the page: time enough to see what its last words were.
FORGET_AFTER = timedelta(hours=24)
_LONGEST_ERROR = 200

_REPORT = text("""
    INSERT INTO link_states (link, process, is_up, since, in_use, capacity, throttled_since,
        receipts_pending, last_error, last_error_at, details, reported_at)
    VALUES (:link, :process, :is_up, :since, :in_use, :capacity, :throttled_since,
        :receipts_pending, :last_error, :last_error_at, CAST(:details AS jsonb), clock_timestamp())
    ON CONFLICT (link, process) DO UPDATE
    SET is_up = excluded.is_up, since = excluded.since, in_use = excluded.in_use,
        capacity = excluded.capacity, throttled_since = excluded.throttled_since,
        receipts_pending = excluded.receipts_pending, last_error = excluded.last_error,
        last_error_at = excluded.last_error_at, details = excluded.details,
        reported_at = excluded.reported_at
""")

_FORGET = text("DELETE FROM link_states WHERE reported_at < clock_timestamp() - :forget_after")

_LEAVE = text("DELETE FROM link_states WHERE process = :process")

_REPORTS = text("""
    SELECT link, process, is_up, since, in_use, capacity, throttled_since, receipts_pending, last_error,
           last_error_at, details, reported_at, reported_at < clock_timestamp() - :stale_after AS is_stale
    FROM link_states ORDER BY link, process
""")


@dataclass(frozen=True, slots=True)
class LinkReport:
    """One process's last word about a link. ``is_stale``: it should have said more since."""

    link: Link
    process: str
    state: LinkState
    reported_at: datetime
    is_stale: bool


async def report_links(session: AsyncSession, process: str, states: Sequence[LinkState]) -> None:
    """Write the heartbeat of a process: the state of each link it holds, at most one row each."""
    if states:
        await session.execute(_REPORT, [_columns(process, state) for state in states])


async def leave_links(session: AsyncSession, process: str) -> None:
    """Take back the reports of a process that stops in good order."""
    await session.execute(_LEAVE, {"process": process})


async def forget_old_reports(session: AsyncSession) -> None:
    """Delete what processes said that are gone for a day."""
    await session.execute(_FORGET, {"forget_after": FORGET_AFTER})


async def link_reports(session: AsyncSession) -> dict[Link, list[LinkReport]]:
    """Return the reports on record by link."""
    reports: dict[Link, list[LinkReport]] = {link: [] for link in Link}
    for row in await session.execute(_REPORTS, {"stale_after": STALE_AFTER}):
        reports[Link(row.link)].append(_report(row))
    return reports


def _columns(process: str, state: LinkState) -> dict[str, Any]:
    return {
        "link": Link(state.name).value,
        "process": process,
        "is_up": state.is_up,
        "since": state.since,
        "in_use": state.in_use,
        "capacity": state.capacity,
        "throttled_since": state.throttled_since,
        "receipts_pending": state.receipts_pending,
        "last_error": state.last_error[:_LONGEST_ERROR] if state.last_error else None,
        "last_error_at": state.last_error_at,
        "details": json.dumps(dict(state.details)),
    }


def _report(row: Row[Any]) -> LinkReport:
    link = Link(row.link)
    state = LinkState(
        name=link.value,
        channel=link.channel,
        carrier=link.carrier,
        is_up=row.is_up,
        since=row.since,
        in_use=row.in_use,
        capacity=row.capacity,
        throttled_since=row.throttled_since,
        receipts_pending=row.receipts_pending,
        last_error=row.last_error,
        last_error_at=row.last_error_at,
        details=row.details,
    )
    return LinkReport(link, row.process, state, row.reported_at, row.is_stale)
