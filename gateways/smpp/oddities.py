"""What an SMSC sends that is worth a line in the log, but not a line each time."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from domain.carriers import Carrier
from gateways.smpp.command_status import printed_status
from gateways.smpp.pdu import Pdu

log = structlog.get_logger(__name__)

# Each kind is told once in so many seconds, with how often it was seen since.
REPEAT_S = 60.0
# A peer that makes up codes would make a log, and this table, as long as it likes.
MAX_KINDS = 64

_Kind = tuple[str, int, int]


@dataclass(slots=True)
class _Seen:
    told_at: float
    since: int = 0


class Oddities:
    """The odd PDUs of one bind. ``clock`` is in seconds."""

    def __init__(self, carrier: Carrier, clock: Callable[[], float]) -> None:
        self._carrier = carrier
        self._clock = clock
        self._seen: dict[_Kind, _Seen] = {}

    def note(self, event: str, pdu: Pdu) -> None:
        """Log a PDU under ``event``, unless one of its kind was told a moment ago.

        Ids and sizes only: a body may hold a number or a text.
        """
        kind = (event, pdu.command_id, pdu.command_status)
        if kind not in self._seen and len(self._seen) >= MAX_KINDS:
            kind = (event, -1, -1)
        now = self._clock()
        seen = self._seen.get(kind)
        if seen is not None and now - seen.told_at < REPEAT_S:
            seen.since += 1
            return
        repeated = {"not_told": seen.since} if seen is not None and seen.since else {}
        self._seen[kind] = _Seen(now)
        log.warning(
            event,
            carrier=self._carrier,
            command_id=f"0x{pdu.command_id:08X}",
            command_status=printed_status(pdu.command_status),
            sequence=pdu.sequence,
            octets=len(pdu.body),
            **repeated,
        )
