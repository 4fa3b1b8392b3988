"""Things that will happen later, kept as plain data so that a clean stop can write them down."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Any

import structlog

Payload = dict[str, Any]
Handler = Callable[[Payload], None]

log = structlog.get_logger("simulator.agenda")


class Agenda:
    """A heap of (due epoch seconds, kind, payload) with one timer of the event loop."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, str, Payload]] = []
        self._order = itertools.count()
        self._handlers: dict[str, Handler] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._running = False

    def on(self, kind: str, handler: Handler) -> None:
        """Name the handler of a kind of item."""
        self._handlers[kind] = handler

    def start(self) -> None:
        """Begin to fire; items added before are kept until now."""
        self._running = True
        self._arm()

    def stop(self) -> None:
        """Fire nothing more; items stay for `dump`."""
        self._running = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def add(self, delay: float, kind: str, payload: Payload) -> None:
        """Have `kind` handled in `delay` seconds."""
        self.add_at(time.time() + delay, kind, payload)

    def add_at(self, due: float, kind: str, payload: Payload) -> None:
        """Have `kind` handled at epoch second `due`."""
        item = (due, next(self._order), kind, payload)
        heapq.heappush(self._heap, item)
        if self._running and self._heap[0] is item:
            self._arm()

    def clear(self) -> None:
        """Forget everything planned."""
        self._heap.clear()

    def __len__(self) -> int:
        return len(self._heap)

    def dump(self) -> list[tuple[float, str, Payload]]:
        """Everything planned, as (due, kind, payload)."""
        return [(due, kind, payload) for due, _, kind, payload in sorted(self._heap, key=lambda i: i[:2])]

    def restore(self, items: list[tuple[float, str, Payload]]) -> None:
        """Plan what `dump` gave; what is overdue fires as soon as the agenda starts."""
        for due, kind, payload in items:
            self.add_at(due, kind, payload)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._heap:
            # Capped: the wall clock may be stepped under us, the loop's clock is not.
            delay = min(max(0.0, self._heap[0][0] - time.time()), 60.0)
            self._timer = asyncio.get_running_loop().call_later(delay, self._fire)

    def _fire(self) -> None:
        self._timer = None
        now = time.time()
        # Only what is due now: a handler that plans for "at once" gets its turn in the next round.
        for _ in range(len(self._heap)):
            if not self._heap or self._heap[0][0] > now:
                break
            _, _, kind, payload = heapq.heappop(self._heap)
            try:
                self._handlers[kind](payload)
            except Exception:
                log.exception("agenda item failed", kind=kind)
        if self._running:
            self._arm()
