"""A circuit breaker: while the directory is down, an answer at once instead of a timeout each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class CircuitPosition(StrEnum):
    """Closed lets every call through, open none, half-open one to find out."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class CircuitState:
    """The breaker as the operator sees it.

    ``opened_at`` is when it left "closed", ``open_until`` when the next call finds out; UTC, ``None``
    while closed.
    """

    position: CircuitPosition
    consecutive_failures: int
    opened_at: datetime | None
    open_until: datetime | None


class CircuitBreaker:
    """Opens after ``threshold`` failures in a row for ``open_seconds``; then one call probes.

    Every call that ``let_through`` allowed must end in ``succeeded``, ``failed`` or ``given_up``.
    ``clock`` is in seconds, monotonic.
    """

    def __init__(self, *, threshold: int, open_seconds: float, clock: Callable[[], float]) -> None:
        self._threshold = threshold
        self._open_seconds = open_seconds
        self._clock = clock
        self._failures = 0
        self._open_until: float | None = None
        self._opened_at: datetime | None = None
        self._probing = False

    @property
    def state(self) -> CircuitState:
        """The breaker as it is now."""
        if self._open_until is None:
            return CircuitState(CircuitPosition.CLOSED, self._failures, None, None)
        left = self._open_until - self._clock()
        position = CircuitPosition.OPEN if left > 0 else CircuitPosition.HALF_OPEN
        until = datetime.now(UTC) + timedelta(seconds=left)
        return CircuitState(position, self._failures, self._opened_at, until)

    def let_through(self) -> bool:
        """Whether a call may be made now."""
        if self._open_until is None:
            return True
        if self._clock() < self._open_until or self._probing:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """The party answered: closed, whoever asked."""
        self._failures = 0
        self._open_until = None
        self._opened_at = None
        self._probing = False

    def failed(self) -> None:
        """The party did not answer. A call from before the opening does not prolong it."""
        self._failures += 1
        open_already = self._open_until is not None and self._clock() < self._open_until
        if self._failures >= self._threshold and not open_already:
            self._open_until = self._clock() + self._open_seconds
            self._opened_at = self._opened_at or datetime.now(UTC)
            self._probing = False

    def given_up(self) -> None:
        """The call was cancelled: nothing was learned, another may probe."""
        self._probing = False
