"""SMPP 3.4 frames: the 16-octet header, its encoding, and the decoder of a TCP stream.

Source: SMPP Protocol Specification v3.4, issue 1.2, §3.2 (layout) and §5.1.2 (command ids).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

_HEADER = struct.Struct(">IIII")
HEADER_OCTETS = _HEADER.size
# The largest legal PDU is a message_payload of 65,535 octets with its other fields; anything above
# is a lost frame boundary, not a message.
MAX_PDU_OCTETS = 70_000
RESPONSE_BIT = 0x8000_0000
MAX_SEQUENCE = 0x7FFF_FFFF


class CommandId(IntEnum):
    """The operations this gateway speaks (§5.1.2.1)."""

    BIND_TRANSCEIVER = 0x0000_0009
    SUBMIT_SM = 0x0000_0004
    DELIVER_SM = 0x0000_0005
    UNBIND = 0x0000_0006
    OUTBIND = 0x0000_000B
    ENQUIRE_LINK = 0x0000_0015
    ALERT_NOTIFICATION = 0x0000_0102
    DATA_SM = 0x0000_0103
    GENERIC_NACK = 0x8000_0000
    SUBMIT_SM_RESP = 0x8000_0004
    DELIVER_SM_RESP = 0x8000_0005
    UNBIND_RESP = 0x8000_0006
    BIND_TRANSCEIVER_RESP = 0x8000_0009
    ENQUIRE_LINK_RESP = 0x8000_0015
    DATA_SM_RESP = 0x8000_0103


class ProtocolError(Exception):
    """The peer's octets cannot be cut into PDUs any more; the link has to be closed."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One frame. ``command_id`` and ``body`` are kept as received, known or not."""

    command_id: int
    command_status: int
    sequence: int
    body: bytes = b""

    def encode(self) -> bytes:
        """Return the octets of the frame, header included."""
        length = HEADER_OCTETS + len(self.body)
        return _HEADER.pack(length, self.command_id, self.command_status, self.sequence) + self.body


class PduStream:
    """Cuts a TCP stream into PDUs, whatever the chunks it arrives in.

    Keeps the beginning of one PDU at most: never as much as ``MAX_PDU_OCTETS``.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def buffered(self) -> int:
        """Octets kept until the rest of their PDU comes."""
        return len(self._buffer)

    def feed(self, octets: bytes) -> Iterator[Pdu]:
        """Take the octets just received and yield every PDU now complete.

        Raises ``ProtocolError`` at a ``command_length`` below 16 or above ``MAX_PDU_OCTETS``, after
        the PDUs before it were yielded: a response that came in the same read still counts.
        """
        buffer = self._buffer
        buffer += octets
        start = 0
        try:
            while len(buffer) - start >= 4:
                length = int.from_bytes(buffer[start : start + 4], "big")
                if not HEADER_OCTETS <= length <= MAX_PDU_OCTETS:
                    raise ProtocolError(f"command_length {length}")
                if len(buffer) - start < length:
                    return
                _, command_id, status, sequence = _HEADER.unpack_from(buffer, start)
                body = bytes(buffer[start + HEADER_OCTETS : start + length])
                start += length
                yield Pdu(command_id, status, sequence, body)
        finally:
            del buffer[:start]
