"""Faults of receipts, events, webhooks, links and the directory by rate."""

import asyncio
import itertools
import json
from typing import Any

import httpx
import pytest

from simulator import Simulator
from simulator.maap.event_faults import MALFORMED
from tests.simulator.conftest import Maap, StartSimulator, ledger_of
from tests.simulator.smpp_client import SUBMIT, Esme, submit_body
from tests.simulator.webhook_server import WebhookServer

_numbers = itertools.count(8010000000, 2)  # docomo, with the app


def a_number() -> str:
    return f"0{next(_numbers)}"


async def turn_on(http: httpx.AsyncClient, **faults: Any) -> None:
    answer = await http.put("/control/faults", json={"preset": "none", **faults})
    assert answer.status_code == 200, answer.text


# -- Receipts of short messages ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "text", "tlvs"),
    [
        ("err_hex_rate", b"err:0x1B", True),
        ("err_letter_rate", b"err:E01", True),
        ("empty_text_rate", b"", True),
        ("no_tlvs_rate", b"stat:DELIVRD", False),
        ("garbled_receipt_rate", b"\xff\xfe", False),
    ],
)
async def test_form_of_a_receipt(
    http: httpx.AsyncClient, docomo: Esme, fault: str, text: bytes, tlvs: bool
) -> None:
    await turn_on(http, **{fault: 1})
    await docomo.submit(a_number())
    receipt = await docomo.receipt()
    assert text in receipt.text
    assert bool(receipt.text) is bool(text)
    assert bool(receipt.tlvs) is tlvs


@pytest.mark.parametrize(
    ("fault", "text", "tlvs", "esm_class"),
    [
        ("header_rate", b"\x05\x00\x03\x07\x01\x01id:", set(), 0x44),
        ("payload_rate", b"", {0x0424}, 4),
        ("unmarked_receipt_rate", b"stat:DELIVRD", {0x0427}, 0),
        ("unreadable_tlvs_rate", b"stat:DELIVRD", {0x1E, 0x0427, 0x0423}, 4),
        ("loose_words_rate", b"stat:delivered", set(), 4),
        ("other_id_rate", b"id:000D", {0x0427}, 4),
    ],
)
async def test_dialects_of_receipts(
    http: httpx.AsyncClient, docomo: Esme, fault: str, text: bytes, tlvs: set[int], esm_class: int
) -> None:
    await turn_on(http, **{fault: 1})
    await docomo.submit(a_number())
    receipt = await docomo.receipt()
    assert text in receipt.text
    assert (set(receipt.tlvs), receipt.esm_class) == (tlvs, esm_class)


async def test_the_coding_of_a_receipt_is_not_as_it_says(http: httpx.AsyncClient, docomo: Esme) -> None:
    await turn_on(http, wrong_coding_rate=1)
    read = set()
    for _ in range(4):
        await docomo.submit(a_number())
        text = (await docomo.receipt()).text
        read.add("ascii" if b"stat:DELIVRD" in text else text.decode("utf-16-be").split(" ")[1])
    assert read == {"ascii", "stat:DELIVRD"}


async def test_a_receipt_as_data_sm_comes_again_until_it_is_taken(
    http: httpx.AsyncClient, docomo: Esme
) -> None:
    await turn_on(http, data_sm_rate=1)
    docomo.acknowledge, docomo.raw = False, True
    _, message_id = await docomo.submit(a_number())
    for status in (0x64, 0):
        body = await asyncio.wait_for(docomo.bodies.get(), 5)
        assert f"id:{message_id} ".encode() in body
        docomo.send(0x80000103, b"\0", status, docomo.last_sequence)
    await docomo.call(0x15)  # answered in order: by then the last word was heard
    assert set(docomo.requests) == {0x103}
    state = (await http.get("/control/state")).json()["carriers"]["docomo"]["receipts"]
    assert (state["waiting"], state["acknowledged"], state["redelivered"]) == (0, 1, 1)


async def test_the_id_in_an_answer_is_padded(http: httpx.AsyncClient, docomo: Esme, maap: Maap) -> None:
    await turn_on(http, padded_id_rate=1)
    _, message_id = await docomo.submit(a_number())
    assert message_id == f" {message_id.strip()}  "
    assert (await docomo.receipt()).field("id") == message_id.strip()
    assert (await maap.send(a_number())).json()["RCSMessage"]["msgId"].endswith("  ")


async def test_dates_of_the_other_length(http: httpx.AsyncClient, docomo: Esme) -> None:
    lengths = []
    for rate in (0, 1):
        await turn_on(http, other_date_rate=rate)
        await docomo.submit(a_number())
        lengths.append(len((await docomo.receipt()).field("done date")))
    assert lengths == [10, 12]


