"""Receipts: their two forms, over which bind they go, and that none is lost."""

import asyncio
import re

from simulator import Simulator
from tests.simulator.conftest import StartSimulator
from tests.simulator.smpp_client import BIND_RECEIVER, BIND_TRANSMITTER, Esme


async def test_receipt_says_it_in_text_and_tlvs(docomo: Esme) -> None:
    status, message_id = await docomo.submit("09010000030")
    assert status == 0
    receipt = await docomo.receipt()
    dates = r"submit date:\d{10} done date:\d{10}"
    expected = rf"id:{message_id} sub:001 dlvrd:001 {dates} stat:DELIVRD err:000 text:"
    assert re.fullmatch(expected, receipt.text.decode())
    assert receipt.tlvs == {0x001E: message_id.encode() + b"\0", 0x0427: b"\x02"}
    assert (receipt.esm_class, receipt.source, receipt.destination) == (4, "819010000030", "SENDER")


async def test_au_writes_twelve_digit_dates(simulator: Simulator) -> None:
    async with await Esme.bound(simulator.smpp_ports["au"]) as esme:
        await esme.submit("09011000030")
        text = (await esme.receipt()).text.decode()
    assert re.search(r"submit date:\d{12} done date:\d{12} ", text)


async def test_receipts_go_round_robin_over_receivers(simulator: Simulator) -> None:
    port = simulator.smpp_ports["softbank"]
    async with (
        await Esme.bound(port, BIND_TRANSMITTER) as sender,
        await Esme.bound(port, BIND_RECEIVER) as first,
        await Esme.bound(port, BIND_RECEIVER) as second,
    ):
        for digit in range(4):
            await sender.submit(f"0901300003{digit}")
        await asyncio.sleep(0.15)
        assert (first.receipts.qsize(), second.receipts.qsize()) == (2, 2)
        assert sender.receipts.empty()


async def test_receipt_waits_for_a_bind(simulator: Simulator) -> None:
    port = simulator.smpp_ports["rakuten"]
    async with await Esme.bound(port, BIND_TRANSMITTER) as sender:
        _, message_id = await sender.submit("07083000030")
        await asyncio.sleep(0.1)
    async with await Esme.bound(port) as later:
        assert (await later.receipt()).field("id") == message_id


async def test_unacknowledged_receipt_is_sent_again(simulator: Simulator) -> None:
    port = simulator.smpp_ports["au"]
    async with await Esme.bound(port) as esme:
        esme.acknowledge = False
        _, message_id = await esme.submit("09011000031")
        first, again = await esme.receipt(), await esme.receipt()
        assert first.field("id") == again.field("id") == message_id
        assert first.sequence != again.sequence
    async with await Esme.bound(port) as other:
        assert (await other.receipt()).field("id") == message_id
    async with await Esme.bound(port) as third:
        assert await third.no_receipt(0.4)


async def test_refused_receipt_comes_again_only_after_a_temporary_error(simulator: Simulator) -> None:
    async with await Esme.bound(simulator.smpp_ports["docomo"]) as esme:
        esme.acknowledge = False
        await esme.submit("09010000031")
        esme.confirm(await esme.receipt(), status=0x64)
        again = await esme.receipt(within=3)
        esme.confirm(again, status=0x65)
        assert await esme.no_receipt(0.4)


async def test_receipts_survive_a_restart(start: StartSimulator) -> None:
    first = await start()
    async with await Esme.bound(first.smpp_ports["docomo"]) as esme:
        esme.acknowledge = False
        _, unconfirmed = await esme.submit("09010000032")
        await esme.receipt()
        _, planned = await esme.submit("09000001800")  # its receipt takes 0.33 s
        await first.stop()
    second = await start()
    async with await Esme.bound(second.smpp_ports["docomo"]) as esme:
        found = {(await esme.receipt()).field("id") for _ in range(2)}
    assert found == {unconfirmed, planned}
