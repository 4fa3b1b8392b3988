"""An SMSC that sends rubbish, floods us or stops reading: the link stays small and comes back."""

import asyncio
import random
import socket
from contextlib import suppress

import pytest

from domain.carrier_exchange import DeliveryReceipt, SubmitOutcome
from gateways.smpp.bodies import Address, ShortMessage
from gateways.smpp.link import SmppLink
from gateways.smpp.oddities import MAX_KINDS
from gateways.smpp.pdu import CommandId, Pdu, PduStream
from tests.gateways.smpp.conftest import LinkFactory, outcomes, quick, sms
from tests.gateways.smpp.fake_smsc import FakeSmsc, until
from tests.gateways.smpp.test_deliveries import Database, receipt
from tests.gateways.smpp.test_lifecycle import ignore

ACCEPTED = SubmitOutcome.ACCEPTED
UNKNOWN_COMMAND = 0x0000_0112


async def test_a_thousand_odd_pdus_of_a_kind_are_one_line_of_the_log(
    smsc: FakeSmsc, connect: LinkFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    link = await connect()
    for _ in range(1000):
        smsc.peer.request(UNKNOWN_COMMAND)
    await until(lambda: len(smsc.peer.got(CommandId.GENERIC_NACK)) == 1000)
    lines = [line for line in capsys.readouterr().out.splitlines() if "smpp_command_unknown" in line]
    assert len(lines) == 1
    for word in ("command_id=0x00000112", "carrier=docomo", "sequence=1001"):
        assert word in lines[0]
    assert outcomes(await link.submit(sms())) == [ACCEPTED]


async def test_a_peer_that_makes_up_codes_does_not_fill_the_log(
    smsc: FakeSmsc, connect: LinkFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    link = await connect()
    for number in range(1000):
        smsc.peer.send(0x8000_0200 + number, number, 7)
    assert outcomes(await link.submit(sms())) == [ACCEPTED]
    lines = [line for line in capsys.readouterr().out.splitlines() if "smpp_response_unexpected" in line]
    assert len(lines) == MAX_KINDS + 1


async def test_waiting_receipts_are_bounded_by_their_octets_too(smsc: FakeSmsc, connect: LinkFactory) -> None:
    """docs/carriers.md §1.3: 5,000 receipts of 64 KB each would be 320 MB."""
    database = Database()
    await connect(on_receipt=database.keep, receipts_at_once=1, receipts_waiting_octets=150_000)
    large = ShortMessage(esm_class=4, short_message=b"id:1 stat:DELIVRD", tlvs={0x1400: bytes(60_000)})
    for _ in range(5):
        smsc.peer.deliver(large)
    await until(lambda: len(smsc.peer.got(CommandId.DELIVER_SM_RESP)) == 2)
    assert {pdu.command_status for pdu in smsc.peer.got(CommandId.DELIVER_SM_RESP)} == {0x14}
    database.commit.set()
    await until(lambda: len(smsc.peer.got(CommandId.DELIVER_SM_RESP)) == 5)
    assert len(database.taken) == 3
    smsc.peer.deliver(large)  # what waited has left, so there is room again
    await until(lambda: len(database.taken) == 4)


async def test_a_peer_that_does_not_read_cannot_make_us_grow() -> None:
    """It asks and asks, and takes no answer: we stop listening to it, then leave."""
    question = Pdu(CommandId.ENQUIRE_LINK, 0, 9).encode() * 500

    async def never_read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (bind,) = PduStream().feed(await reader.read(4096))
        writer.write(Pdu(CommandId.BIND_TRANSCEIVER_RESP, 0, bind.sequence, b"fake\0").encode())
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        with suppress(ConnectionError):
            while True:
                writer.write(question)
                await writer.drain()
        writer.close()

    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    server = await asyncio.start_server(never_read, sock=listener)
    profile = quick(enquire_link_interval_s=0.3, enquire_link_timeout_s=1.0)
    link = SmppLink(profile, f"smpp://a:b@127.0.0.1:{listener.getsockname()[1]}", ignore)
    await link.start()
    try:
        await until(lambda: link.state.binds)
        transport = link._sessions[0]._transport
        assert transport is not None
        # Otherwise the kernel takes megabytes off our hands before anything piles up here.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
        most = 0
        while link.state.last_error is None:
            most = max(most, transport.get_write_buffer_size())
            await asyncio.sleep(0.005)
        assert link.state.last_error == "enquire_link not answered"
    finally:
        await link.stop(grace_s=0.2)
        server.close()
    # asyncio's high-water mark, and the answers to what one read may bring.
    assert 0 < most <= 65536 + 262144


async def test_damaged_deliveries_of_any_kind_are_all_answered(
    smsc: FakeSmsc, connect: LinkFactory, receipts: list[DeliveryReceipt]
) -> None:
    """Cut short, octets changed, octets put in: each gets its deliver_sm_resp, submits go on between them."""
    chance = random.Random(20261127)
    whole = ShortMessage(
        source=Address(1, 1, "819012345678"),
        short_message=b"id:1 sub:001 dlvrd:001 done date:2611251030 stat:UNDELIV err:0x1B text:",
        esm_class=4,
        tlvs={0x001E: b"1\0", 0x0427: b"\x05", 0x0423: b"\x03\x00\x1b"},
    ).encode()

    def damaged() -> bytes:
        octets = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        return bytes(octets[: chance.randint(0, len(octets))] + chance.randbytes(chance.choice((0, 0, 40))))

    link = await connect()
    for sequence in range(1, 501):
        smsc.peer.send(CommandId.DELIVER_SM, 0, sequence, damaged())
    assert outcomes(await link.submit(sms("あ" * 200))) == [ACCEPTED] * 3
    await until(lambda: len(smsc.peer.got(CommandId.DELIVER_SM_RESP)) == 500)
    assert {pdu.command_status for pdu in smsc.peer.got(CommandId.DELIVER_SM_RESP)} == {0}
    assert len(smsc.peers) == 1


async def test_rubbish_instead_of_pdus_ends_each_bind_and_never_the_link(
    smsc: FakeSmsc, connect: LinkFactory
) -> None:
    chance = random.Random(20261127)
    link = await connect(bound_wait_s=3.0)
    for _ in range(10):
        await until(lambda: link.state.binds)
        peers = len(smsc.peers)
        # Above the longest PDU, so that it is no PDU for certain.
        smsc.peer.write(b"\xff" + chance.randbytes(chance.randint(20, 2000)))
        await until(lambda before=peers: len(smsc.peers) > before)  # type: ignore[misc]
    assert outcomes(await link.submit(sms())) == [ACCEPTED]


async def test_a_receipt_octet_by_octet_between_two_answers(
    smsc: FakeSmsc, connect: LinkFactory, receipts: list[DeliveryReceipt]
) -> None:
    link = await connect()
    for octet in Pdu(CommandId.DELIVER_SM, 0, 77, receipt().encode()).encode():
        smsc.peer.write(bytes((octet,)))
        await asyncio.sleep(0)
    assert outcomes(await link.submit(sms())) == [ACCEPTED]
    await until(lambda: smsc.peer.answer_to(77))
    assert receipts[0].carrier_message_id == "1"


@pytest.mark.parametrize("text", ["err:0x1B", "err:E01", "done date:261125103059", "text:"])
async def test_a_receipt_with_odd_values_is_taken_once(
    smsc: FakeSmsc, connect: LinkFactory, receipts: list[DeliveryReceipt], text: str
) -> None:
    await connect()
    message = ShortMessage(short_message=f"id:7 stat:UNDELIV {text}".encode(), esm_class=4)
    sequence = smsc.peer.deliver(message)
    await until(lambda: smsc.peer.answer_to(sequence))
    assert [(r.carrier_message_id, r.raw) for r in receipts] == [("7", f"id:7 stat:UNDELIV {text}".strip())]
