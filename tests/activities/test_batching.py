"""Natural batches: no added waiting, everybody gets their own result, nobody harms anybody else."""

import asyncio
from collections.abc import Sequence

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from activities.batching import MOST_APART, Batcher, Busy, is_outage


class Squares:
    """Handles numbers once ``gate`` is open, and remembers the batches it was handed."""

    def __init__(self, *, is_open: bool = True, bad: frozenset[int] = frozenset()) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.bad = bad
        if is_open:
            self.gate.set()

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        await self.gate.wait()
        if found := self.bad & set(numbers):
            raise ValueError(f"cannot take {sorted(found)}")
        return [number * number for number in numbers]


async def started(*items: asyncio.Task[int]) -> None:
    """Let tasks run until they wait."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_idle_system_handles_each_item_at_once() -> None:
    squares = Squares()
    batcher = Batcher(squares)

    assert [await batcher.run(n) for n in (1, 2, 3)] == [1, 4, 9]
    assert squares.batches == [[1], [2], [3]]


async def test_what_comes_while_a_batch_is_handled_makes_up_the_next() -> None:
    squares = Squares(is_open=False)
    batcher = Batcher(squares)
    tasks = [asyncio.create_task(batcher.run(n)) for n in range(1)]
    await started(*tasks)
    tasks += [asyncio.create_task(batcher.run(n)) for n in range(1, 6)]
    await started(*tasks)

    squares.gate.set()

    assert await asyncio.gather(*tasks) == [0, 1, 4, 9, 16, 25]
    assert squares.batches == [[0], [1, 2, 3, 4, 5]]


async def test_a_batch_has_a_largest_size_and_order_is_kept() -> None:
    squares = Squares()
    batcher = Batcher(squares, max_size=3)

    assert await asyncio.gather(*(batcher.run(n) for n in range(8))) == [n * n for n in range(8)]
    assert squares.batches == [[0, 1, 2], [3, 4, 5], [6, 7]]


async def test_one_bad_item_does_not_harm_the_others() -> None:
    squares = Squares(bad=frozenset({2}))
    batcher = Batcher(squares)

    results = await asyncio.gather(*(batcher.run(n) for n in range(5)), return_exceptions=True)

    assert [r for r in results if isinstance(r, int)] == [0, 1, 9, 16]
    assert isinstance(results[2], ValueError)
    assert await batcher.run(7) == 49, "and the batcher goes on"


class Companies:
    """Handles (company, number); what is of a ``blocked`` company waits for ``gate`` and then fails."""

    def __init__(self, *blocked: tuple[str, int], failure: Exception | None = None) -> None:
        self.blocked = set(blocked)
        self.failure = failure or ValueError("a row is locked")
        self.gate = asyncio.Event()
        self.tries = 0

    async def __call__(self, items: Sequence[tuple[str, int]]) -> list[int]:
        self.tries += 1
        if self.blocked & set(items):
            await self.gate.wait()
            raise self.failure
        return [number for _, number in items]


def by_company(companies: Companies) -> Batcher[tuple[str, int], int]:
    return Batcher(companies, key=lambda item: item[0])


async def test_after_its_first_failure_a_company_holds_up_no_other() -> None:
    """One row that somebody holds: the others' batches go on while its own company's waits."""
    companies = Companies(("a", 1))
    batcher = by_company(companies)
    blocked = asyncio.create_task(batcher.run(("a", 1)))
    mixed = asyncio.create_task(batcher.run(("b", 2)))
    await started(blocked, mixed)
    companies.gate.set()
    assert await mixed == 2
    with pytest.raises(ValueError, match="locked"):
        await blocked

    companies.gate.clear()
    blocked = asyncio.create_task(batcher.run(("a", 1)))
    await started(blocked)
    assert await asyncio.wait_for(asyncio.gather(*(batcher.run(("b", n)) for n in range(150))), 5) == [
        *range(150)
    ]
    assert not blocked.done()
    companies.gate.set()
    with pytest.raises(ValueError, match="locked"):
        await blocked


async def test_within_a_company_all_but_the_bad_ones_are_handled() -> None:
    companies = Companies(("a", 3), ("a", 17))
    companies.gate.set()
    batcher = by_company(companies)
    results = await asyncio.gather(*(batcher.run(("a", n)) for n in range(20)), return_exceptions=True)
    assert [n for n, result in enumerate(results) if isinstance(result, ValueError)] == [3, 17]
    assert [result for result in results if isinstance(result, int)] == [
        n for n in range(20) if n not in (3, 17)
    ]


async def test_more_of_a_blocked_company_is_sent_away_than_may_wait() -> None:
    """Or all turns at a link would be taken by what cannot go on."""
    companies = Companies(*(("a", n) for n in range(100)))
    batcher = by_company(companies)
    first = asyncio.create_task(batcher.run(("a", 0)))
    await started(first)
    companies.gate.set()
    with pytest.raises(ValueError, match="locked"):
        await first
    companies.gate.clear()
    waiting = [asyncio.create_task(batcher.run(("a", n))) for n in range(100)]
    await started(*waiting)
    sent_away = [task for task in waiting if task.done()]
    assert len(sent_away) == 100 - MOST_APART
    for task in sent_away:
        with pytest.raises(Busy):
            await task
    assert await batcher.run(("b", 7)) == 7
    companies.gate.set()
    await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize(
    "failure",
    [
        OperationalError("…", None, Exception("server closed the connection")),
        OperationalError("…", None, psycopg.errors.AdminShutdown()),
        OperationalError("…", None, psycopg.errors.TooManyConnections()),
        PoolTimeout(),
        ConnectionRefusedError(),
    ],
    ids=["gone", "shut down", "full", "no connection free", "refused"],
)
async def test_when_the_database_is_away_a_batch_is_tried_once(failure: Exception) -> None:
    """Not a hundred times for a hundred messages; and nobody is set apart for it."""
    companies = Companies(("a", 1), failure=failure)
    companies.gate.set()
    batcher = by_company(companies)
    results = await asyncio.gather(
        *(batcher.run((company, 1)) for company in "abcdef"), return_exceptions=True
    )
    assert results == [failure] * 6
    assert companies.tries == 1
    assert await batcher.run(("b", 2)) == 2


@pytest.mark.parametrize("failure", [psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled])
def test_a_row_that_is_held_is_no_outage(failure: type[Exception]) -> None:
    assert not is_outage(OperationalError("…", None, failure()))


async def test_a_caller_who_is_cancelled_does_not_stop_the_others() -> None:
    """Its item is handled all the same: what is committed stays committed."""
    squares = Squares(is_open=False)
    batcher = Batcher(squares)
    tasks = [asyncio.create_task(batcher.run(n)) for n in range(4)]
    await started(*tasks)

    tasks[0].cancel()
    tasks[2].cancel()
    await started(*tasks)
    squares.gate.set()

    assert [await tasks[i] for i in (1, 3)] == [1, 9]
    assert tasks[0].cancelled()
    assert tasks[2].cancelled()
    assert squares.batches == [[0, 1, 2, 3]]


async def test_the_failure_of_a_cancelled_callers_item_goes_nowhere() -> None:
    squares = Squares(is_open=False, bad=frozenset({0}))
    batcher = Batcher(squares)
    task = asyncio.create_task(batcher.run(0))
    await started(task)
    task.cancel()
    await started(task)
    squares.gate.set()

    assert await batcher.run(3) == 9
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_item_that_comes_at_the_very_end_of_a_batch_is_not_forgotten() -> None:
    squares = Squares()
    batcher = Batcher(squares)

    async def chain(number: int) -> int:
        return await batcher.run(await batcher.run(number))

    assert await asyncio.wait_for(asyncio.gather(*(chain(n) for n in range(20))), 5) == [
        n**4 for n in range(20)
    ]
