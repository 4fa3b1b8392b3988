"""How many registrations of one company this process works on at a time.

Each holds a connection for as long as its recipients are checked: without a limit one company's programs
would take them all, and everybody's pages would wait.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from domain.rate_limits import REGISTRATIONS_AT_ONCE, REGISTRATIONS_WAITING

PATIENCE_SECONDS = 10.0


class TooManyAtOnce(Exception):
    """The company has as many registrations under way as it may, and no place became free in time."""


class SameKeyAtWork(Exception):
    """A request with the same Idempotency-Key is being worked on."""


@dataclass(slots=True)
class _Turns:
    places: asyncio.Semaphore
    here: int = 0


class UnderWay:
    """The registrations of one process. Nothing of what waits has been read: the sender holds it."""

    def __init__(
        self,
        at_once: int = REGISTRATIONS_AT_ONCE,
        waiting: int = REGISTRATIONS_WAITING,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._at_once = at_once
        self._most = at_once + waiting
        self._patience = patience_seconds
        self._companies: dict[UUID, _Turns] = {}
        self._keys: set[tuple[UUID, str]] = set()

    @asynccontextmanager
    async def registration(self, company_id: UUID, request_key: str | None) -> AsyncIterator[None]:
        """Run the block when it is its turn. Raises ``SameKeyAtWork`` at once, or ``TooManyAtOnce``."""
        key = None if request_key is None else (company_id, request_key)
        if key in self._keys:
            raise SameKeyAtWork
        turns = self._companies.setdefault(company_id, _Turns(asyncio.Semaphore(self._at_once)))
        if turns.here >= self._most:
            raise TooManyAtOnce
        turns.here += 1
        if key is not None:
            self._keys.add(key)
        try:
            await self._take_place(turns)
            try:
                yield
            finally:
                turns.places.release()
        finally:
            turns.here -= 1
            if key is not None:
                self._keys.discard(key)
            if not turns.here:
                del self._companies[company_id]

    async def _take_place(self, turns: _Turns) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await turns.places.acquire()
        except TimeoutError:
            raise TooManyAtOnce from None
