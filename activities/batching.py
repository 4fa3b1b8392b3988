"""Several activities at once share one database transaction.

While one batch is being committed, and for a twentieth of a second after it, the next items gather; an idle
system commits each item at once. Under load that pause halves what the database and its clients do.

What fails is set apart by its ``key``, its company: a row that somebody holds locked keeps the other
companies waiting once, for the lock's time limit, and after that only its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

Item = TypeVar("Item")
Result = TypeVar("Result")

# A key that failed has a lane of its own for so long after it.
APART_SECONDS = 30.0
# So many of one key wait in its lane; others come back later, or they would fill the worker with waiting.
MOST_APART = 20
# Transactions of lanes at a time: the pool has connections for these and for all the rest.
LANES_AT_ONCE = 6


class Busy(Exception):
    """Too much of one company waits for rows that are locked; nothing was done, to be tried again later."""


class Batcher(Generic[Item, Result]):
    """Hands items to ``handle`` in batches of at most ``max_size`` and each caller its own result.

    ``handle`` gets a sequence and returns the results in its order, all or nothing. When a batch fails, its
    keys are handled apart from each other, and what fails within one in halves, so that a bad item harms
    nobody else. When the database itself is away, all of the batch fails with it.
    """

    def __init__(
        self,
        handle: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        key: Callable[[Item], Hashable] | None = None,
        max_size: int = 100,
        gather_seconds: float = 0.05,
    ) -> None:
        self._handle = handle
        self._key = key or (lambda _item: None)
        self._max_size = max_size
        self._common = _Queue(self._handle_common, max_size, gather_seconds)
        self._lanes: dict[Hashable, _Queue[Item, Result]] = {}
        self._apart_until: dict[Hashable, float] = {}
        self._lane_turns = asyncio.Semaphore(LANES_AT_ONCE)

    async def run(self, item: Item) -> Result:
        """Have ``item`` handled; returns its result or raises its failure, or ``Busy``."""
        key = self._key(item)
        queue = self._common
        if self._is_apart(key):
            queue = self._lane(key)
            if len(queue.waiting) >= MOST_APART:
                raise Busy
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        queue.add([(item, future)])
        return await future

    def _is_apart(self, key: Hashable) -> bool:
        if key in self._lanes and self._lanes[key].is_busy:
            return True
        self._lanes.pop(key, None)
        if self._apart_until.get(key, 0.0) > asyncio.get_running_loop().time():
            return True
        self._apart_until.pop(key, None)
        return False

    def _lane(self, key: Hashable) -> "_Queue[Item, Result]":
        return self._lanes.setdefault(key, _Queue(self._handle_lane, self._max_size, 0.0))

    async def _handle_common(self, batch: "list[Entry[Item, Result]]") -> None:
        failure = await self._try(batch)
        if failure is None:
            return
        if is_outage(failure):
            _fail(batch, failure)
            return
        if len(batch) == 1:
            self._set_apart(batch)
            _fail(batch, failure)
            return
        of_key: dict[Hashable, list[Entry[Item, Result]]] = {}
        for entry in batch:
            of_key.setdefault(self._key(entry[0]), []).append(entry)
        for key, entries in of_key.items():
            self._lane(key).add(entries)

    async def _handle_lane(self, batch: "list[Entry[Item, Result]]") -> None:
        async with self._lane_turns:
            failure = await self._try(batch)
        if failure is None:
            return
        if not is_outage(failure):
            self._set_apart(batch)
        if len(batch) == 1 or is_outage(failure):
            _fail(batch, failure)
            return
        half = len(batch) // 2
        await self._handle_lane(batch[:half])
        await self._handle_lane(batch[half:])

    def _set_apart(self, batch: "list[Entry[Item, Result]]") -> None:
        until = asyncio.get_running_loop().time() + APART_SECONDS
        self._apart_until.update({self._key(item): until for item, _ in batch})

    async def _try(self, batch: "list[Entry[Item, Result]]") -> Exception | None:
        """Handle a batch and settle its callers; the failure, with nobody settled, if there is one."""
        try:
            results = await self._handle([item for item, _ in batch])
        except Exception as failure:
            return failure
        except BaseException:
            for _, future in batch:
                future.cancel()
            raise
        for (_, future), result in zip(batch, results, strict=True):
            # The caller may have been cancelled meanwhile; what was committed stays committed.
            if not future.done():
                future.set_result(result)
        return None


Entry = tuple[Item, asyncio.Future[Result]]


class _Queue(Generic[Item, Result]):
    """Items that wait, and one task that hands them over batch by batch."""

    def __init__(
        self,
        handle: Callable[[list[Entry[Item, Result]]], Awaitable[None]],
        max_size: int,
        gather_seconds: float,
    ) -> None:
        self.waiting: list[Entry[Item, Result]] = []
        self._handle = handle
        self._max_size = max_size
        self._gather_seconds = gather_seconds
        self._ended_at = float("-inf")
        self._worker: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether anything waits or is being handled."""
        return self._worker is not None

    def add(self, entries: list[Entry[Item, Result]]) -> None:
        """Let these wait for their turn."""
        self.waiting += entries
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())

    async def _work(self) -> None:
        try:
            while self.waiting:
                await self._gather()
                batch = self.waiting[: self._max_size]
                del self.waiting[: self._max_size]
                await self._handle(batch)
                self._ended_at = asyncio.get_running_loop().time()
        finally:
            self._worker = None

    async def _gather(self) -> None:
        """Wait for company, but only right after another batch and never for a full one."""
        pause = self._ended_at + self._gather_seconds - asyncio.get_running_loop().time()
        if pause > 0 and len(self.waiting) < self._max_size:
            await asyncio.sleep(pause)


def is_outage(failure: BaseException) -> bool:
    """Whether the database is away or full, whatever it is asked: trying parts of a batch helps nobody."""
    if isinstance(failure, DBAPIError):
        state = getattr(failure.orig, "sqlstate", None)
        # Connections (08), resources (53), the server's stop and start (57P); without one: no connection.
        away = state is None or state.startswith(("08", "53", "57P"))
        return away or isinstance(failure, InterfaceError)
    return isinstance(failure, (PoolTimeout, OSError))


def _fail(batch: list[Entry[Item, Result]], failure: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(failure)
