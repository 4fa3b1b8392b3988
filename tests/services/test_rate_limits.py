"""Token buckets: exact under parallel tries, refilled with time."""

import asyncio
from datetime import datetime, timedelta

from domain.rate_limits import LIMITS, LimitKind
from services.database import NO_COMPANY, Database
from services.rate_limits import forget_full_buckets, give_token_back, take_token
from tests.services.support import now

KIND = LimitKind.RESET
LIMIT = LIMITS[KIND]


async def take(database: Database, key: str, at: datetime) -> timedelta | None:
    async with database.transaction(NO_COMPANY) as session:
        return await take_token(session, KIND, key, at)


async def test_parallel_tries_get_as_many_as_there_are(database: Database) -> None:
    at = now()
    waits = await asyncio.gather(*(take(database, "parallel", at) for _ in range(LIMIT.burst + 10)))
    assert sum(wait is None for wait in waits) == LIMIT.burst


async def test_who_waits_as_told_gets_one_more(database: Database) -> None:
    at = now()
    for _ in range(LIMIT.burst):
        assert await take(database, "patient", at) is None
    wait = await take(database, "patient", at)
    assert wait == timedelta(seconds=LIMIT.refill_seconds)
    # Hammering meanwhile does not make it longer.
    assert await take(database, "patient", at + wait / 2) is not None
    assert await take(database, "patient", at + wait) is None
    assert await take(database, "patient", at + wait) is not None


async def test_others_are_not_held_up(database: Database) -> None:
    at = now()
    for _ in range(LIMIT.burst + 1):
        await take(database, "noisy", at)
    assert await take(database, "quiet", at) is None


async def test_a_token_given_back_can_be_taken_again(database: Database) -> None:
    at = now()
    for _ in range(LIMIT.burst):
        await take(database, "honest", at)
    async with database.transaction(NO_COMPANY) as session:
        await give_token_back(session, KIND, "honest")
    assert await take(database, "honest", at) is None
    assert await take(database, "honest", at) is not None


async def test_a_clock_that_goes_back_gives_nothing_away(database: Database) -> None:
    """Replicas disagree by a moment."""
    at = now()
    for _ in range(LIMIT.burst):
        await take(database, "skewed", at)
    assert await take(database, "skewed", at - timedelta(seconds=5)) is not None


async def test_untouched_buckets_are_forgotten(database: Database) -> None:
    await take(database, "old", now() - timedelta(days=2))
    async with database.transaction(NO_COMPANY) as session:
        await forget_full_buckets(session, now())
    assert await take(database, "old", now()) is None
