"""How fast submits may go out: the window of one bind and the pause after a throttled answer."""

import asyncio
from collections import deque
from datetime import UTC, datetime


class SessionClosed(Exception):
    """The bind takes no more submits; what was not yet written did certainly not leave."""


class Window:
    """At most ``size`` unanswered submit_sm on a bind; who waits is served in order."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.in_use = 0
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._closed = False

    @property
    def free(self) -> int:
        """Slots left; negative when others wait already."""
        return self.size - self.in_use - len(self._waiting)

    async def acquire(self) -> None:
        """Take a slot, waiting for one if need be. Raises ``SessionClosed``."""
        if self._closed:
            raise SessionClosed
        if self.in_use < self.size:
            self.in_use += 1
            return
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            granted = await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self.release()
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise
        if not granted:
            raise SessionClosed

    def release(self) -> None:
        """Give a slot back, to the next who waits."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(True)
                return
        self.in_use -= 1

    def close(self) -> None:
        """Give no more slots; everyone who waits gets ``SessionClosed``."""
        self._closed = True
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(False)


class Throttle:
    """Holds all submits of a link for a moment after "not now", longer if it is said again and again."""

    def __init__(self, min_pause_s: float, max_pause_s: float) -> None:
        self._min_pause_s = min_pause_s
        self._max_pause_s = max_pause_s
        self._pause_s = 0.0
        self._until = 0.0
        self.since: datetime | None = None

    def refused(self) -> None:
        """Note a throttled answer. Those of one burst count once: they say nothing new."""
        self.since = self.since or datetime.now(UTC)
        now = asyncio.get_running_loop().time()
        if now >= self._until:
            self._pause_s = min(self._max_pause_s, max(self._min_pause_s, 2 * self._pause_s))
            self._until = now + self._pause_s

    def accepted(self) -> None:
        """Note an accepted answer; one that comes during the pause is of the same burst."""
        if self.since is not None and asyncio.get_running_loop().time() >= self._until:
            self.since = None
            self._pause_s = 0.0

    async def passed(self) -> None:
        """Wait until submits may go out."""
        loop = asyncio.get_running_loop()
        # A loop, not an event: the pause may be prolonged while somebody sleeps.
        while (left := self._until - loop.time()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)
