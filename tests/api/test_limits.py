"""What one company's programs may have under way, so that others are served meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from api.under_way import SameKeyAtWork, TooManyAtOnce, UnderWay
from domain.rate_limits import LIMITS, LimitKind
from services.database import NO_COMPANY
from services.rate_limits import take
from tests.api.problem_answers import problem_of
from tests.api.test_campaigns import request_of
from tests.services.support import Companies, now

BURST = LIMITS[LimitKind.API_REQUEST].burst


@asynccontextmanager
async def another_replica_at_work(companies: Companies, key: str) -> AsyncIterator[None]:
    """The lock a registration holds until its commit."""
    async with companies.database.transaction(companies.first.company_id) as session:
        lock = {"key": f"{companies.first.company_id} {key}"}
        await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 7205))"), lock)
        yield


async def test_who_repeats_a_request_that_is_at_work_waits_outside(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, companies: Companies
) -> None:
    """Forty repetitions hold no connection: another company is served, and the key is good afterwards."""
    key = str(uuid4())
    headers = {"Idempotency-Key": key}
    async with another_replica_at_work(companies, key):
        repeated = [client.post("/campaigns", json=request_of(1, 800), headers=headers) for _ in range(40)]
        *answers, listed = await asyncio.gather(*repeated, stranger.get("/campaigns"))
        for answer in answers:
            problem_of(answer, 409, "request_in_progress")
            assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert listed.status_code == 200
        other = await client.post(
            "/campaigns", json=request_of(1, 801), headers={"Idempotency-Key": str(uuid4())}
        )
        assert other.status_code == 201
    again = await client.post("/campaigns", json=request_of(1, 800), headers=headers)
    assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (201, None)


async def test_every_answer_to_a_key_tells_what_is_left(
    client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    """Errors as well; strangers learn nothing."""
    left = []
    for answer in (
        await client.get("/campaigns"),
        await client.get(f"/campaigns/{uuid4()}"),
        await client.post("/campaigns", json={}),
        await client.get("/nowhere"),
    ):
        if answer.status_code == 404 and "RateLimit-Limit" not in answer.headers:
            continue  # no route, so no key was looked at
        assert answer.headers["RateLimit-Limit"] == str(BURST)
        assert 0 <= int(answer.headers["RateLimit-Reset"]) <= BURST
        left.append(int(answer.headers["RateLimit-Remaining"]))
    assert len(left) == 3
    assert all(0 < remaining < BURST for remaining in left)
    assert "RateLimit-Limit" not in (await anonymous.get("/api/v1/campaigns")).headers


async def test_beyond_its_rate_a_company_waits_and_others_do_not(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, companies: Companies
) -> None:
    """429 with the time to wait, for reading and sending alike; nothing is registered."""
    before = await companies.one("SELECT count(*) FROM campaigns")
    company = str(companies.first.company_id)
    async with companies.database.transaction(NO_COMPANY) as session:
        await take(session, LimitKind.API_REQUEST, company, now())
        # Spent, and counted a minute ahead, so that the test's own time gives nothing back.
        spend = (
            "UPDATE rate_buckets SET tokens = 0.5, counted_at = now() + interval '1 min' WHERE kind = :kind"
        )
        await session.execute(text(spend), {"kind": LimitKind.API_REQUEST.value})
    async with companies.database.transaction(NO_COMPANY) as session:
        give = (
            "UPDATE rate_buckets SET tokens = 9 WHERE kind = :kind AND key_hash = sha256(CAST(:key AS bytea))"
        )
        other = str(companies.second.company_id).encode()
        await session.execute(text(give), {"kind": LimitKind.API_REQUEST.value, "key": other})
    for answer in (await client.get("/campaigns"), await client.post("/campaigns", json=request_of(1, 810))):
        problem_of(answer, 429, "rate_limited")
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.headers["RateLimit-Remaining"] == "0"
    assert (await stranger.get("/campaigns")).status_code == 200
    assert await companies.one("SELECT count(*) FROM campaigns") == before
    async with companies.database.transaction(NO_COMPANY) as session:
        await session.execute(text("DELETE FROM rate_buckets"))
    assert (await client.get("/campaigns")).status_code == 200


async def test_registrations_of_a_company_take_turns() -> None:
    """As many at once as it may, the next when one is done, and none of another company's is in the queue."""
    under_way = UnderWay(at_once=2, waiting=2, patience_seconds=60)
    company, done, inside = uuid4(), asyncio.Event(), []

    async def register(number: int) -> None:
        async with under_way.registration(company, None):
            inside.append(number)
            await done.wait()

    tasks = [asyncio.create_task(register(number)) for number in range(4)]
    started = asyncio.create_task(asyncio.sleep(0))
    await started  # all tasks before this one have come to where they wait
    async with under_way.registration(uuid4(), None):
        assert inside == [0, 1]
        with pytest.raises(TooManyAtOnce):
            async with under_way.registration(company, None):
                pytest.fail("more than may wait")
    done.set()
    await asyncio.gather(*tasks)
    assert inside == [0, 1, 2, 3]


async def test_who_waits_too_long_is_sent_away() -> None:
    """And the place is there for the next."""
    under_way = UnderWay(at_once=1, waiting=5, patience_seconds=0.01)
    company = uuid4()
    async with under_way.registration(company, "a"):
        with pytest.raises(TooManyAtOnce):
            async with under_way.registration(company, "b"):
                pytest.fail("there is no place")
    async with under_way.registration(company, "b"):
        pass


async def test_a_key_is_worked_on_once() -> None:
    """Found before anything is read; the key of another company is another one; an error frees it."""
    under_way = UnderWay(at_once=5)
    company = uuid4()

    async def fail_at_work() -> None:
        async with under_way.registration(company, "key"):
            with pytest.raises(SameKeyAtWork):
                async with under_way.registration(company, "key"):
                    pytest.fail("it is at work")
            async with under_way.registration(uuid4(), "key"), under_way.registration(company, None):
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_at_work()
    async with under_way.registration(company, "key"):
        pass
