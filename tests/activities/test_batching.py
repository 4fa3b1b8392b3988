"""Natural batches: no added waiting, everybody gets their own result, nobody harms anybody else."""

import asyncio
from collections.abc import Sequence

import pytest

from activities.batching import Batcher


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
