"""What is compared after the run, as plain values: our database, the carriers' ledger, handsets, the diary.

The checks beside this file read nothing else, so that made-up books can turn each of them red
(``tests/soak/test_verdict.py``).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

MAGIC_PREFIX = "0900000"


@dataclass(frozen=True)
class Attempt:
    """One try at one carrier. ``told_at``: when the first deciding word on it was committed."""

    channel: str
    carrier: str
    state: str
    outcome: str | None
    started_at: datetime
    ended_at: datetime | None
    receipt_state: str | None = None
    told_at: datetime | None = None
    revoke_outcome: str | None = None


@dataclass(frozen=True)
class Message:
    """One message; attempts in the order of their submits, ``charges`` of the delivery."""

    id: str
    serial: str
    is_second: bool
    phone_number: str
    plan: str
    status: str
    channel: str | None
    carrier: str | None
    closed_at: datetime | None
    charges: int
    attempts: tuple[Attempt, ...] = ()

    @property
    def scenario(self) -> str | None:
        """The magic number's two digits, ``None`` for an ordinary handset."""
        return self.phone_number[7:9] if self.phone_number.startswith(MAGIC_PREFIX) else None

    @property
    def key(self) -> tuple[str, bool]:
        """What its texts bear, so that the ledger tells whose they are."""
        return self.serial, self.is_second


@dataclass(frozen=True)
class Line:
    """One segment a carrier accepted for its own subscriber, and whose it is."""

    key: tuple[str, bool]
    channel: str
    carrier: str
    number: str
    segment: int
    segments: int
    carrier_message_id: str
    time: datetime


@dataclass(frozen=True)
class OpenReceipt:
    """A report in the inbox that nothing was done with."""

    carrier_message_id: str | None
    phone_number: str | None
    is_matched: bool


@dataclass(frozen=True)
class Window:
    """A time in which something was wrong; ``loses`` of "answers", "receipts"; no carriers: all of them."""

    what: str
    began: datetime
    ended: datetime
    loses: frozenset[str]
    carriers: frozenset[str] = frozenset()

    def explains(self, attempt: Attempt, loss: str) -> bool:
        """Whether an attempt may have met it."""
        is_there = loss in self.loses and (not self.carriers or attempt.carrier in self.carriers)
        return (
            is_there and attempt.started_at <= self.ended and self.began <= (attempt.ended_at or self.ended)
        )


@dataclass(frozen=True)
class Sample:
    """What the parts held at a moment, seconds from the start: bytes of memory, open files; the database."""

    at: float
    memory: Mapping[str, int]
    handles: Mapping[str, int]
    database: int
    messages: int


@dataclass(frozen=True)
class Books:
    """Everything. ``handsets``: carrier message id → whether it is on the handset, as far as anybody saw.

    ``met``: how often the simulator says that it played each of its faults by rate.
    """

    messages: tuple[Message, ...] = ()
    lines: tuple[Line, ...] = ()
    handsets: Mapping[str, bool] = field(default_factory=dict)
    open_receipts: tuple[OpenReceipt, ...] = ()
    running_workflows: int = 0
    windows: tuple[Window, ...] = ()
    met: Counter[str] = field(default_factory=Counter)
    samples: tuple[Sample, ...] = ()

    def lines_of(self, message: Message) -> list[Line]:
        """What carriers accepted of a message."""
        return self._by_key().get(message.key, [])

    def arrived_on(self, message: Message) -> set[str]:
        """The channels on which all of a message is on the handset."""
        by_place: dict[tuple[str, str], dict[int, Line]] = {}
        for line in self.lines_of(message):
            by_place.setdefault((line.channel, line.carrier), {})[line.segment] = line
        return {
            channel
            for (channel, _), lines in by_place.items()
            if len(lines) == next(iter(lines.values())).segments
            and all(self.handsets.get(line.carrier_message_id) for line in lines.values())
        }

    def is_witnessed(self, message: Message) -> bool:
        """Whether somebody saw what became of every segment: a killed simulator forgets."""
        return all(line.carrier_message_id in self.handsets for line in self.lines_of(message))

    def shared_numbers(self) -> set[str]:
        """Numbers that got several messages: a receipt without its answer may be any one's."""
        times = Counter(message.phone_number for message in self.messages)
        return {number for number, count in times.items() if count > 1}

    def explained(self, attempt: Attempt, loss: str) -> bool:
        """Whether a trouble of the diary may have cost this attempt its answer or its receipt."""
        return any(window.explains(attempt, loss) for window in self.windows)

    def _by_key(self) -> dict[tuple[str, bool], list[Line]]:
        # Looked up for every message: made once, and kept although the books are frozen.
        cached: dict[tuple[str, bool], list[Line]] | None = self.__dict__.get("_lines_by_key")
        if cached is None:
            cached = {}
            for line in self.lines:
                cached.setdefault(line.key, []).append(line)
            self.__dict__["_lines_by_key"] = cached
        return cached


def ends(books: Books, *statuses: str) -> Iterator[Message]:
    """The messages that ended in one of the statuses."""
    return (message for message in books.messages if message.status in statuses)


def some(found: list[Message], most: int = 3) -> str:
    """A few of them, to look at; no numbers."""
    return f"{len(found)}, such as {[message.id for message in found[:most]]}"
