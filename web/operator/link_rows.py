"""A link as its line and its page show it: what is wanted, what its processes say, what waits."""

import math
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from domain.link_conditions import LinkSummary, summarise
from domain.links import Link
from services.link_states import LinkReport, link_reports
from services.links import WantedLink, wanted_links
from workflows.link_queues import QueueState

_SHORTEST_PAUSE_MS = 3_000


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link. ``waiting`` is ``None`` when Temporal did not say."""

    wanted: WantedLink
    summary: LinkSummary
    reports: list[LinkReport]
    waiting: int | None

    @property
    def link(self) -> Link:
        """Which link it is."""
        return self.wanted.link

    @property
    def stale(self) -> int:
        """How many processes should have reported since."""
        return sum(report.is_stale for report in self.reports)


async def link_rows(session: AsyncSession, queues: dict[Link, QueueState]) -> list[LinkRow]:
    """Return a row for every link on record."""
    reports = await link_reports(session)
    return [_row(wanted, reports[wanted.link], queues) for wanted in await wanted_links(session)]


def _row(wanted: WantedLink, reports: list[LinkReport], queues: dict[Link, QueueState]) -> LinkRow:
    queue = queues.get(wanted.link)
    summary = summarise(
        (report.state for report in reports if not report.is_stale),
        is_stopped=wanted.is_stopped,
        stopped_at=wanted.stopped_at,
    )
    return LinkRow(wanted, summary, reports, queue.waiting if queue else None)


def poll_after_ms(made_in_ms: float) -> int:
    """Return when a page of links should ask again; a portal under load is asked less often."""
    return int(max(250 * math.sqrt(made_in_ms) - 1000, _SHORTEST_PAUSE_MS))
