"""Reports the state of a process's links, and sees to it that their queues are told what is wanted."""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from domain.link_states import LinkState
from domain.links import Link
from services.database import NO_COMPANY, Database
from services.link_states import forget_old_reports, leave_links, report_links
from services.links import ensure_links
from workflows.link_queues import LinkQueues

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3.0
# How often Temporal is asked what the queues were told, in case somebody else told them.
LOOK_EVERY_SECONDS = 30.0


def process_name() -> str:
    """Return what this process is called on the operators' page: host (or container) and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


class LinkKeeper:
    """One per carrier worker. ``states`` gives the links as they are, ``rates`` what settings say of them."""

    def __init__(
        self,
        database: Database,
        queues: LinkQueues,
        states: Callable[[], Sequence[LinkState]],
        rates: Mapping[Link, float],
        *,
        process: str | None = None,
    ) -> None:
        self._database = database
        self._queues = queues
        self._states = states
        self._rates = rates
        self._process = process or process_name()
        self._looked_at = 0.0

    async def begin(self) -> None:
        """Put the links on record and their rates on the queues; raises when the database is away.

        Temporal may be slow: its queues keep what they were told last.
        """
        async with self._database.transaction(NO_COMPANY) as session:
            await ensure_links(session, self._rates)
            await forget_old_reports(session)
        await self.keep()

    async def run(self, every_seconds: float = EVERY_SECONDS) -> None:
        """Report and apply until cancelled. A failure is logged, and the next round tries again."""
        while True:
            try:
                await self.keep()
            except Exception as failure:
                log.warning("link_report_failed", failure=type(failure).__name__)
            await asyncio.sleep(every_seconds)

    async def keep(self) -> None:
        """Report once, and tell the queues what they should have been told."""
        async with self._database.transaction(NO_COMPANY) as session:
            await report_links(session, self._process, self._states())
        now = time.monotonic()
        look = now - self._looked_at >= LOOK_EVERY_SECONDS
        if look:
            self._looked_at = now
        await self._queues.apply_differences(frozenset(self._rates), look=look)

    async def leave(self) -> None:
        """Take the reports back: a process that stops in good order is not one that is missing."""
        try:
            async with self._database.transaction(NO_COMPANY) as session:
                await leave_links(session, self._process)
        except Exception as failure:
            log.warning("link_report_failed", failure=type(failure).__name__)
