"""Whether an HTTP party answers, for the operator: connectionless links have no bind to look at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The time now, UTC."""
    return datetime.now(UTC)


class LinkHealth:
    """Notes what came of calls. A link nobody has used yet counts as up: nothing speaks against it.

    ``is_up`` changes with each call: an answer that shows a working party, or a failure. ``since`` is when it
    last changed, ``None`` while no call has ended. ``throttled_since`` runs from the first "not now" to the
    next thing taken. Errors are codes. ``clock`` gives UTC.
    """

    def __init__(self, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self.is_up = True
        self.since: datetime | None = None
        self.in_flight = 0
        self.throttled_since: datetime | None = None
        self.last_error: str | None = None
        self.last_error_at: datetime | None = None
        self.last_success_at: datetime | None = None

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Count one call as in flight."""
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    def working(self) -> None:
        """The party answered as one that works."""
        self.last_success_at = self._clock()
        self._turn(True, self.last_success_at)

    def refusing(self, code: str) -> None:
        """The party works, and refused one thing."""
        self._turn(True, self._error(code))

    def throttling(self, code: str) -> None:
        """The party works, and said "not now"."""
        self.refusing(code)
        self.throttled_since = self.throttled_since or self.last_error_at

    def failing(self, code: str) -> None:
        """The party did not answer, or as one that is out of order, or does not let us in."""
        self._turn(False, self._error(code))

    def accepting(self) -> None:
        """The party took what it was given: a pause it asked for is over."""
        self.throttled_since = None

    def _error(self, code: str) -> datetime:
        self.last_error, self.last_error_at = code, self._clock()
        return self.last_error_at

    def _turn(self, is_up: bool, now: datetime) -> None:
        if self.since is None or is_up is not self.is_up:
            self.is_up, self.since = is_up, now
