"""The company's lane: never more than the contract's capacity in any rolling hour (S-7, R-11, I8)."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from services.contracts import NoValidContract
from services.database import Database, JobsDatabase
from services.lanes import SlotRange, reserve_company_slots
from tests.services.factories import Bench, open_bench

HOUR = timedelta(hours=1)


async def reserve(bench: Bench, count: int) -> SlotRange:
    async with bench.transaction() as session:
        return await reserve_company_slots(session, bench.company_id, count)


def slots_of(reservation: SlotRange, count: int) -> list[datetime]:
    return [reservation.slot(index) for index in range(count)]


def busiest_hour(slots: list[datetime]) -> int:
    """The most slots in any hour."""
    slots = sorted(slots)
    most = first = 0
    for index, slot in enumerate(slots):
        while slot - slots[first] >= HOUR:
            first += 1
        most = max(most, index - first + 1)
    return most


async def test_slots_are_spaced_by_the_capacity(bench: Bench) -> None:
    """40,000 an hour are 90 ms apart; the first may go at once."""
    reservation = await reserve(bench, 100)

    assert reservation.gap == timedelta(milliseconds=90)
    assert reservation.slot(99) - reservation.first == 99 * reservation.gap
    assert abs(reservation.first - reservation.now) < timedelta(seconds=1)


async def test_reservations_follow_each_other_without_gap_or_overlap(bench: Bench) -> None:
    first, second = await reserve(bench, 1_000), await reserve(bench, 1)

    assert second.first == first.first + 1_000 * first.gap


@pytest.mark.parametrize("capacity", [7, 11, 3_600, 13_000])
async def test_no_rolling_hour_holds_more_than_the_capacity(
    database: Database, jobs_database: JobsDatabase, capacity: int
) -> None:
    """Also where 3,600 seconds divided by the capacity is no whole number of microseconds."""
    bench = await open_bench(database, jobs_database, hourly_capacity=capacity)
    sizes = [1, capacity // 2, 2, capacity, 3, capacity // 3, capacity]

    reservations = await asyncio.gather(*(reserve(bench, size) for size in sizes))

    slots = [s for size, r in zip(sizes, reservations, strict=True) for s in slots_of(r, size)]
    assert len(set(slots)) == sum(sizes)
    assert busiest_hour(slots) == capacity


async def test_an_idle_lane_saves_up_no_credit(bench: Bench) -> None:
    """After a quiet night the first hour is no fuller than any other."""
    await bench.rows("INSERT INTO company_lanes VALUES (:company, clock_timestamp() - interval '8 hours')")
    before = datetime.now(UTC)

    reservation = await reserve(bench, 10)

    assert reservation.first >= before - timedelta(seconds=1)
    assert (await reserve(bench, 1)).first >= reservation.slot(10)


async def test_campaigns_of_a_company_share_its_lane_and_no_other(bench: Bench) -> None:
    other = await open_bench(bench.database, bench.jobs_database)
    first, second = await reserve(bench, 5_000), await reserve(bench, 5_000)

    assert second.first >= first.slot(4_999) + first.gap
    assert (await reserve(other, 1)).first < first.slot(100)


async def test_a_rollback_gives_the_slots_back(bench: Bench) -> None:
    async def reserve_and_die() -> None:
        async with bench.transaction() as session:
            await reserve_company_slots(session, bench.company_id, 30_000)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await reserve_and_die()

    reservation = await reserve(bench, 1)
    assert abs(reservation.first - reservation.now) < timedelta(seconds=1)


async def test_the_capacity_is_that_of_the_contract_in_force_today(bench: Bench) -> None:
    """B-1, N-3: a contract of the future does not count yet."""
    await bench.contract(valid_from=date(2021, 1, 1), hourly_capacity=3_600)
    await bench.contract(valid_from=date(2999, 1, 1), hourly_capacity=1)

    assert (await reserve(bench, 1)).gap == timedelta(seconds=1)


async def test_a_company_without_a_valid_contract_gets_no_slots(bench: Bench) -> None:
    await bench.rows("UPDATE contracts SET valid_from = '2999-01-01' WHERE company_id = :company")

    with pytest.raises(NoValidContract):
        await reserve(bench, 1)
