"""Long texts: every way of concatenation, split surrogate pairs, alphabets."""

import struct

import httpx
import pytest

from simulator import Simulator
from tests.simulator.conftest import ledger_of
from tests.simulator.smpp_client import SUBMIT, Esme, submit_body

TEXT = "明日のご予約を確認してください😀お待ちしております"


def halves(text: str) -> tuple[bytes, bytes]:
    """UTF-16 cut in the middle of the emoji's surrogate pair."""
    octets = text.encode("utf-16-be")
    cut = octets.index(b"\xd8\x3d") + 2
    return octets[:cut], octets[cut:]


def udh8(position: int, reference: int = 7) -> bytes:
    return bytes((5, 0, 3, reference, 2, position))


def udh16(position: int) -> bytes:
    return bytes((6, 8, 4, 1, 7, 2, position))


def sar(position: int) -> bytes:
    reference = struct.pack(">HHH", 0x020C, 2, 513)
    return reference + struct.pack(">HHB", 0x020E, 1, 2) + struct.pack(">HHB", 0x020F, 1, position)


async def shown(http: httpx.AsyncClient, number: str) -> list[str]:
    answer = await http.get("/control/messages", params={"number": number})
    return [message["text"] for message in answer.json()["messages"]]


@pytest.mark.parametrize(
    ("number", "way", "esm_class"),
    [("09010000010", "udh8", 0x40), ("09010000011", "udh16", 0x43), ("09010000012", "sar", 0x03)],
)
async def test_concatenated_segments_are_accepted_apart_and_shown_joined(
    simulator: Simulator, http: httpx.AsyncClient, docomo: Esme, number: str, way: str, esm_class: int
) -> None:
    ids = []
    for position, half in enumerate(halves(TEXT), 1):
        header = {"udh8": udh8, "udh16": udh16}.get(way)
        body = submit_body(
            number,
            (header(position) if header else b"") + half,
            esm_class=esm_class,
            tlvs=b"" if header else sar(position),
        )
        _, status, message_id = await docomo.call(SUBMIT, body)
        assert status == 0
        ids.append(message_id.rstrip(b"\0").decode())
    receipts = [await docomo.receipt(), await docomo.receipt()]
    assert {receipt.field("id") for receipt in receipts} == set(ids)
    assert await shown(http, number) == [TEXT]
    lines = ledger_of(simulator, number)
    assert [(line["segment"], line["segments"]) for line in lines] == [(1, 2), (2, 2)]
    assert len({line["reference"] for line in lines}) == 1
    joined = "".join(line["text"] for line in lines)
    assert joined.encode("utf-16-be", "surrogatepass").decode("utf-16-be") == TEXT


async def test_unfinished_message_with_half_a_pair_can_be_shown(
    http: httpx.AsyncClient, docomo: Esme
) -> None:
    first, _ = halves(TEXT)
    await docomo.call(SUBMIT, submit_body("09010000017", udh8(1) + first, esm_class=0x40))
    (text,) = await shown(http, "09010000017")
    assert text.endswith("\ud83d")


async def test_message_payload(simulator: Simulator, docomo: Esme) -> None:
    text = "長い" * 300
    payload = text.encode("utf-16-be")
    tlv = struct.pack(">HH", 0x0424, len(payload)) + payload
    assert (await docomo.call(SUBMIT, submit_body("09010000013", b"", tlvs=tlv)))[1] == 0
    assert ledger_of(simulator, "09010000013")[0]["text"] == text


async def test_kannel_asks_for_a_receipt_on_the_first_segment_only(docomo: Esme) -> None:
    first, second = halves(TEXT)
    for position, (half, registered) in enumerate(((first, 0x11), (second, 0)), 1):
        body = submit_body("09010000014", udh8(position) + half, esm_class=0x43, registered=registered)
        await docomo.call(SUBMIT, body)
    assert (await docomo.receipt()).field("stat") == "DELIVRD"
    assert await docomo.no_receipt(0.1)


async def test_receipts_only_for_failures(docomo: Esme) -> None:
    await docomo.submit("09010000015", registered=2)
    await docomo.submit("09000000100", registered=2)
    assert (await docomo.receipt()).field("stat") == "UNDELIV"
    assert await docomo.no_receipt(0.1)


async def test_reused_reference_starts_a_new_message(http: httpx.AsyncClient, docomo: Esme) -> None:
    for word in ("一", "二"):
        for position in (1, 2):
            data = udh8(position, reference=9) + word.encode("utf-16-be")
            await docomo.call(SUBMIT, submit_body("09010000016", data, esm_class=0x40))
    assert await shown(http, "09010000016") == ["一一", "二二"]


@pytest.mark.parametrize(
    ("number", "coding", "data", "text"),
    [
        ("09010000020", 0, b"Hello \x1b\x65 \x00", "Hello € @"),
        ("09010000021", 3, "café".encode("latin-1"), "café"),
        ("09010000022", 4, b"\x00\xff", "00ff"),
        ("09010000023", 8, b"\x30", "30"),
    ],
)
async def test_alphabets(
    simulator: Simulator, docomo: Esme, number: str, coding: int, data: bytes, text: str
) -> None:
    assert (await docomo.call(SUBMIT, submit_body(number, data, coding=coding)))[1] == 0
    assert ledger_of(simulator, number)[0]["text"] == text
