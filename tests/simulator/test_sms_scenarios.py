"""The magic numbers as an SMSC plays them."""

import asyncio

import httpx
import pytest

from simulator import Simulator
from tests.simulator.conftest import ledger_of
from tests.simulator.smpp_client import SUBMIT, Esme, Receipt, submit_body

DELIVERED, ABSENT = ("DELIVRD", "000", 2), ("UNDELIV", "027", 5)


def meaning(receipt: Receipt) -> tuple[str, str, int]:
    return receipt.field("stat"), receipt.field("err"), receipt.tlvs[0x0427][0]


OUTCOMES = {
    "00": DELIVERED,
    "01": ABSENT,
    "03": ("UNDELIV", "001", 5),
    "04": ("REJECTD", "013", 8),
    "09": DELIVERED,
    "10": DELIVERED,
    "18": DELIVERED,
    "28": ("UNKNOWN", "000", 7),
    "42": DELIVERED,
    "50": DELIVERED,
    "65": ("UNDELIV", "0x1B", 5),
    "66": ("UNDELIV", "Z9!", 5),
}


@pytest.mark.parametrize(("carrier", "digit"), [("docomo", 0), ("au", 1), ("softbank", 6), ("rakuten", 7)])
async def test_one_receipt(simulator: Simulator, carrier: str, digit: int) -> None:
    async with await Esme.bound(simulator.smpp_ports[carrier]) as esme:
        codes = {}
        for code in OUTCOMES:
            status, message_id = await esme.submit(f"0900000{code}{digit}0")
            assert status == 0
            codes[message_id] = code
        receipts = [await esme.receipt() for _ in OUTCOMES]
    assert {codes[receipt.field("id")]: meaning(receipt) for receipt in receipts} == OUTCOMES


async def test_switched_off_docomo_holds_and_then_expires(docomo: Esme) -> None:
    await docomo.submit("09000000200", validity="000000003000000R")  # 30 min scaled to 0.9 s
    assert await docomo.no_receipt(0.5)
    assert meaning(await docomo.receipt(2)) == ("EXPIRED", "027", 3)


async def test_switched_off_docomo_delivers_when_switched_on(http: httpx.AsyncClient, docomo: Esme) -> None:
    await docomo.submit("09000000201")
    assert await docomo.no_receipt(0.1)
    await http.put("/control/handsets/09000000201", json={"on": True})
    assert meaning(await docomo.receipt()) == DELIVERED
    assert await docomo.no_receipt(0.1)


async def test_other_carriers_do_not_hold(simulator: Simulator) -> None:
    async with await Esme.bound(simulator.smpp_ports["au"]) as esme:
        await esme.submit("09000000210")
        assert meaning(await esme.receipt()) == ABSENT


async def test_never_answers(docomo: Esme) -> None:
    assert (await docomo.submit("09000002500"))[0] == 0
    assert await docomo.no_receipt(0.2)


async def test_lost_answer_is_in_the_ledger(simulator: Simulator) -> None:
    port = simulator.smpp_ports["docomo"]
    for code, closes in (("30", True), ("31", True), ("33", False)):
        number = f"0900000{code}05"
        async with await Esme.bound(port) as esme:
            esme.send(SUBMIT, submit_body(number, b"\x30\x42"))
            if closes:
                await asyncio.wait_for(esme.closed.wait(), 2)
            assert not closes or esme.receipts.empty()
            await asyncio.sleep(0.05)
            assert "answer" not in esme.events[1:]
        assert len(ledger_of(simulator, number)) == 1
    async with await Esme.bound(port) as again:
        ids = {(await again.receipt()).field("id") for _ in range(2)}
        assert await again.no_receipt(0.05)
    known = [ledger_of(simulator, f"0900000{code}05")[0] for code in ("31", "33")]
    assert ids == {line["carrier_message_id"] for line in known}


async def test_dropped_before_acceptance_is_not_in_the_ledger(simulator: Simulator, docomo: Esme) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(docomo.submit("09000003205"), 0.3)
    assert docomo.closed.is_set()
    assert ledger_of(simulator, "09000003205") == []


async def test_throttled_first_then_accepted(simulator: Simulator, docomo: Esme) -> None:
    assert [(await docomo.submit("09000004005"))[0] for _ in range(3)] == [0x58, 0x58, 0]
    assert [(await docomo.submit("09000004105"))[0] for _ in range(2)] == [0x14, 0]
    assert len(ledger_of(simulator, "09000004005")) == 1


async def test_refusals_for_good(docomo: Esme) -> None:
    assert (await docomo.submit("09000004600"))[0] == 0x45
    assert (await docomo.submit("09000004700"))[0] == 0x0600


async def test_two_receipts(docomo: Esme) -> None:
    expected = {"60": ["DELIVRD", "DELIVRD"], "62": ["UNDELIV", "DELIVRD"], "63": ["DELIVRD", "UNDELIV"]}
    stats: dict[str, list[str]] = {}
    codes = {(await docomo.submit(f"0900000{code}00"))[1]: code for code in expected}
    for _ in range(6):
        receipt = await docomo.receipt()
        stats.setdefault(codes[receipt.field("id")], []).append(receipt.field("stat"))
    assert stats == expected


async def test_receipt_before_the_answer(docomo: Esme) -> None:
    status, message_id = await docomo.submit("09000006100")
    assert status == 0
    assert (await docomo.receipt()).field("id") == message_id
    assert docomo.events[-2:] == ["receipt", "answer"]


async def test_odd_forms_of_receipts(docomo: Esme) -> None:
    await docomo.submit("09000006400")
    garbled = await docomo.receipt()
    assert garbled.field("stat") == ""
    assert not garbled.tlvs
    _, message_id = await docomo.submit("09000006700")
    text_only = await docomo.receipt()
    assert text_only.field("id") == message_id
    assert not text_only.tlvs
    _, message_id = await docomo.submit("09000006800")
    tlv_only = await docomo.receipt()
    assert tlv_only.text == b""
    assert tlv_only.tlvs[0x001E] == message_id.encode() + b"\0"
    _, message_id = await docomo.submit("09000006900")
    assert (await docomo.receipt()).field("id").startswith("nobodys")
    assert (await docomo.receipt()).field("id") == message_id
