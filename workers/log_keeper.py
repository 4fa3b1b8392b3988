"""Keeps the log to its three months: makes its months ahead of time, drops those that are over (L-1)."""

import asyncio
from datetime import datetime

import structlog

from activities.metrics import SWEEPS
from domain.log_months import LogMonth
from services.clock import database_now
from services.database import JobsDatabase
from services.log_months import (
    BATCH,
    delete_ended,
    drop_month,
    existing_months,
    is_only_keeper,
    learn_sizes,
    make_months,
)
from services.personal_data import forget_personal_data

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3600.0
# After a failure: mostly somebody was at work in a month that was to be dropped.
AGAIN_SECONDS = 30.0
# What has piled up while nobody looked is worked off in so many steps a round, with deliveries between them.
STEPS = 200


class LogKeeper:
    """Runs in every message worker; at any moment one of them does the work."""

    def __init__(self, database: JobsDatabase) -> None:
        self._database = database

    async def run(self, every_seconds: float = EVERY_SECONDS, again_seconds: float = AGAIN_SECONDS) -> None:
        """Keep the log until cancelled. A failure is logged, and the next round tries again."""
        while True:
            try:
                # What is dropped is gone: not by a clock that one worker has wrong.
                async with self._database.transaction() as session:
                    now = await database_now(session)
                await self.keep(now)
            except Exception as failure:
                SWEEPS.labels("keep_log", "failed").inc()
                log.warning("sweep_failed", sweep="keep_log", failure=type(failure).__name__)
                await asyncio.sleep(again_seconds)
            else:
                SWEEPS.labels("keep_log", "done").inc()
                await asyncio.sleep(every_seconds)

    async def keep(self, now: datetime) -> None:
        """Do what is due. New months come first: without them nothing can be registered."""
        async with self._database.transaction() as session:
            if not await is_only_keeper(session):
                return
            made = await make_months(session, now)
            months = await existing_months(session)
        for month in made:
            log.info("log_month_made", month=month.name)
        for month in months:
            if month.is_over(now):
                async with self._database.transaction() as session:
                    dropped = await drop_month(session, month, now)
                if dropped:
                    log.info("log_month_dropped", month=month.name)
                else:
                    await self._thin_out(month, now)
        for _ in range(STEPS):
            async with self._database.transaction() as session:
                if not await forget_personal_data(session, now):
                    break
        async with self._database.transaction() as session:
            await learn_sizes(session)

    async def _thin_out(self, month: LogMonth, now: datetime) -> None:
        for _ in range(STEPS):
            async with self._database.transaction() as session:
                if await delete_ended(session, month, now) < BATCH:
                    break
