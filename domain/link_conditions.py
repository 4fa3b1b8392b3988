"""What the reports about a link amount to, for an operator who looks at the page for five seconds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.link_states import LinkState


class LinkCondition(StrEnum):
    """A link in one word; the most urgent that holds."""

    # Operators stopped it: whatever else is wrong, nothing goes out because somebody wants it so.
    STOPPED = "stopped"
    # No process reports about it: nobody holds it.
    ABANDONED = "abandoned"
    DOWN = "down"
    # Some of the processes that hold it have no connection.
    PARTLY_UP = "partly_up"
    # Up, and the other side says "not now".
    THROTTLED = "throttled"
    UP = "up"

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should look into it."""
        return self in (LinkCondition.ABANDONED, LinkCondition.DOWN, LinkCondition.PARTLY_UP)


@dataclass(frozen=True, slots=True)
class LinkSummary:
    """One link over all processes that report about it now.

    ``since``: since when the condition holds, as far as it is known. ``in_use`` of ``capacity`` and
    ``receipts_pending`` are sums. The last error is the newest of any process.
    """

    condition: LinkCondition
    since: datetime | None
    in_use: int
    capacity: int
    receipts_pending: int
    throttled_since: datetime | None
    last_error: str | None
    last_error_at: datetime | None


def summarise(
    states: Iterable[LinkState], *, is_stopped: bool, stopped_at: datetime | None = None
) -> LinkSummary:
    """Put the living processes' states of one link together."""
    living = list(states)
    up = [state for state in living if state.is_up]
    down = [state for state in living if not state.is_up]
    throttled = [state.throttled_since for state in up if state.throttled_since]
    throttled_since = min(throttled, default=None)
    if is_stopped:
        condition, since = LinkCondition.STOPPED, stopped_at
    elif not living:
        condition, since = LinkCondition.ABANDONED, None
    elif not up:
        # Down as a whole since its last connection went.
        condition, since = LinkCondition.DOWN, max((s.since for s in down if s.since), default=None)
    elif down:
        condition, since = LinkCondition.PARTLY_UP, min((s.since for s in down if s.since), default=None)
    elif throttled_since:
        condition, since = LinkCondition.THROTTLED, throttled_since
    else:
        condition, since = LinkCondition.UP, min((s.since for s in up if s.since), default=None)
    errors = [(s.last_error_at, s.last_error) for s in living if s.last_error_at]
    last_error_at, last_error = max(errors, default=(None, None), key=lambda error: error[0])
    return LinkSummary(
        condition=condition,
        since=since,
        in_use=sum(state.in_use for state in living),
        capacity=sum(state.capacity for state in living),
        receipts_pending=sum(state.receipts_pending for state in living),
        throttled_since=throttled_since,
        last_error=last_error,
        last_error_at=last_error_at,
    )
