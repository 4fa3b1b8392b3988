"""SMPP 3.4 PDU bodies: the mandatory fields and the optional parameters (TLVs).

Encoding is strict, decoding is lenient: a field that is not there reads as empty or 0, a C-octet
string without its NUL ends with the body, ``sm_length`` beyond the body ends with the body, unknown
TLVs are kept raw. Decoding never raises. Source: SMPP v3.4 §4.1, §4.4, §4.6, §5.3.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

INTERFACE_VERSION = 0x34
MAX_SHORT_MESSAGE_OCTETS = 254
_TLV_HEADER = struct.Struct(">HH")


class Tag:
    """Optional parameter tags used here (§5.3.1)."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_MSG_REF_NUM = 0x020C
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class Address(NamedTuple):
    """An SME address with its type of number and numbering plan (§5.2.5, §5.2.6)."""

    ton: int
    npi: int
    addr: str


NO_ADDRESS = Address(0, 0, "")


def c_octets(value: str) -> bytes:
    """Return ``value`` as a C-octet string. Raises ``ValueError`` on a NUL inside or beyond Latin-1."""
    octets = value.encode("latin-1")
    if b"\0" in octets:
        raise ValueError("NUL inside a C-octet string")
    return octets + b"\0"


def read_c_octets(body: bytes) -> str:
    """Return the C-octet string a body starts with, e.g. the message_id of a submit_sm_resp."""
    return body.split(b"\0", 1)[0].decode("latin-1")


def encode_tlvs(tlvs: Mapping[int, bytes]) -> bytes:
    """Return the octets of the optional parameters, in the mapping's order."""
    return b"".join(_TLV_HEADER.pack(tag, len(value)) + value for tag, value in tlvs.items())


def decode_tlvs(octets: bytes) -> dict[int, bytes]:
    """Return all optional parameters by tag, unknown ones too; the first of a repeated tag counts."""
    tlvs: dict[int, bytes] = {}
    position = 0
    while position + _TLV_HEADER.size <= len(octets):
        tag, length = _TLV_HEADER.unpack_from(octets, position)
        position += _TLV_HEADER.size
        tlvs.setdefault(tag, octets[position : position + length])
        position += length
    return tlvs


class _Reader:
    """Reads fields off a body; beyond its end everything is empty."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._position = 0

    def octet(self) -> int:
        position = self._position
        self._position += 1
        return self._body[position] if position < len(self._body) else 0

    def c_octets(self) -> str:
        end = self._body.find(b"\0", self._position)
        end = len(self._body) if end < 0 else end
        value = self._body[self._position : end].decode("latin-1")
        self._position = end + 1
        return value

    def address(self) -> Address:
        return Address(self.octet(), self.octet(), self.c_octets())

    def octets(self, count: int) -> bytes:
        value = self._body[self._position : self._position + count]
        self._position += count
        return value

    def rest(self) -> bytes:
        return self._body[self._position :]


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """The body submit_sm (§4.4.1) and deliver_sm (§4.6.1) have in common.

    ``short_message`` holds at most 254 octets, the user data header included. For deliver_sm,
    ``source`` is the handset and ``destination`` our sender.
    """

    source: Address = NO_ADDRESS
    destination: Address = NO_ADDRESS
    short_message: bytes = field(default=b"", repr=False)
    esm_class: int = 0
    data_coding: int = 0
    registered_delivery: int = 0
    validity_period: str = ""
    service_type: str = ""
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    replace_if_present_flag: int = 0
    sm_default_msg_id: int = 0
    tlvs: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    def encode(self) -> bytes:
        """Return the octets of the body.

        Raises ``ValueError`` where a field does not fit: text over 254 octets, NUL in a string.
        """
        if len(self.short_message) > MAX_SHORT_MESSAGE_OCTETS:
            raise ValueError(f"short_message of {len(self.short_message)} octets, at most 254 fit")
        return b"".join(
            (
                c_octets(self.service_type),
                bytes((self.source.ton, self.source.npi)),
                c_octets(self.source.addr),
                bytes((self.destination.ton, self.destination.npi)),
                c_octets(self.destination.addr),
                bytes((self.esm_class, self.protocol_id, self.priority_flag)),
                c_octets(self.schedule_delivery_time),
                c_octets(self.validity_period),
                bytes(
                    (
                        self.registered_delivery,
                        self.replace_if_present_flag,
                        self.data_coding,
                        self.sm_default_msg_id,
                        len(self.short_message),
                    )
                ),
                self.short_message,
                encode_tlvs(self.tlvs),
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> "ShortMessage":
        """Read a body as far as it goes; never raises."""
        reader = _Reader(body)
        service_type = reader.c_octets()
        source, destination = reader.address(), reader.address()
        esm_class, protocol_id, priority_flag = reader.octet(), reader.octet(), reader.octet()
        schedule_delivery_time, validity_period = reader.c_octets(), reader.c_octets()
        registered_delivery, replace_if_present_flag = reader.octet(), reader.octet()
        data_coding, sm_default_msg_id = reader.octet(), reader.octet()
        short_message = reader.octets(reader.octet())
        return cls(
            source=source,
            destination=destination,
            short_message=short_message,
            esm_class=esm_class,
            data_coding=data_coding,
            registered_delivery=registered_delivery,
            validity_period=validity_period,
            service_type=service_type,
            protocol_id=protocol_id,
            priority_flag=priority_flag,
            schedule_delivery_time=schedule_delivery_time,
            replace_if_present_flag=replace_if_present_flag,
            sm_default_msg_id=sm_default_msg_id,
            tlvs=decode_tlvs(reader.rest()),
        )

    @classmethod
    def decode_data(cls, body: bytes) -> "ShortMessage":
        """Read a data_sm (§4.7.1) as far as it goes: its text is in the message_payload TLV; never raises."""
        reader = _Reader(body)
        return cls(
            service_type=reader.c_octets(),
            source=reader.address(),
            destination=reader.address(),
            esm_class=reader.octet(),
            registered_delivery=reader.octet(),
            data_coding=reader.octet(),
            tlvs=decode_tlvs(reader.rest()),
        )

    @property
    def user_data(self) -> bytes:
        """The text's octets, wherever they are: short_message, else the message_payload TLV."""
        return self.short_message or self.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")


@dataclass(frozen=True, slots=True)
class BindTransceiver:
    """The body of bind_transceiver (§4.1.5)."""

    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    interface_version: int = INTERFACE_VERSION
    address_range: Address = NO_ADDRESS

    def encode(self) -> bytes:
        """Return the octets of the body. Raises ``ValueError`` on a NUL in a field."""
        return b"".join(
            (
                c_octets(self.system_id),
                c_octets(self.password),
                c_octets(self.system_type),
                bytes((self.interface_version, self.address_range.ton, self.address_range.npi)),
                c_octets(self.address_range.addr),
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> "BindTransceiver":
        """Read a body as far as it goes; never raises."""
        reader = _Reader(body)
        return cls(
            system_id=reader.c_octets(),
            password=reader.c_octets(),
            system_type=reader.c_octets(),
            interface_version=reader.octet(),
            address_range=reader.address(),
        )