async def test_receipts_beside_the_real_one(http: httpx.AsyncClient, docomo: Esme) -> None:
    await turn_on(http, foreign_receipt_rate=1, reordered_receipt_rate=1, conflicting_receipt_rate=1)
    number = a_number()
    _, message_id = await docomo.submit(number)
    receipts = [await docomo.receipt() for _ in range(4)]
    assert receipts[0].field("id").startswith("nobodys")
    assert [receipt.field("id") for receipt in receipts[1:]] == [message_id] * 3
    assert [receipt.field("stat") for receipt in receipts[1:]] == ["DELIVRD", "ENROUTE", "UNDELIV"]
    shown = (await http.get("/control/messages", params={"number": number})).json()["messages"]
    assert shown[0]["parts"][0]["status"] == "delivered"


async def test_malformed_deliveries_come_again_until_taken(http: httpx.AsyncClient, docomo: Esme) -> None:
    await turn_on(http, long_length_rate=0.6, unterminated_receipt_rate=0.6)
    docomo.acknowledge, docomo.raw = False, True
    _, message_id = await docomo.submit(a_number())
    kinds: set[str] = set()
    for _ in range(20):
        body = await docomo.bodies.get()
        good = message_id.encode() + b"\0" in body and b"\xff" not in body
        kinds.add("good" if good and body.startswith(b"\0\1\1818") and body.count(b"\0SENDER") else "bad")
        if kinds == {"good", "bad"}:
            break
        docomo.send(0x80000005, b"\0", 0x08, docomo.last_sequence)
        await asyncio.sleep(0.05)
    assert kinds == {"good", "bad"}


# -- How octets come, and how links are made --------------------------------------------------------------


async def test_byte_by_byte_and_two_in_one_write(http: httpx.AsyncClient, docomo: Esme) -> None:
    await turn_on(http, byte_by_byte_rate=0.5, joined_write_rate=0.5)
    answers = await asyncio.gather(*(docomo.submit(a_number()) for _ in range(8)))
    assert {status for status, _ in answers} == {0}
    receipts = {(await docomo.receipt()).field("id") for _ in range(8)}
    assert receipts == {message_id for _, message_id in answers}
    met = (await http.get("/control/state")).json()["faults_met"]
    assert met["byte_by_byte_rate"] > 2
    assert met["joined_write_rate"] > 1


async def test_refused_connections_and_binds(simulator: Simulator, http: httpx.AsyncClient) -> None:
    port = simulator.smpp_ports["au"]
    for fault, status in (("refused_bind_rate", 0x0D), ("wrong_password_rate", 0x0E)):
        await turn_on(http, **{fault: 1})
        async with await Esme.connect(port) as esme:
            assert (await esme.bind())[1] == status
    await turn_on(http, refused_connect_rate=1)
    async with await Esme.connect(port) as esme:
        await asyncio.wait_for(esme.closed.wait(), 2)


async def test_silence_keeps_the_socket_and_ends(simulator: Simulator, http: httpx.AsyncClient) -> None:
    async with await Esme.bound(simulator.smpp_ports["docomo"]) as esme:
        await turn_on(http, silent_rate=1, silent_seconds=0.4)
        assert (await esme.submit(a_number(), registered=0))[0] == 0
        await turn_on(http)
        number = a_number()
        answer = esme.expect(esme.send(SUBMIT, submit_body(number, b"\x30\x42")))
        await asyncio.sleep(0.2)
        assert not answer.done()
        assert not esme.closed.is_set()
        assert ledger_of(simulator, number) == []
        assert (await asyncio.wait_for(answer, 5))[1] == 0
        await esme.receipt()


async def test_rates_of_one_carrier_only(simulator: Simulator, http: httpx.AsyncClient, docomo: Esme) -> None:
    changed = await http.post("/control/links/au", json={"throttle_rate": 1, "slow_seconds": 1})
    assert changed.json()["rates"] == {"throttle_rate": 1.0, "slow_seconds": 1.0}
    async with await Esme.bound(simulator.smpp_ports["au"]) as au:
        assert (await au.submit("09000000050"))[0] == 0x58
        assert (await docomo.submit(a_number()))[0] == 0
        await http.put("/control/faults", json={"preset": "misbehaving"})
        assert simulator.network.rates["au"].throttle_rate == 1
        await http.put("/control/faults", json={"preset": "none"})
        await http.post("/control/links/au", json={"throttle_rate": None})
        assert (await au.submit("09000000050"))[0] == 0
    for wish in ({"preset": "worse"}, {"throttle": None}, {"colour_rate": None}, {"throttle_rate": "1"}):
        assert (await http.post("/control/links/au", json=wish)).status_code == 400


