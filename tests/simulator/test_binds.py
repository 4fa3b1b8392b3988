"""Sessions of the SMSCs: bind, enquire_link, unbind, and what a broken client does."""

import asyncio
import struct

import pytest

from simulator import Simulator
from tests.simulator.conftest import StartSimulator
from tests.simulator.smpp_client import (
    BIND_RECEIVER,
    BIND_TRANSCEIVER,
    BIND_TRANSMITTER,
    ENQUIRE,
    PASSWORD,
    RESP,
    SUBMIT,
    UNBIND,
    Esme,
    submit_body,
)

GENERIC_NACK = 0x80000000


@pytest.mark.parametrize("carrier", ["docomo", "au", "softbank", "rakuten"])
@pytest.mark.parametrize("command", [BIND_TRANSCEIVER, BIND_TRANSMITTER, BIND_RECEIVER])
async def test_binds_in_every_mode_at_every_carrier(simulator: Simulator, carrier: str, command: int) -> None:
    async with await Esme.connect(simulator.smpp_ports[carrier]) as esme:
        answered, status, body = await esme.bind(command)
    assert (answered, status) == (command | RESP, 0)
    assert body.startswith(b"simulator\0")


async def test_refuses_wrong_credentials_and_second_bind(simulator: Simulator) -> None:
    async with await Esme.connect(simulator.smpp_ports["docomo"]) as esme:
        assert (await esme.bind(password="wrong"))[1] == 0x0E
        assert (await esme.bind(system_id="nobody"))[1] == 0x0D
        assert (await esme.bind())[1] == 0
        assert (await esme.bind())[1] == 0x05


async def test_accepts_a_password_cut_to_eight_characters(simulator: Simulator) -> None:
    async with await Esme.connect(simulator.smpp_ports["docomo"]) as esme:
        assert (await esme.bind(password=PASSWORD[:7]))[1] == 0x0E
        assert (await esme.bind(password=PASSWORD[:8]))[1] == 0


async def test_submit_needs_a_transmitter(simulator: Simulator) -> None:
    async with await Esme.connect(simulator.smpp_ports["docomo"]) as esme:
        assert (await esme.submit("09010345678"))[0] == 0x04
    async with await Esme.bound(simulator.smpp_ports["docomo"], BIND_RECEIVER) as esme:
        assert (await esme.submit("09010345678"))[0] == 0x04


async def test_answers_enquire_link_unknown_commands_and_unbind(docomo: Esme) -> None:
    assert await docomo.call(ENQUIRE) == (ENQUIRE | RESP, 0, b"")
    assert await docomo.call(0x0103, b"data") == (GENERIC_NACK, 0x03, b"")
    assert await docomo.call(UNBIND) == (UNBIND | RESP, 0, b"")
    await asyncio.wait_for(docomo.closed.wait(), 2)


async def test_sends_enquire_link_and_drops_a_dead_peer(start: StartSimulator) -> None:
    simulator = await start(enquire_link_seconds=0.05)
    async with await Esme.bound(simulator.smpp_ports["au"]) as esme:
        await asyncio.sleep(0.18)
        assert esme.requests.count(ENQUIRE) >= 2
        esme.acknowledge = False
        await asyncio.wait_for(esme.closed.wait(), 2)


async def test_reads_pdus_byte_by_byte_and_two_in_one_write(docomo: Esme) -> None:
    first = docomo.expect(901)
    for byte in struct.pack(">IIII", 16, ENQUIRE, 0, 901):
        docomo.writer.write(bytes((byte,)))
        await docomo.writer.drain()
    assert (await first)[0] == ENQUIRE | RESP
    both = docomo.expect(902), docomo.expect(903)
    docomo.writer.write(struct.pack(">IIIIIIII", 16, ENQUIRE, 0, 902, 16, ENQUIRE, 0, 903))
    await asyncio.gather(*both)


@pytest.mark.parametrize("length", [0, 8, 0x7FFFFFFF])
async def test_impossible_command_length_ends_the_connection(simulator: Simulator, length: int) -> None:
    async with await Esme.connect(simulator.smpp_ports["docomo"]) as esme:
        nack = esme.expect(0)
        esme.writer.write(struct.pack(">IIII", length, ENQUIRE, 0, 1))
        assert (await nack)[:2] == (GENERIC_NACK, 0x02)
        await asyncio.wait_for(esme.closed.wait(), 2)


async def test_malformed_submits_are_answered_not_fatal(docomo: Esme) -> None:
    good = submit_body("09010345678", b"\x30\x42")
    too_long = good[:-3] + b"\xff" + good[-2:]
    assert (await docomo.call(SUBMIT, too_long))[1] == 0x01
    assert (await docomo.call(SUBMIT, b"no nul anywhere at all"))[1] == 0xC2
    assert (await docomo.call(SUBMIT, submit_body("0312345678", b"")))[1] == 0x0B
    assert (await docomo.submit("09010345678", validity="nonsense"))[0] == 0x62
    assert (await docomo.call(SUBMIT, good + b"\x14\x03\x00\x09cut"))[1] == 0
