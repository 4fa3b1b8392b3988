"""L-1: whatever has piled up, the keeper makes what is missing and drops what is over."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest_asyncio
from prometheus_client import REGISTRY

from domain.log_months import LogMonth, months_to_have
from services.database import Database, JobsDatabase
from services.log_months import existing_months
from tests.services.factories import Bench, open_bench
from tests.support.postgres import jobs_url
from workers.log_keeper import LogKeeper

NOW = datetime.now(UTC)
HALF_A_YEAR = timedelta(days=183)


@pytest_asyncio.fixture(loop_scope="session")
async def bench(fresh_database_url: str) -> AsyncIterator[Bench]:
    """A company in a database of its own."""
    database, jobs_database = Database(fresh_database_url), JobsDatabase(jobs_url(fresh_database_url))
    yield await open_bench(database, jobs_database)
    await jobs_database.close()
    await database.close()


async def months(bench: Bench) -> list[LogMonth]:
    async with bench.jobs_database.transaction() as session:
        return await existing_months(session)


async def test_months_come_and_go(bench: Bench) -> None:
    """Nobody started anything for half a year: old messages are gone, the months to come are there."""
    ended = await bench.campaign()
    await bench.rows("UPDATE messages SET status = 'delivered', closed_at = now()")
    later = NOW + HALF_A_YEAR
    await LogKeeper(bench.jobs_database).keep(later)
    left = await months(bench)
    assert set(months_to_have(later)) <= set(left)
    assert not any(month.is_over(later) for month in left)
    assert await bench.rows("SELECT 1 FROM messages") == []
    assert await bench.rows("SELECT 1 FROM campaigns WHERE id = :id", id=ended.id)


async def test_what_is_needed_stays_and_the_rest_goes(bench: Bench) -> None:
    campaign = await bench.campaign("08055550001", "08055550002")
    needed, ended = campaign.messages
    await bench.rows(
        "UPDATE messages SET status = 'delivered', closed_at = now() WHERE id = :ended", ended=ended
    )
    await LogKeeper(bench.jobs_database).keep(NOW + HALF_A_YEAR)
    assert [row.id for row in await bench.rows("SELECT id FROM messages")] == [needed]
    assert LogMonth.of(NOW) in await months(bench)


async def test_today_nothing_goes(bench: Bench) -> None:
    campaign = await bench.campaign()
    await bench.rows("UPDATE messages SET status = 'delivered', closed_at = now()")
    before = await months(bench)
    await LogKeeper(bench.jobs_database).keep(NOW)
    assert await months(bench) == before
    assert await bench.rows("SELECT 1 FROM messages WHERE id = :id", id=campaign.message)


async def test_a_keeper_at_work_is_left_alone(bench: Bench) -> None:
    """Every message worker has one."""
    before = await months(bench)
    async with bench.jobs_database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7206)")
        # The pool has a second connection for it.
        await LogKeeper(bench.jobs_database).keep(NOW + HALF_A_YEAR)
    assert await months(bench) == before


async def test_a_failure_is_counted_and_tried_again() -> None:
    database = JobsDatabase("postgresql://platform_jobs@127.0.0.1:1/none")
    counted = {"sweep": "keep_log", "result": "failed"}
    before = REGISTRY.get_sample_value("delivery_sweeps_total", counted) or 0.0
    keeping = asyncio.create_task(LogKeeper(database).run(again_seconds=0.01))
    async with asyncio.timeout(20):
        while (REGISTRY.get_sample_value("delivery_sweeps_total", counted) or 0.0) < before + 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    keeping.cancel()
    await database.close()
