"""What a person answers on a handset comes to the platform the way the message went (P-8)."""

import asyncio
from typing import Any

import httpx

from simulator import Simulator
from tests.simulator.conftest import Maap, StartSimulator
from tests.simulator.smpp_client import Esme
from tests.simulator.webhook_server import WebhookServer

RCS_NUMBER, SMS_NUMBER = "09000000003", "09000000044"


async def reply(http: httpx.AsyncClient, number: str, **wishes: Any) -> httpx.Response:
    return await http.post(f"/control/handsets/{number}/reply", json=wishes)


async def events(hooks: WebhookServer, message_id: str, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(5), hooks.arrived:
        await hooks.arrived.wait_for(lambda: len(hooks.of(message_id)) >= count)
    return hooks.of(message_id)


async def test_a_text_answers_a_rcs_message(
    http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer
) -> None:
    await maap.sent_id(RCS_NUMBER)
    sent = (await reply(http, RCS_NUMBER, text="はい", copies=2)).json()
    first, second = await events(hooks, sent["message_id"], 2)
    assert first == second
    assert (first["event"], first["botId"], first["RCSMessage"]["textMessage"]) == ("message", "bot1", "はい")
    assert first["messageContact"] == {"userContact": "+819000000003"}


async def test_a_tap_brings_its_postback(http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer) -> None:
    await maap.sent_id(RCS_NUMBER)
    sent = (await reply(http, RCS_NUMBER, text="確認", postback_data="rsv:ok")).json()
    (event,) = await events(hooks, sent["message_id"], 1)
    assert event["event"] == "response"
    tapped = event["RCSMessage"]["suggestedResponse"]["response"]["reply"]
    assert tapped == {"displayText": "確認", "postback": {"data": "rsv:ok"}}


async def test_a_text_answers_an_sms_and_is_no_receipt(http: httpx.AsyncClient, docomo: Esme) -> None:
    await docomo.submit(SMS_NUMBER)
    await docomo.receipt()
    assert (await reply(http, SMS_NUMBER, text="了解😀")).status_code == 202
    text = await docomo.receipt()
    assert (text.source, text.destination, text.esm_class) == ("8190" + SMS_NUMBER[3:], "SENDER", 0)
    assert (text.text.decode("utf-16-be"), text.tlvs) == ("了解😀", {})


async def test_a_text_nobody_took_survives_a_restart(start: StartSimulator) -> None:
    first = await start()
    async with httpx.AsyncClient(base_url=first.http_url) as http:
        async with await Esme.bound(first.smpp_ports["docomo"]) as esme:
            await esme.submit(SMS_NUMBER)
            await esme.receipt()
        await reply(http, SMS_NUMBER, text="まだ?")
    await first.stop()
    second = await start()
    async with await Esme.bound(second.smpp_ports["docomo"]) as esme:
        assert (await esme.receipt()).text.decode("utf-16-be") == "まだ?"


async def test_refuses_what_no_handset_could_send(
    simulator: Simulator, http: httpx.AsyncClient, docomo: Esme
) -> None:
    assert (await reply(http, SMS_NUMBER, text="x")).status_code == 404
    await docomo.submit(SMS_NUMBER)
    wishes: list[dict[str, Any]] = [
        {},
        {"text": ""},
        {"text": "あ" * 71},
        {"text": "x", "postback_data": "a"},
        {"text": "x", "channel": "fax"},
        {"text": "x", "copies": 11},
        {"text": "x", "colour": "red"},
    ]
    for wish in wishes:
        assert (await reply(http, SMS_NUMBER, **wish)).status_code == 400
    assert (await reply(http, SMS_NUMBER, text="x", channel="rcs")).status_code == 404
