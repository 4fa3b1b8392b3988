"""When a company's messages may leave, whatever held them up before (S-7, R-11, I8).

Slots in the company's lane pace what is fed. After an outage or a stopped link the slots of a whole backlog
lie in the past, and without a second look it would leave at the link's speed, on top of new slots. So each
message takes a departure just before the carrier is called: a leaky bucket with room for some lateness.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
# As late as a message may be without being held up again. The gap pays for it: no rolling hour holds more
# than the contract's capacity, with the burst in it or without.
BURST = timedelta(seconds=5)
# A departure this near is waited for where the message is; a later one is not reserved, so that a backlog
# can neither fill the workers with waiting nor run the lane ahead of what really leaves.
NEAR = timedelta(seconds=2)


def departure_gap(hourly_capacity: int) -> timedelta:
    """Return the time between departures, rounded up: no hour may hold one message too many."""
    microseconds = (HOUR + BURST) // timedelta(microseconds=1)
    return timedelta(microseconds=-(-microseconds // hourly_capacity))


@dataclass(slots=True)
class Departures:
    """A company's departures, while its row is held. ``next_at`` is when the next one is due at the earliest,
    ``None`` before the first."""

    gap: timedelta
    now: datetime
    next_at: datetime | None
    taken: int = field(default=0, init=False)

    def take(self) -> datetime | None:
        """Take the next departure; ``None`` when it is too far away to wait for. One in the past is now."""
        earliest = self.now - max(BURST - self.gap, timedelta(0))
        due = earliest if self.next_at is None else max(self.next_at, earliest)
        if due - self.now > NEAR:
            return None
        self.next_at = due + self.gap
        self.taken += 1
        return due

    def give_back(self) -> None:
        """Return the departure taken last: the message does not leave after all."""
        if self.next_at is not None:
            self.next_at -= self.gap
        self.taken -= 1

    def is_still_good(self, departs_at: datetime | None) -> bool:
        """Whether a departure taken in an earlier try can be used now or soon."""
        return departs_at is not None and departs_at > self.now - BURST
