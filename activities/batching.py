"""Several activities at once share one database transaction.

While one batch is being committed, and for a twentieth of a second after it, the next items gather; an idle
system commits each item at once. Under load that pause halves what the database and its clients do.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Hands items to ``handle`` in batches of at most ``max_size`` and each caller its own result.

    ``handle`` gets a sequence and returns the results in its order, all or nothing. When a batch
    fails its items are handled one by one, so that one bad item harms nobody else.
    """

    def __init__(
        self,
        handle: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        max_size: int = 100,
        gather_seconds: float = 0.05,
    ) -> None:
        self._handle = handle
        self._gather_seconds = gather_seconds
        self._ended_at = float("-inf")
        self._max_size = max_size
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def run(self, item: Item) -> Result:
        """Have ``item`` handled; returns its result or raises its failure."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._gather()
                batch = self._waiting[: self._max_size]
                del self._waiting[: self._max_size]
                await self._handle_batch(batch)
                self._ended_at = asyncio.get_running_loop().time()
        finally:
            self._worker = None

    async def _gather(self) -> None:
        """Wait for company, but only right after another batch and never for a full one."""
        pause = self._ended_at + self._gather_seconds - asyncio.get_running_loop().time()
        if pause > 0 and len(self._waiting) < self._max_size:
            await asyncio.sleep(pause)

    async def _handle_batch(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._handle([item for item, _ in batch])
        except Exception as failure:
            if len(batch) > 1:
                for entry in batch:
                    await self._handle_batch([entry])
                return
            _settle(batch[0][1], failure=failure)
            return
        except BaseException:
            for _, future in batch:
                future.cancel()
            raise
        for (_, future), result in zip(batch, results, strict=True):
            _settle(future, result=result)


def _settle(
    future: asyncio.Future[Result], *, result: Result | None = None, failure: Exception | None = None
) -> None:
    # The caller may have been cancelled meanwhile; what was committed stays committed.
    if future.done():
        return
    if failure is not None:
        future.set_exception(failure)
    else:
        future.set_result(result)  # type: ignore[arg-type]
