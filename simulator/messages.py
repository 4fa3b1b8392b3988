"""What reached the carriers, as each handset would show it; bounded, for the control API."""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.smpp.text import Segment, decode


def iso(epoch: float | None) -> str | None:
    """Epoch seconds as ISO 8601 UTC with milliseconds."""
    if epoch is None:
        return None
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class SmsPart:
    """One accepted segment. data: payload octets without user data header."""

    message_id: str
    data: bytes
    status: str = "accepted"


@dataclass(slots=True)
class SmsMessage:
    """A short message, put together from its segments."""

    carrier: str
    number: str
    sender: str
    coding: int
    total: int
    accepted_at: float
    parts: dict[int, SmsPart] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What this message is called on its handset: the id of its first segment."""
        return self.parts[min(self.parts)].message_id

    @property
    def delivered(self) -> bool:
        """Whether any of it is on the handset."""
        return any(part.status == "delivered" for part in self.parts.values())

    @property
    def text(self) -> str:
        """Joined before decoding: a surrogate pair may be split between two segments."""
        return decode(b"".join(self.parts[key].data for key in sorted(self.parts)), self.coding)

    def as_json(self) -> dict[str, Any]:
        """The shape of the control API."""
        return {
            "channel": "sms",
            "carrier": self.carrier,
            "number": self.number,
            "sender": self.sender,
            "text": self.text,
            "segments": self.total,
            "complete": len(self.parts) == self.total,
            "accepted_at": iso(self.accepted_at),
            "parts": [
                {"segment": key, "message_id": part.message_id, "status": part.status}
                for key, part in sorted(self.parts.items())
            ],
        }


@dataclass(slots=True)
class RcsMessage:
    """A +Message. body: the POST body as received; expiry and times: epoch seconds.

    held: events that wait for the handset to be on with the app installed. fate: key of its fate.
    """

    message_id: str
    carrier: str
    number: str
    bot_id: str
    body: bytes
    accepted_at: float
    expiry: float | None = None
    status: str = "pending"
    delivered_at: float | None = None
    displayed_at: float | None = None
    held: list[dict[str, Any]] = field(default_factory=list)
    fate: str = ""

    @property
    def key(self) -> str:
        """What this message is called on its handset."""
        return self.message_id

    @property
    def delivered(self) -> bool:
        """Whether it is on the handset."""
        return self.delivered_at is not None or self.displayed_at is not None

    def as_json(self) -> dict[str, Any]:
        """The shape of the control API."""
        return {
            "channel": "rcs",
            "carrier": self.carrier,
            "number": self.number,
            "bot_id": self.bot_id,
            "message_id": self.message_id,
            "status": self.status,
            "accepted_at": iso(self.accepted_at),
            "delivered_at": iso(self.delivered_at),
            "displayed_at": iso(self.displayed_at),
            "expiry": iso(self.expiry),
            "content": json.loads(self.body).get("RCSMessage", {}),
        }


Message = SmsMessage | RcsMessage
_AssemblyKey = tuple[str, str, str, int, int]


class Messages:
    """All kept messages by number; the oldest make room for new ones."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._order: deque[Message] = deque()
        self._by_number: dict[str, list[Message]] = {}
        self._rcs: dict[str, RcsMessage] = {}
        self._open: dict[_AssemblyKey, SmsMessage] = {}

    def __len__(self) -> int:
        return len(self._order)

    def add_segment(self, message: SmsMessage, segment: Segment, message_id: str) -> SmsPart:
        """File a segment under the message it belongs to, or under `message` if it is the first."""
        part = SmsPart(message_id, segment.payload)
        if segment.reference is None:
            message.parts[1] = part
            self._add(message)
            return part
        key = (message.carrier, message.sender, message.number, segment.reference, segment.total)
        known = self._open.get(key)
        # A repeated position is the next message under a reused reference.
        if known is None or segment.position in known.parts:
            known = self._open[key] = message
            self._add(message)
        known.parts[segment.position] = part
        if len(known.parts) == known.total:
            del self._open[key]
        return part

    def add_rcs(self, message: RcsMessage) -> None:
        """File a +Message."""
        self._rcs[message.message_id] = message
        self._add(message)

    def rcs(self, message_id: str) -> RcsMessage | None:
        """A +Message by its id."""
        return self._rcs.get(message_id)

    def of(self, number: str) -> list[Message]:
        """Messages of a national number, oldest first."""
        return self._by_number.get(number, [])

    def recent_numbers(self, part: str, limit: int) -> list[str]:
        """Numbers with `part` in them that got something, the latest first."""
        found: dict[str, None] = {}
        for message in reversed(self._order):
            if part in message.number:
                found[message.number] = None
                if len(found) == limit:
                    break
        return list(found)

    def latest(self, limit: int) -> list[Message]:
        """The newest messages, oldest first."""
        return list(self._order)[-limit:]

    def rcs_to_keep(self, recent: int) -> Iterator[RcsMessage]:
        """+Messages a restart must know: undecided ones, and among the `recent` last ones all."""
        border = len(self._order) - recent
        for index, message in enumerate(self._order):
            if isinstance(message, RcsMessage) and (message.status in ("pending", "sent") or index >= border):
                yield message

    def clear(self) -> None:
        """Forget all."""
        self._order.clear()
        self._by_number.clear()
        self._rcs.clear()
        self._open.clear()

    def _add(self, message: Message) -> None:
        self._order.append(message)
        self._by_number.setdefault(message.number, []).append(message)
        if len(self._order) > self._kept:
            self._drop(self._order.popleft())

    def _drop(self, message: Message) -> None:
        of_number = self._by_number[message.number]
        of_number.remove(message)
        if not of_number:
            del self._by_number[message.number]
        if isinstance(message, RcsMessage):
            self._rcs.pop(message.message_id, None)
        elif len(message.parts) < message.total:
            for key in [key for key, value in self._open.items() if value is message]:
                del self._open[key]
