"""How long the delivery log reaches back, and the months it is stored in (L-1).

A message's id is time-ordered (UUIDv7): the month it was registered in can be read from it. Messages and
everything under them are stored by that month, so that a month that is over is dropped whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from uuid import UUID

from domain.send_times import FARTHEST_AHEAD, jst_datetime, to_jst

LOG_PERIOD = timedelta(days=92)
"""How long a message stays in the log after its end: three months (L-1)."""

# Made early, so that a product nobody restarts or looks after for weeks still registers campaigns.
MONTHS_AHEAD = 3

# Whole milliseconds are counted: through a floating-point second some come out one too low.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"(\d{4})_(\d{2})")


@dataclass(frozen=True, slots=True, order=True)
class LogMonth:
    """A month of the log, as Japan's calendar has it; ``first_day`` is the 1st."""

    first_day: date

    @classmethod
    def of(cls, at: datetime) -> Self:
        """Return the month of a moment."""
        return cls(to_jst(at).date().replace(day=1))

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the month with a ``name``; ``ValueError`` for what is none."""
        if not (match := _NAME.fullmatch(name)):
            raise ValueError(f"no month of the log: {name}")
        return cls(date(int(match[1]), int(match[2]), 1))

    @property
    def name(self) -> str:
        """``2026_11``: what its tables end in."""
        return f"{self.first_day:%Y_%m}"

    @property
    def next(self) -> Self:
        """The month that follows."""
        return type(self)((self.first_day + timedelta(days=31)).replace(day=1))

    @property
    def starts_at(self) -> datetime:
        """Its first moment."""
        return jst_datetime(self.first_day, time())

    def is_over(self, now: datetime) -> bool:
        """Whether the log has no use for it, but for messages that ended much later than they began."""
        return self.next.starts_at <= ended_before(now)


def months_to_have(now: datetime) -> Iterator[LogMonth]:
    """Yield the current month and those ahead that must be there before their time comes."""
    month = LogMonth.of(now)
    for _ in range(MONTHS_AHEAD + 1):
        yield month
        month = month.next


def ended_before(now: datetime) -> datetime:
    """Return the moment since when messages must have ended to be in the log still."""
    return now - LOG_PERIOD


def first_registered(now: datetime) -> datetime:
    """Return the earliest registration of a message that can be in the log still: of one scheduled then."""
    return ended_before(now) - FARTHEST_AHEAD


def first_message_id(at: datetime) -> UUID:
    """Return the lowest UUIDv7 of a moment: its milliseconds in the first 48 bits."""
    return UUID(int=max((at - _EPOCH) // timedelta(milliseconds=1), 0) << 80)
