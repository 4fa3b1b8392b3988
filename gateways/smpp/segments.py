"""Text to the segments of one SMS: UCS-2 (UTF-16BE), cut without splitting a surrogate pair.

Source: docs/carriers.md §1.2; 3GPP TS 23.040 §9.2.3.24 (user data header), SMPP v3.4 §5.3.2.22–24 (SAR).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateways.smpp.bodies import Tag
from gateways.smpp.profiles import UDH_OCTETS, Concat, SmppProfile

ESM_CLASS_DEFAULT = 0x00
ESM_CLASS_UDHI = 0x40
# A user data header and text of one segment over the air (3GPP TS 23.040 §9.2.3.16).
_AIR_OCTETS = 140


class TextTooLong(ValueError):
    """The text needs more segments than the carrier takes."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment, ready for submit_sm. ``number`` is 1-based."""

    number: int
    short_message: bytes = field(repr=False)
    esm_class: int = ESM_CLASS_DEFAULT
    tlvs: Mapping[int, bytes] = field(default_factory=dict, repr=False)


def segment_text(text: str, reference: int, profile: SmppProfile) -> tuple[Segment, ...]:
    """Cut ``text`` into the segments ``profile`` prescribes; ``reference`` is 0–65535.

    A lone surrogate goes out as ``?``. Raises ``TextTooLong`` beyond ``profile.max_segments``.
    """
    octets = text.encode("utf-16-be", "replace")
    if len(octets) <= 2 * profile.units_in_single:
        return (Segment(1, octets),)
    if profile.concat is Concat.PAYLOAD:
        return (Segment(1, b"", tlvs={Tag.MESSAGE_PAYLOAD: octets}),)
    parts = _split(octets, profile)
    total = len(parts)
    return tuple(
        _joined(profile.concat, part, number, total, reference) for number, part in enumerate(parts, 1)
    )


def _split(octets: bytes, profile: SmppProfile) -> list[bytes]:
    """Cut at ``units_per_segment``, at most ``max_segments`` times.

    Cutting before a pair leaves a unit unused in each segment: 660 units with odd pairs would need an
    11th segment of 66. Only then a pair at the edge is taken into the segment before, which then has
    67 units: with an 8-bit reference that is still what fits over the air.
    """
    limit = 2 * profile.units_per_segment
    parts = cut_pair_safe(octets, limit)
    if len(parts) > profile.max_segments and UDH_OCTETS[profile.concat] + limit + 2 <= _AIR_OCTETS:
        parts = cut_pair_safe(octets, limit, over=True)
    if len(parts) > profile.max_segments:
        raise TextTooLong(f"{len(parts)} segments, at most {profile.max_segments} are taken")
    return parts


def cut_pair_safe(octets: bytes, limit: int, *, over: bool = False) -> list[bytes]:
    """Cut UTF-16BE ``octets`` at every ``limit`` octets, never inside a surrogate pair.

    A pair at the edge goes to the next part; with ``over`` it stays in this one, 2 octets over.
    """
    parts = []
    start = 0
    while start < len(octets):
        end = start + limit
        if end < len(octets) and 0xDC <= octets[end] <= 0xDF:
            end += 2 if over else -2
        parts.append(octets[start:end])
        start = end
    return parts


def _joined(concat: Concat, part: bytes, number: int, total: int, reference: int) -> Segment:
    if concat is Concat.SAR:
        tlvs = {
            Tag.SAR_MSG_REF_NUM: reference.to_bytes(2, "big"),
            Tag.SAR_TOTAL_SEGMENTS: bytes((total,)),
            Tag.SAR_SEGMENT_SEQNUM: bytes((number,)),
        }
        return Segment(number, part, tlvs=tlvs)
    if concat is Concat.UDH16:
        header = bytes((6, 0x08, 4, reference >> 8, reference & 0xFF, total, number))
    else:
        header = bytes((5, 0x00, 3, reference & 0xFF, total, number))
    return Segment(number, header + part, ESM_CLASS_UDHI)
