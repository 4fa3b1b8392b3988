"""No octets harm the simulator's SMSC: property tests of its codec, and a client that sends rubbish."""

import asyncio
import random
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import Simulator
from simulator.smpp import pdu
from simulator.smpp.plan import validity_seconds
from simulator.smpp.text import decode, split_segment
from tests.simulator.smpp_client import SUBMIT, Esme, submit_body

frames = st.tuples(
    st.integers(0, 0xFFFF_FFFF),
    st.integers(0, 0xFFFF_FFFF),
    st.integers(0, 0xFFFF_FFFF),
    st.binary(max_size=60),
)
# A submit_sm that is whole, so that what is changed in it reaches every field.
WHOLE = submit_body("09012345678", bytes((5, 0, 3, 1, 2, 1)) + "こ😀".encode("utf-16-be"), esm_class=0x43)


def read(body: bytes) -> pdu.ShortMessage | None:
    """A submit_sm, as far as the session reads it; ``None`` when it is refused."""
    try:
        message = pdu.parse_submit(body)
        validity_seconds(message.validity_period)
    except (pdu.PduError, ValueError):
        return None
    return message


@given(st.lists(frames, max_size=5), st.lists(st.integers(1, 40), min_size=1))
def test_frames_are_the_same_whatever_the_chunks(
    sent: list[tuple[int, int, int, bytes]], sizes: list[int]
) -> None:
    octets = b"".join(pdu.pack(*frame) for frame in sent)
    buffer, received, turn = bytearray(), [], 0
    while octets:
        size = sizes[turn % len(sizes)]
        buffer += octets[:size]
        received += pdu.split_frames(buffer)
        octets, turn = octets[size:], turn + 1
    assert received == sent
    assert not buffer


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_no_stream_does_more_than_end_the_connection_and_little_is_kept(chunks: list[bytes]) -> None:
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        try:
            pdu.split_frames(buffer)
        except pdu.FrameError:
            return
        assert len(buffer) < pdu.MAX_LENGTH + len(chunk)


@given(st.binary(max_size=200))
def test_no_body_does_more_than_be_refused(body: bytes) -> None:
    read(body)
    with suppress(pdu.PduError):
        pdu.parse_bind(body)


@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=6),
    st.integers(0, len(WHOLE)),
    st.binary(max_size=40),
)
def test_no_change_in_a_submit_does_more_than_be_refused(
    changes: list[tuple[int, int]], length: int, more: bytes
) -> None:
    octets = bytearray(WHOLE)
    for position, octet in changes:
        octets[position] = octet
    message = read(bytes(octets[:length]) + more)
    if message is not None:
        segment = split_segment(message)
        assert 1 <= segment.position <= segment.total
        decode(segment.payload, message.data_coding)


@given(st.binary(max_size=60), st.integers(0, 255))
def test_every_text_can_be_shown(octets: bytes, coding: int) -> None:
    decode(octets, coding)


@given(st.text(max_size=20) | st.text("0123456789R+-", min_size=16, max_size=16))
def test_a_validity_period_is_seconds_or_refused(period: str) -> None:
    try:
        seconds = validity_seconds(period)
    except ValueError:
        return
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("command", [SUBMIT, 0x103, 0x15, 0x80000005])
async def test_rubbish_of_one_client_leaves_the_others_alone(
    simulator: Simulator, docomo: Esme, command: int
) -> None:
    chance = random.Random(command)
    _, writer = await asyncio.open_connection("127.0.0.1", simulator.smpp_ports["docomo"])
    for sequence in range(200):
        body = chance.randbytes(chance.randrange(80))
        writer.write(struct.pack(">IIII", 16 + len(body), command, 0, sequence) + body)
    writer.write(b"\xff" * 16)  # no command_length
    assert (await docomo.submit("09010000090"))[0] == 0
    assert (await docomo.receipt()).field("stat") == "DELIVRD"
    writer.close()
