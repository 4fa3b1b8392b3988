"""Keeps the figures that come from the database up to date for Prometheus."""

import asyncio

import structlog

from activities.metrics import (
    CAMPAIGNS_OVERDUE,
    OLDEST_SUBMIT_SECONDS,
    RECEIPTS_WAITING,
    SUBMITS_IN_FLIGHT,
)
from services.database import JobsDatabase
from services.delivery_gauges import delivery_gauges

log = structlog.get_logger(__name__)

EVERY_SECONDS = 10.0


async def measure_deliveries(database: JobsDatabase, every_seconds: float = EVERY_SECONDS) -> None:
    """Measure until cancelled; while the database is away, the last figures stand."""
    while True:
        try:
            async with database.transaction() as session:
                gauges = await delivery_gauges(session)
        except Exception as failure:
            log.warning("delivery_gauges_failed", failure=type(failure).__name__)
        else:
            RECEIPTS_WAITING.set(gauges.receipts_waiting)
            SUBMITS_IN_FLIGHT.set(gauges.submits_in_flight)
            OLDEST_SUBMIT_SECONDS.set(gauges.oldest_submit_seconds)
            CAMPAIGNS_OVERDUE.set(gauges.campaigns_overdue)
        await asyncio.sleep(every_seconds)
