"""SMPP 3.4 protocol data units: framing, submit_sm reading, deliver_sm writing."""

import struct
from dataclasses import dataclass

HEADER = struct.Struct(">IIII")
MAX_LENGTH = 70_000  # one message_payload of 64 KiB and its header

BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER = 0x01, 0x02, 0x09
SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK, GENERIC_NACK = 0x04, 0x05, 0x06, 0x15, 0x80000000
DATA_SM = 0x0103
RESPONSE = 0x80000000

ESME_ROK, ESME_RINVMSGLEN, ESME_RINVCMDLEN, ESME_RINVCMDID = 0x00, 0x01, 0x02, 0x03
ESME_RINVBNDSTS, ESME_RALYBND, ESME_RSYSERR, ESME_RINVDSTADR = 0x04, 0x05, 0x08, 0x0B
ESME_RBINDFAIL, ESME_RINVPASWD, ESME_RTHROTTLED, ESME_RINVEXPIRY = 0x0D, 0x0E, 0x58, 0x62
ESME_RMSGQFUL = 0x14
ESME_RX_P_APPN, ESME_RX_R_APPN, ESME_RINVPARLEN = 0x65, 0x66, 0xC2

TLV_RECEIPTED_MESSAGE_ID, TLV_MESSAGE_STATE, TLV_MESSAGE_PAYLOAD = 0x001E, 0x0427, 0x0424
TLV_SAR_REFERENCE, TLV_SAR_TOTAL, TLV_SAR_SEQUENCE = 0x020C, 0x020E, 0x020F
TLV_INTERFACE_VERSION = 0x0210


class PduError(Exception):
    """A PDU that cannot be read; `status` is the command_status to answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"command_status 0x{status:X}")
        self.status = status


class FrameError(PduError):
    """A command_length that makes the rest of the stream unreadable."""


@dataclass(frozen=True, slots=True)
class Address:
    """Type of number, numbering plan, digits or letters."""

    ton: int
    npi: int
    value: str


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """A submit_sm. data: short_message or message_payload, user data header included."""

    source: Address
    destination: Address
    esm_class: int
    validity_period: str
    registered_delivery: int
    data_coding: int
    data: bytes
    tlvs: dict[int, bytes]


def pack(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    """One PDU as bytes."""
    return HEADER.pack(16 + len(body), command, status, sequence) + body


def split_frames(buffer: bytearray) -> list[tuple[int, int, int, bytes]]:
    """Take whole PDUs off the buffer: (command, status, sequence, body).

    Raises FrameError when the next command_length is impossible and nothing precedes it.
    """
    frames: list[tuple[int, int, int, bytes]] = []
    start = 0
    while len(buffer) - start >= 4:
        length = int.from_bytes(buffer[start : start + 4], "big")
        if not 16 <= length <= MAX_LENGTH:
            if frames:
                break
            raise FrameError(ESME_RINVCMDLEN)
        if len(buffer) - start < length:
            break
        _, command, status, sequence = HEADER.unpack_from(buffer, start)
        frames.append((command, status, sequence, bytes(buffer[start + 16 : start + length])))
        start += length
    del buffer[:start]
    return frames


def _c_string(body: bytes, start: int, limit: int) -> tuple[str, int]:
    end = body.find(b"\0", start, start + limit)
    if end < 0:
        raise PduError(ESME_RINVPARLEN)
    return body[start:end].decode("latin-1"), end + 1


def parse_bind(body: bytes) -> tuple[str, str]:
    """system_id and password of a bind request. Raises PduError."""
    system_id, position = _c_string(body, 0, 17)
    password, _ = _c_string(body, position, 65)
    return system_id, password


def _address(body: bytes, start: int) -> tuple[Address, int]:
    if len(body) < start + 3:
        raise PduError(ESME_RINVPARLEN)
    value, end = _c_string(body, start + 2, 21)
    return Address(body[start], body[start + 1], value), end


def parse_submit(body: bytes) -> ShortMessage:
    """Read a submit_sm body. Raises PduError with the status to answer."""
    _, position = _c_string(body, 0, 6)
    source, position = _address(body, position)
    destination, position = _address(body, position)
    if len(body) < position + 3:
        raise PduError(ESME_RINVPARLEN)
    esm_class = body[position]
    _, position = _c_string(body, position + 3, 17)
    validity, position = _c_string(body, position, 17)
    if len(body) < position + 5:
        raise PduError(ESME_RINVMSGLEN)
    registered, _, coding, _, length = body[position : position + 5]
    position += 5
    if len(body) < position + length:
        raise PduError(ESME_RINVMSGLEN)
    tlvs = parse_tlvs(body, position + length)
    data = body[position : position + length] or tlvs.get(TLV_MESSAGE_PAYLOAD, b"")
    return ShortMessage(source, destination, esm_class, validity, registered, coding, data, tlvs)


def parse_tlvs(body: bytes, start: int) -> dict[int, bytes]:
    """Optional parameters from `start` on; a cut-off tail is ignored, as SMSCs do."""
    tlvs: dict[int, bytes] = {}
    while start + 4 <= len(body):
        tag, length = struct.unpack_from(">HH", body, start)
        value = body[start + 4 : start + 4 + length]
        if len(value) < length:
            break
        tlvs[tag] = value
        start += 4 + length
    return tlvs


def tlv(tag: int, value: bytes) -> bytes:
    """One optional parameter."""
    return struct.pack(">HH", tag, len(value)) + value


def c_string(value: str) -> bytes:
    """A NUL-terminated string."""
    return value.encode("latin-1", "replace") + b"\0"


def deliver_body(
    source: Address,
    destination: Address,
    text: bytes,
    tlvs: bytes = b"",
    *,
    esm_class: int = 0x04,
    coding: int = 0,
) -> bytes:
    """Body of a deliver_sm; unless told otherwise it carries a delivery receipt in the default alphabet."""
    return b"".join(
        (
            b"\0",
            bytes((source.ton, source.npi)),
            c_string(source.value),
            bytes((destination.ton, destination.npi)),
            c_string(destination.value),
            bytes((esm_class,)),
            b"\0\0\0\0\0\0",
            bytes((coding, 0, len(text))),
            text,
            tlvs,
        )
    )


def data_body(
    source: Address, destination: Address, tlvs: bytes, *, esm_class: int = 0x04, coding: int = 0
) -> bytes:
    """Body of a data_sm, which has no short_message."""
    return b"".join(
        (
            b"\0",
            bytes((source.ton, source.npi)),
            c_string(source.value),
            bytes((destination.ton, destination.npi)),
            c_string(destination.value),
            bytes((esm_class, 0, coding)),
            tlvs,
        )
    )
