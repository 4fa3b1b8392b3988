"""From the octets of a short message to text: user data header, concatenation, alphabets."""

from dataclasses import dataclass

from simulator.smpp.pdu import TLV_SAR_REFERENCE, TLV_SAR_SEQUENCE, TLV_SAR_TOTAL, ShortMessage

_UDH_INDICATOR = 0x40
_CODING_UCS2, _CODING_LATIN1, _CODING_ASCII = 8, 3, 1
_CODING_BINARY = frozenset((2, 4))

# GSM 03.38 default alphabet, one character an octet as SMPP carries it.
_GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = dict(zip(b"\x0a\x14\x28\x29\x2f\x3c\x3d\x3e\x40\x65", "\f^{}\\[~]|€", strict=True))


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: reference (None when the message is whole), 1-based position, payload octets."""

    reference: int | None
    total: int
    position: int
    payload: bytes


def split_segment(message: ShortMessage) -> Segment:
    """Find the concatenation data in the user data header or the sar_* TLVs."""
    if message.esm_class & _UDH_INDICATOR and message.data:
        header = message.data[1 : 1 + message.data[0]]
        payload = message.data[1 + message.data[0] :]
        found = _concatenation(header)
        return Segment(*found, payload) if found else Segment(None, 1, 1, payload)
    tlvs = message.tlvs
    if TLV_SAR_TOTAL in tlvs and TLV_SAR_SEQUENCE in tlvs:
        total, position = (int.from_bytes(tlvs[tag], "big") for tag in (TLV_SAR_TOTAL, TLV_SAR_SEQUENCE))
        if 1 <= position <= total and total > 1:
            return Segment(
                int.from_bytes(tlvs.get(TLV_SAR_REFERENCE, b""), "big"), total, position, message.data
            )
    return Segment(None, 1, 1, message.data)


def _concatenation(header: bytes) -> tuple[int, int, int] | None:
    at = 0
    while at + 2 <= len(header):
        element, value = header[at], header[at + 2 : at + 2 + header[at + 1]]
        reference_size = {(0x00, 3): 1, (0x08, 4): 2}.get((element, len(value)))
        if reference_size and 1 <= value[-1] <= value[-2]:
            return int.from_bytes(value[:reference_size], "big"), value[-2], value[-1]
        at += 2 + header[at + 1]
    return None


def decode(octets: bytes, coding: int) -> str:
    """Text of octets in a data_coding; a lone half of a surrogate pair stays one, binary is hex."""
    if coding == _CODING_UCS2:
        return octets.decode("utf-16-be", "surrogatepass") if len(octets) % 2 == 0 else octets.hex()
    if coding in (_CODING_LATIN1, _CODING_ASCII):
        return octets.decode("latin-1")
    if coding in _CODING_BINARY:
        return octets.hex()
    return _decode_gsm(octets)


def _decode_gsm(octets: bytes) -> str:
    characters: list[str] = []
    escaped = False
    for octet in octets:
        if escaped:
            characters.append(_GSM_EXTENSION.get(octet, " "))
            escaped = False
        elif octet == 0x1B:
            escaped = True
        else:
            characters.append(_GSM[octet] if octet < len(_GSM) else "?")
    return "".join(characters)
