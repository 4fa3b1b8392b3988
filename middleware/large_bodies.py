"""How much of large bodies is in memory at once, and that no company takes all of it.

What does not fit waits outside: nothing of it has been read, the connection itself holds the sender back.
"""

import asyncio
import ctypes
import gc
import sys
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

# Bodies up to this size are simply read; there is always memory for them.
LARGE_FROM_BYTES = 1024 * 1024
# Of glibc; other C libraries give memory back by themselves or not at all.
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None


class NoRoom(Exception):
    """There was no room in time; ``of_holder``: because of what the same company has under way."""

    def __init__(self, *, of_holder: bool) -> None:
        super().__init__()
        self.of_holder = of_holder


class FullCollections:
    """Keeps Python from looking through everything there is while a body is being taken apart.

    A list of 250,000 recipients is a million objects, none of which is part of a cycle. Looking through them
    stops the whole process for a second, again and again as they become more.
    """

    def __init__(self) -> None:
        self._usual = gc.get_threshold()

    def put_off(self) -> None:
        """Young objects are still collected."""
        self._usual = gc.get_threshold()
        gc.set_threshold(*self._usual[:2], 1_000_000)

    def resume(self) -> None:
        """As before; what the bodies took goes back to the machine, or the next one comes on top of it."""
        gc.set_threshold(*self._usual)
        if _trim is not None:
            _trim(0)


@dataclass(eq=False, slots=True)
class Place:
    """A large body's place, taken or waited for."""

    holder: Hashable
    size: int
    admitted: asyncio.Event = field(default_factory=asyncio.Event)


class LargeBodies:
    """Room for ``total_bytes`` of bodies, first come first served.

    One holder has at most half of it, or one single body of any size, and ``waiting_each`` more in the queue:
    others never wait for more than one body of somebody. Give a place back with ``leave``.
    """

    def __init__(self, total_bytes: int, *, patience_seconds: float = 20.0, waiting_each: int = 2) -> None:
        self.total_bytes = total_bytes
        self.patience_seconds = patience_seconds
        self.waiting_each = waiting_each
        self._used = 0
        self._held: Counter[Hashable] = Counter()
        self._queue: list[Place] = []
        self._collections = FullCollections()

    async def enter(self, holder: Hashable, size: int) -> Place:
        """Return a place as soon as there is one. Raises ``NoRoom``."""
        place = Place(holder, size)
        own = [waiting for waiting in self._queue if waiting.holder == holder]
        if len(own) >= self.waiting_each:
            raise NoRoom(of_holder=True)
        self._queue.append(place)
        self._admit()
        try:
            async with asyncio.timeout(self.patience_seconds):
                await place.admitted.wait()
        except BaseException as error:
            self.leave(place)
            if isinstance(error, TimeoutError):
                raise NoRoom(of_holder=bool(self._held[holder])) from None
            raise
        return place

    def others_wait(self, place: Place) -> bool:
        """Whether somebody else would like to have the room."""
        return any(waiting.holder != place.holder for waiting in self._queue)

    def leave(self, place: Place) -> None:
        """Give a place back; whoever waited longest and fits is next."""
        if place in self._queue:
            self._queue.remove(place)
        elif place.admitted.is_set():
            place.admitted.clear()
            self._used -= place.size
            self._held[place.holder] -= place.size
            if not self._held[place.holder]:
                del self._held[place.holder]
            if not self._used:
                self._collections.resume()
        self._admit()

    def _admit(self) -> None:
        for place in tuple(self._queue):
            held = self._held[place.holder]
            if held and held + place.size > self.total_bytes // 2:
                continue  # its own company's turn is not over: others go first
            if self._used and self._used + place.size > self.total_bytes:
                return  # the next one in the queue; nobody overtakes it
            self._queue.remove(place)
            if not self._used:
                self._collections.put_off()
            self._used += place.size
            self._held[place.holder] += place.size
            place.admitted.set()
