"""Frames and the stream decoder (docs/carriers.md §1.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.smpp.pdu import MAX_PDU_OCTETS, CommandId, Pdu, PduStream, ProtocolError

ENQUIRE = bytes.fromhex("00000010 00000015 00000000 00000007")
ACCEPTED = bytes.fromhex("00000013 80000004 00000000 00000008 616200")

pdus = st.builds(
    Pdu,
    st.integers(0, 0xFFFF_FFFF),
    st.integers(0, 0xFFFF_FFFF),
    st.integers(0, 0xFFFF_FFFF),
    st.binary(max_size=80),
)


def test_encodes_the_header_as_the_specification_shows_it() -> None:
    assert Pdu(CommandId.ENQUIRE_LINK, 0, 7).encode() == ENQUIRE
    assert Pdu(CommandId.SUBMIT_SM_RESP, 0, 8, b"ab\0").encode() == ACCEPTED


def test_reads_two_pdus_of_one_write() -> None:
    assert [pdu.sequence for pdu in PduStream().feed(ENQUIRE + ACCEPTED)] == [7, 8]


@given(st.lists(pdus, max_size=5), st.lists(st.integers(1, 40), min_size=1))
def test_reads_the_same_pdus_whatever_the_chunks(sent: list[Pdu], sizes: list[int]) -> None:
    octets = b"".join(pdu.encode() for pdu in sent)
    stream, received, turn = PduStream(), [], 0
    while octets:
        size = sizes[turn % len(sizes)]
        received += list(stream.feed(octets[:size]))
        octets, turn = octets[size:], turn + 1
    assert received == sent


@pytest.mark.parametrize("length", [0, 8, 15, MAX_PDU_OCTETS + 1, 0xFFFF_FFFF])
def test_refuses_an_impossible_command_length(length: int) -> None:
    with pytest.raises(ProtocolError, match=str(length)):
        list(PduStream().feed(length.to_bytes(4, "big")))


def test_yields_what_came_before_a_broken_frame() -> None:
    pdus = PduStream().feed(ACCEPTED + bytes(16))
    assert next(pdus).sequence == 8
    with pytest.raises(ProtocolError):
        next(pdus)


# Lengths that announce more than comes, or the most a PDU may have, among octets of any kind.
claims = st.sampled_from((16, 17, 200, MAX_PDU_OCTETS, MAX_PDU_OCTETS + 1)).map(
    lambda n: n.to_bytes(4, "big")
)


@given(st.lists(st.binary(max_size=300) | claims, max_size=30))
def test_no_octets_do_more_than_a_protocol_error_and_little_is_kept(chunks: list[bytes]) -> None:
    stream, given_in, taken_out = PduStream(), 0, 0
    for chunk in chunks:
        given_in += len(chunk)
        try:
            for pdu in stream.feed(chunk):
                taken_out += 16 + len(pdu.body)
        except ProtocolError:
            return
        # What is kept is the beginning of one PDU: nothing is lost, nothing is kept twice.
        assert stream.buffered == given_in - taken_out < MAX_PDU_OCTETS


def test_the_largest_pdu_octet_by_octet_is_kept_only_until_it_is_whole() -> None:
    stream, octets = PduStream(), Pdu(CommandId.DELIVER_SM, 0, 1, bytes(MAX_PDU_OCTETS - 16)).encode()
    for position in range(0, len(octets) - 1, 7):
        assert list(stream.feed(octets[position : position + 7])) == [] or position + 7 >= len(octets)
    assert stream.buffered == 0
