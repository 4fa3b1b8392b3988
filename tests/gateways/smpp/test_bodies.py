"""Bodies against octets written by hand from the specification, and damaged ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.smpp.bodies import (
    Address,
    BindTransceiver,
    ShortMessage,
    Tag,
    decode_tlvs,
    encode_tlvs,
    read_c_octets,
)

# service_type, source 5/0 "TEST", destination 1/1 "819012345678", esm_class 0x40, protocol_id, priority,
# schedule, validity 1 h, registered_delivery 1, replace, data_coding 8, default id, sm_length 4, text.
SUBMIT = bytes.fromhex(
    "00 05 00 5445535400 01 01 38313930313233343536373800 40 00 00 00"
    "3030303030303031303030303030305200 01 00 08 00 04 30423044"
)
MESSAGE = ShortMessage(
    source=Address(5, 0, "TEST"),
    destination=Address(1, 1, "819012345678"),
    short_message=b"0B0D",
    esm_class=0x40,
    data_coding=8,
    registered_delivery=1,
    validity_period="000000010000000R",
)


def test_encodes_submit_sm_field_by_field() -> None:
    assert MESSAGE.encode() == SUBMIT


def test_reads_back_what_it_wrote() -> None:
    assert ShortMessage.decode(SUBMIT) == MESSAGE


def test_encodes_bind_transceiver_field_by_field() -> None:
    expected = b"platform\0secret\0SMPP\0" + bytes((0x34, 0, 0)) + b"\0"
    login = BindTransceiver("platform", "secret", "SMPP")
    assert login.encode() == expected
    assert BindTransceiver.decode(expected) == login
    assert "secret" not in repr(login)


def test_keeps_unknown_tlvs_raw() -> None:
    octets = SUBMIT + bytes.fromhex("001e 0003 616200 1400 0002 cafe")
    assert ShortMessage.decode(octets).tlvs == {Tag.RECEIPTED_MESSAGE_ID: b"ab\0", 0x1400: b"\xca\xfe"}


def test_reads_the_first_of_a_repeated_tlv_and_what_is_left_of_a_cut_one() -> None:
    assert decode_tlvs(encode_tlvs({1: b"a"}) + encode_tlvs({1: b"b"})) == {1: b"a"}
    assert decode_tlvs(bytes.fromhex("0001 0009 6162")) == {1: b"ab"}


def test_sm_length_beyond_the_body_reads_to_its_end() -> None:
    damaged = SUBMIT[:-5] + b"\xfe" + b"text"
    assert ShortMessage.decode(damaged).short_message == b"text"


def test_a_string_without_nul_ends_with_the_body() -> None:
    assert read_c_octets(b"no-nul") == "no-nul"
    assert ShortMessage.decode(b"\0\x05\0TEST").source == Address(5, 0, "TEST")


def test_text_over_254_octets_is_refused() -> None:
    with pytest.raises(ValueError, match="254"):
        ShortMessage(short_message=bytes(255)).encode()


def test_a_nul_inside_a_string_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        ShortMessage(service_type="a\0b").encode()


def test_user_data_is_the_payload_when_short_message_is_empty() -> None:
    assert ShortMessage(tlvs={Tag.MESSAGE_PAYLOAD: b"long"}).user_data == b"long"


@given(st.binary(max_size=300))
def test_no_body_raises(body: bytes) -> None:
    ShortMessage.decode(body)
    BindTransceiver.decode(body)
    read_c_octets(body)


@given(st.binary(max_size=300))
def test_no_tlvs_raise_and_their_values_are_pieces_of_what_came(octets: bytes) -> None:
    tlvs = decode_tlvs(octets)
    assert sum(4 + len(value) for value in tlvs.values()) <= len(octets)
    assert all(value in octets for value in tlvs.values())


@given(st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=40), max_size=8))
def test_tlvs_are_read_back_as_written(tlvs: dict[int, bytes]) -> None:
    assert decode_tlvs(encode_tlvs(tlvs)) == tlvs