# -- +Message and the directory ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status", "lines"),
    [
        ("throttle_rate", 429, 0),
        ("capacity_rate", 429, 0),
        ("server_error_rate", 503, 0),
        ("server_error_after_accept_rate", 500, 1),
        ("timeout_rate", None, 0),
        ("lost_answer_rate", None, 1),
        ("expired_token_rate", 401, 0),
    ],
)
async def test_submits_of_messages(
    simulator: Simulator, http: httpx.AsyncClient, maap: Maap, fault: str, status: int | None, lines: int
) -> None:
    await turn_on(http, **{fault: 1})
    number = a_number()
    if status is None:
        with pytest.raises(httpx.TimeoutException):
            await maap.send(number, within=0.2)
    else:
        assert (await maap.send(number)).status_code == status
    assert len(ledger_of(simulator, number)) == lines


async def test_an_answer_that_is_no_json(simulator: Simulator, http: httpx.AsyncClient, maap: Maap) -> None:
    await turn_on(http, garbled_answer_rate=1)
    number = a_number()
    answer = await maap.send(number)
    assert answer.status_code == 202
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert len(ledger_of(simulator, number)) == 1


async def test_checks_and_revokes(http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer) -> None:
    never = "09000002500"
    await turn_on(http, capability_error_rate=1, revoke_error_rate=1)
    message_id = await maap.sent_id(never)
    assert (await maap.capability(never)).status_code == 503
    assert (await maap.revoke(message_id)).status_code == 503
    await turn_on(http, capability_timeout_rate=1, revoke_lost_rate=1)
    for waits in (maap.capability(never, within=0.2), maap.revoke(message_id, within=0.2)):
        with pytest.raises(httpx.TimeoutException):
            await waits
    assert hooks.statuses_of(message_id) == []
    await turn_on(http, revoke_unanswered_rate=1)
    with pytest.raises(httpx.TimeoutException):
        await maap.revoke(message_id, within=0.2)
    await hooks.wait_for(message_id, "cancelled")


async def test_events_in_other_spellings(http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer) -> None:
    await turn_on(http, loose_words_rate=1, other_id_rate=1)
    message_id = await maap.sent_id(a_number())
    await hooks.wait_for(message_id.swapcase(), "DELIVERED")


async def test_events_reordered_and_conflicting(
    http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer
) -> None:
    await turn_on(http, reordered_receipt_rate=1)
    await hooks.wait_for(await maap.sent_id("09000002100"), "displayed", "delivered")
    await hooks.wait_for(await maap.sent_id(a_number()), "delivered", "sent")
    await turn_on(http, conflicting_receipt_rate=1)
    message_id = await maap.sent_id(a_number())
    await hooks.wait_for(message_id, "delivered", "failed")
    status = await http.get(f"{maap.bot}/messages/{message_id}/status", headers=maap.headers)
    assert status.json()["RCSMessage"]["status"] == "delivered"


async def test_malformed_webhooks_come_once_beside_the_real_ones(start: StartSimulator) -> None:
    received: list[tuple[str, bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        token = head.split("authorization: bearer ")[1].split("\r\n")[0]
        received.append((token, await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 400 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    running = await start(webhook_url=f"http://127.0.0.1:{port}/{{carrier}}", webhook_max_backoff=60)
    async with httpx.AsyncClient(base_url=running.http_url) as http:
        await turn_on(http, malformed_webhook_rate=1)
        maap = await Maap(http).authorise()
        for _ in range(30):
            await maap.sent_id(a_number())
        await asyncio.sleep(0.3)
    server.close()
    bodies = [body for _, body in received]
    seen = {
        "not_json": any(not body.endswith(b"}") for body in bodies),
        "unknown_event": any(b"teleported" in body for body in bodies),
        "one_megabyte": any(len(body) > 1_000_000 for body in bodies),
        "duplicate_keys": any(body.count(b'"event"') == 2 for body in bodies),
        "unknown_id": any(b'"nobodys' in body for body in bodies),
        "wrong_token": any(token != "hook-token" for token, _ in received),
        "foreign_bot": any(b"nobodys-bot" in body for body in bodies),
    }
    assert seen == dict.fromkeys(MALFORMED, True)
    assert sum(not body.endswith(b"}") for body in bodies) < 30


async def test_the_directory(http: httpx.AsyncClient) -> None:
    async def check() -> int:
        body = {"phoneNumber": "+819010000000", "specifiedDate": "2026-01-01"}
        headers = {"authorization": "Bearer simulator"}
        answer = await http.post("/number-recycling/v0.2/check", json=body, headers=headers, timeout=0.2)
        return answer.status_code

    await turn_on(http, directory_error_rate=1)
    assert await check() == 503
    await turn_on(http, directory_timeout_rate=1)
    with pytest.raises(httpx.TimeoutException):
        await check()
