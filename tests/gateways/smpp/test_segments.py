"""Cutting a text into segments (S-1, docs/carriers.md §1.2)."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateways.smpp.bodies import Tag
from gateways.smpp.profiles import AU, DOCOMO, PROFILES, RAKUTEN, SOFTBANK, Concat, SmppProfile
from gateways.smpp.segments import Segment, TextTooLong, segment_text

# 660 units in which every even position is inside a pair: the worst text for a cut at 66.
ODD_PAIRS = "a" + "😀" * 329 + "b"


def units(text: str) -> int:
    return len(text.encode("utf-16-be")) // 2


def text_of(segments: tuple[Segment, ...]) -> str:
    """Decode every segment for itself: a split pair would not survive."""
    parts = [
        s.short_message[1 + s.short_message[0] :] if s.esm_class & 0x40 else s.short_message for s in segments
    ]
    return "".join(part.decode("utf-16-be") for part in parts)


def test_a_text_of_70_units_goes_out_whole() -> None:
    assert segment_text("あ" * 70, 7, DOCOMO) == (Segment(1, ("あ" * 70).encode("utf-16-be")),)


def test_udh8_header_holds_reference_total_and_number() -> None:
    first, second = segment_text("あ" * 71, 0x1234, DOCOMO)
    assert first.short_message[:6] == bytes((5, 0, 3, 0x34, 2, 1))
    assert second.short_message[:6] == bytes((5, 0, 3, 0x34, 2, 2))
    assert len(first.short_message) == 6 + 67 * 2
    assert first.esm_class == second.esm_class == 0x40


def test_udh16_header_holds_the_whole_reference() -> None:
    profile = replace(DOCOMO, concat=Concat.UDH16, units_per_segment=66)
    first, _ = segment_text("あ" * 71, 0x1234, profile)
    assert first.short_message[:7] == bytes((6, 8, 4, 0x12, 0x34, 2, 1))


def test_sar_says_it_in_tlvs() -> None:
    first, second = segment_text("あ" * 126, 0x1234, SOFTBANK)
    assert first.tlvs == {
        Tag.SAR_MSG_REF_NUM: b"\x12\x34",
        Tag.SAR_TOTAL_SEGMENTS: b"\x02",
        Tag.SAR_SEGMENT_SEQNUM: b"\x01",
    }
    assert len(first.short_message) == 250
    assert (second.number, second.esm_class, len(second.short_message)) == (2, 0, 2)


def test_payload_sends_one_pdu() -> None:
    (only,) = segment_text("あ" * 660, 1, replace(DOCOMO, concat=Concat.PAYLOAD))
    assert only.short_message == b""
    assert only.tlvs == {Tag.MESSAGE_PAYLOAD: ("あ" * 660).encode("utf-16-be")}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda p: p.carrier)
@given(text=st.text(st.sampled_from("aあ😀\n"), min_size=1, max_size=660).filter(lambda t: units(t) <= 660))
@example(text=ODD_PAIRS)
@example(text="あ" * 660)
def test_660_units_fit_ten_segments_and_no_pair_is_split(profile: SmppProfile, text: str) -> None:
    """S-1: up to 660 characters, whatever they are."""
    segments = segment_text(text, 1, profile)
    assert text_of(segments) == text
    assert len(segments) <= 10
    assert [segment.number for segment in segments] == list(range(1, len(segments) + 1))
    assert all(len(segment.short_message) <= (250 if profile is SOFTBANK else 140) for segment in segments)


def test_66_units_are_exceeded_only_where_ten_segments_would_not_do() -> None:
    short = segment_text("a" + "😀" * 99, 1, RAKUTEN)
    assert {len(segment.short_message) for segment in short[:-1]} == {6 + 65 * 2, 6 + 66 * 2}
    assert max(len(segment.short_message) for segment in segment_text(ODD_PAIRS, 1, RAKUTEN)) == 6 + 67 * 2


def test_a_text_that_needs_eleven_segments_is_refused() -> None:
    with pytest.raises(TextTooLong, match="11"):
        segment_text("あ" * 671, 1, AU)


def test_a_lone_surrogate_goes_out_as_a_question_mark() -> None:
    (segment,) = segment_text("a\ud83d", 1, AU)
    assert segment.short_message == "a?".encode("utf-16-be")


def test_a_profile_whose_segments_cannot_be_sent_is_refused() -> None:
    with pytest.raises(ValueError, match="256 octets"):
        replace(SOFTBANK, concat=Concat.UDH8)
