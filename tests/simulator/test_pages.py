"""The pages: handsets to look at and touch, and the switches of the links."""

import asyncio
import re
from dataclasses import fields
from typing import Any

import httpx
import pytest

from simulator import Simulator
from simulator.faults import Faults, LinkFaults
from simulator.pages.link_routes import AMOUNTS, SWITCHES
from simulator.pages.scenario_words import SCENARIO_WORDS
from simulator.pages.words import FAULT_WORDS, LINK_WORDS
from simulator.scenario_table import SCENARIOS
from tests.simulator.conftest import Maap
from tests.simulator.smpp_client import Esme
from tests.simulator.webhook_server import WebhookServer

PHONE, PAGE = "09000000005", "/handsets/09000000005"
REPLY = {"reply": {"displayText": "確認しました", "postback": {"data": "rsv:ok"}}}
DIAL = {
    "action": {
        "displayText": "電話する",
        "postback": {"data": "rsv:tel"},
        "dialerAction": {"dialPhoneNumber": {"phoneNumber": "+81312345678"}},
    }
}


def link(address: str) -> dict[str, Any]:
    opened = {"openUrl": {"url": address}}
    return {"action": {"displayText": "地図", "postback": {"data": "rsv:map"}, "urlAction": opened}}


async def chips(maap: Maap, hooks: WebhookServer, *suggestions: dict[str, Any], **more: Any) -> str:
    message_id = await maap.sent_id(PHONE, suggestedChipList={"suggestions": list(suggestions)}, **more)
    await hooks.wait_for(message_id, "delivered")
    return message_id


async def tap(http: httpx.AsyncClient, message_id: str, place: str) -> httpx.Response:
    return await http.post(f"{PAGE}/tap", data={"key": message_id, "place": place})


async def response_of(hooks: WebhookServer) -> dict[str, Any]:
    async with asyncio.timeout(5), hooks.arrived:
        await hooks.arrived.wait_for(lambda: hooks.received[-1][2]["event"] == "response")
    return dict(hooks.received[-1][2])


# -- Looking ----------------------------------------------------------------------------------------------


async def test_lists_handsets_and_finds_them_by_number(http: httpx.AsyncClient, docomo: Esme) -> None:
    assert "まだ、どの端末にも届いていません" in (await http.get("/handsets")).text
    await docomo.submit("09000000006", "ひとつ目")
    await docomo.submit("09000000007", "ふたつ目")
    for _ in range(2):
        await docomo.receipt()
    page = (await http.get("/handsets")).text
    assert page.index("090-0000-0007") < page.index("090-0000-0006")
    assert "ふたつ目" in page
    assert "090-0000-0006" not in (await http.get("/handsets", params={"q": "0007"})).text
    assert "090-1234-5678" in (await http.get("/handsets", params={"q": "+81 90-1234-5678"})).text
    assert "には、まだ何も届いていません" in (await http.get("/handsets", params={"q": "5678"})).text
    assert (await http.get("/handsets/12345")).status_code == 404


async def test_shows_sms_and_rcs_apart(
    http: httpx.AsyncClient, maap: Maap, docomo: Esme, hooks: WebhookServer
) -> None:
    await docomo.submit(PHONE, "SMSの文章 https://example.jp/a?b=1 をどうぞ")
    await docomo.receipt()
    await chips(maap, hooks, REPLY, textMessage="+メッセージの文章")
    sms = (await http.get(PAGE, params={"app": "sms"})).text
    rcs = (await http.get(PAGE, params={"app": "rcs"})).text
    assert "SMSの文章" in sms
    assert "SMSの文章" not in rcs
    assert "+メッセージの文章" in rcs
    assert re.search(rf'href="{PAGE}/open/\w+/text-0">https://example.jp/a\?b=1</a>', sms)
    assert "確認しました" in rcs
    assert "確認しました" in (await http.get(PAGE)).text, "the app of the latest message comes first"


async def test_shows_cards_and_carousels(http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer) -> None:
    media = {
        "mediaUrl": f"{http.base_url}maap/docomo/content/x",
        "mediaContentType": "image/png",
        "mediaFileSize": 5,
        "height": "TALL_HEIGHT",
    }
    slides = [{"title": f"札{n}", "description": "説明", "suggestions": [REPLY]} for n in range(3)]
    far = media | {"mediaUrl": "https://elsewhere.example/x.png", "height": "MEDIUM_HEIGHT"}
    several = {"layout": {"cardWidth": "SMALL_WIDTH"}, "content": [slides[0] | {"media": far}, *slides[1:]]}
    layout = {"cardOrientation": "HORIZONTAL", "imageAlignment": "LEFT"}
    single = {"layout": layout, "content": slides[0] | {"media": media}}
    for name, card in (("generalPurposeCard", single), ("generalPurposeCardCarousel", several)):
        wish = {"textMessage": None, "richcardMessage": {"message": {name: card}}}
        await hooks.wait_for(await maap.sent_id(PHONE, **wish), "delivered")
    page = (await http.get(PAGE)).text
    assert [page.count(f">札{n}</h3>") for n in range(3)] == [2, 1, 1]
    assert f'src="{media["mediaUrl"]}"' in page
    assert 'src="https://elsewhere' not in page, "a page of ours loads nothing from elsewhere"
    assert "https://elsewhere.example/x.png" in page
    assert re.search(r'<ul class="carousel" tabindex="0" aria-label="カード 3 枚', page)


async def test_pages_are_strict(
    http: httpx.AsyncClient, maap: Maap, docomo: Esme, hooks: WebhookServer
) -> None:
    await chips(maap, hooks, REPLY, textMessage='<script>alert("x")</script>')
    await docomo.submit(PHONE, "半分\ud83d")
    await docomo.receipt()
    for path in ("/handsets", PAGE, "/links", "/links/au/rates"):
        answer = await http.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", answer.text)
        assert re.findall(r"<script[^>]*>", answer.text) == ['<script src="/static/refresh.js" defer>']
    assert "&lt;script&gt;alert" in (await http.get(PAGE, params={"app": "rcs"})).text
    assert "半分\ufffd" in (await http.get(PAGE, params={"app": "sms"})).text
    assert (await http.get("/static/simulator.css")).headers["content-type"].startswith("text/css")
    assert (await http.get("/static/..%2frender.py")).status_code == 404


async def test_changing_is_post_only(http: httpx.AsyncClient) -> None:
    for path in ("/reply", "/tap", "/read", "/change"):
        assert (await http.get(PAGE + path)).status_code == 405
    for path in ("/links/docomo", "/links/rates"):
        assert (await http.get(path)).status_code == 405


def test_everything_has_words() -> None:
    assert list(FAULT_WORDS) == [field.name for field in fields(Faults)]
    assert set(LINK_WORDS) == set(SWITCHES) | set(AMOUNTS)
    switched_otherwise = {"drop_on_submit", "drop_count"}
    assert set(LINK_WORDS) | switched_otherwise == {field.name for field in fields(LinkFaults)}
    assert list(SCENARIO_WORDS) == [scenario.name for scenario in SCENARIOS]


# -- Tapping, answering, reading --------------------------------------------------------------------------


async def test_tapping_a_reply_sends_its_postback(
    http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer
) -> None:
    message_id = await chips(maap, hooks, REPLY)
    answer = await tap(http, message_id, "chip-0")
    assert answer.status_code == 303
    response = (await response_of(hooks))["RCSMessage"]["suggestedResponse"]["response"]
    assert response == {"reply": {"displayText": "確認しました", "postback": {"data": "rsv:ok"}}}
    await hooks.wait_for(message_id, "delivered", "displayed")
    page = (await http.get(answer.headers["location"])).text
    assert "ボタンの応答を送りました" in page
    assert 'class="message message--mine"' in page


async def test_tapping_actions(http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer) -> None:
    message_id = await chips(maap, hooks, DIAL, link("https://example.jp/map"))
    assert "done=dialled" in (await tap(http, message_id, "chip-0")).headers["location"]
    dialled = (await response_of(hooks))["RCSMessage"]["suggestedResponse"]["response"]
    assert dialled["action"]["postback"] == {"data": "rsv:tel"}
    opening = (await tap(http, message_id, "chip-1")).headers["location"]
    page = (await http.get(opening)).text
    assert "https://example.jp/map" in page
    assert 'id="open"' not in page, "only addresses of this machine are opened"
    assert "done=no-message" in (await tap(http, message_id, "chip-7")).headers["location"]
    assert "done=no-message" in (await tap(http, "Mznone", "chip-0")).headers["location"]


async def test_answers_with_text(
    http: httpx.AsyncClient, maap: Maap, docomo: Esme, hooks: WebhookServer
) -> None:
    await chips(maap, hooks, REPLY)
    await docomo.submit(PHONE)
    await docomo.receipt()
    await http.post(f"{PAGE}/reply", data={"app": "rcs", "text": "料金は?"})
    async with asyncio.timeout(5), hooks.arrived:
        await hooks.arrived.wait_for(lambda: hooks.received[-1][2]["event"] == "message")
    assert hooks.received[-1][2]["RCSMessage"]["textMessage"] == "料金は?"
    await http.post(f"{PAGE}/reply", data={"app": "sms", "text": "行けません"})
    assert (await docomo.receipt()).text.decode("utf-16-be") == "行けません"
    for text, done in ((" ", "empty"), ("あ" * 71, "too-long")):
        answer = await http.post(f"{PAGE}/reply", data={"app": "sms", "text": text})
        assert f"done={done}" in answer.headers["location"]


async def test_looking_at_the_page_reads_nothing_the_button_does(
    http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer
) -> None:
    message_id = await chips(maap, hooks, REPLY)
    await http.get(PAGE)
    await asyncio.sleep(0.1)
    assert hooks.statuses_of(message_id) == ["delivered"]
    assert "done=read" in (await http.post(f"{PAGE}/read")).headers["location"]
    await hooks.wait_for(message_id, "delivered", "displayed")
    assert "done=nothing-new" in (await http.post(f"{PAGE}/read")).headers["location"]


async def test_reads_by_itself_when_told(http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer) -> None:
    await http.post(f"{PAGE}/change", data={"auto_read": "yes"})
    await hooks.wait_for(await maap.sent_id(PHONE), "delivered", "displayed")
    message_id = await maap.sent_id("09000000082")
    await hooks.wait_for(message_id, "delivered")
    read = await http.post("/control/handsets/09000000082/read")
    assert read.json() == {"displayed": 1}
    await hooks.wait_for(message_id, "delivered", "displayed")


# -- Off, without the app, with another carrier -----------------------------------------------------------


async def test_a_handset_that_is_off_gets_all_of_it_later(
    http: httpx.AsyncClient, maap: Maap, docomo: Esme, hooks: WebhookServer
) -> None:
    await http.post(f"{PAGE}/change", data={"on": "no"})
    message_id = await maap.sent_id(PHONE)
    await docomo.submit(PHONE)
    assert await docomo.no_receipt(0.1)
    page = (await http.get(PAGE, params={"app": "rcs"})).text
    assert "電源が切れています。1 通が届くのを待っています。" in page
    for form in ("reply", "read", "tap"):
        answer = await http.post(f"{PAGE}/{form}", data={"app": "rcs", "text": "x", "key": message_id})
        assert re.search("done=(off|no-message)", answer.headers["location"])
    await http.post(f"{PAGE}/change", data={"on": "yes"})
    await docomo.receipt()
    await hooks.wait_for(message_id, "delivered")


async def test_waiting_ends_after_72_hours(
    simulator: Simulator, maap: Maap, hooks: WebhookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = "/handsets/09000000008"
    await maap.http.post(f"{page}/change", data={"on": "no"})
    monkeypatch.setattr(simulator.settings, "time_scale", 1e-6)  # 72 hours are 0.26 s
    await hooks.wait_for(await maap.sent_id("09000000008"), "failed")
    monkeypatch.setattr(simulator.settings, "time_scale", 1e-5)  # 2.6 s
    message_id = await maap.sent_id("09000000008")
    await asyncio.sleep(0.4)
    assert hooks.statuses_of(message_id) == []
    await maap.http.post(f"{page}/change", data={"on": "yes"})
    await hooks.wait_for(message_id, "delivered")


async def test_without_the_app_nothing_arrives_until_it_is_back(
    http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer
) -> None:
    message_id = await maap.sent_id("09000001405")  # delivered 9:59 (scaled) after acceptance
    page = "/handsets/09000001405"
    await http.post(f"{page}/change", data={"app": "no"})
    assert (await maap.send("09000001405")).status_code == 404
    await asyncio.sleep(0.5)
    assert hooks.statuses_of(message_id) == []
    await http.post(f"{page}/change", data={"app": "yes"})
    await hooks.wait_for(message_id, "delivered")


async def test_the_old_carrier_delivers_nothing_after_porting(
    simulator: Simulator,
    http: httpx.AsyncClient,
    maap: Maap,
    docomo: Esme,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(simulator.settings, "time_scale", 1e-4)  # 1 hour is 0.36 s
    await http.post(f"{PAGE}/change", data={"on": "no"})
    await docomo.submit(PHONE)
    await http.post(f"{PAGE}/change", data={"carrier": "rakuten", "on": "yes"})
    assert (await docomo.receipt()).field("stat") == "EXPIRED"
    assert (await docomo.submit(PHONE))[0] == 0x0B
    assert (await maap.send(PHONE)).json()["reason"]["code"] == 40402
    page = (await http.get(PAGE)).text
    assert "アプリを入れる" not in page, "Rakuten has no +Message"
    assert (await http.post(f"{PAGE}/change", data={"carrier": "nobody"})).status_code == 400


# -- Opening addresses, switching links -------------------------------------------------------------------


async def test_opens_addresses_of_this_machine_when_told(
    simulator: Simulator, http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer
) -> None:
    home = f"{simulator.http_url}/"
    message_id = await chips(
        maap, hooks, link(home), textMessage=f"こちら {home} と http://127.evil.example/"
    )
    page = await http.get(f"{PAGE}/open/{message_id}/text-0")
    assert "開いた結果" not in page.text
    opened = (await http.post(f"{PAGE}/open/{message_id}/text-0")).text
    assert "303 See Other" in opened
    assert "200 OK" in opened
    assert "端末 – キャリアシミュレーター" in opened
    outside = await http.post(f"{PAGE}/open/{message_id}/text-1")
    assert "開いた結果" not in outside.text


async def test_switches_links(simulator: Simulator, http: httpx.AsyncClient, docomo: Esme) -> None:
    form = {"throttle": "yes", "delay_seconds": "0.5", "submit_status": "0x45", "do": "set"}
    assert (await http.post("/links/docomo", data=form)).status_code == 303
    faults = simulator.network.links["docomo"]
    assert (faults.throttle, faults.delay_seconds, faults.submit_status) == (True, 0.5, 0x45)
    wrong = await http.post("/links/docomo", data={"delay_seconds": "いち", "do": "set"})
    assert wrong.status_code == 400
    assert "「答えを遅らせる秒数」は0 以上の数で入力してください。入力された値：いち" in wrong.text
    assert "故障中" in (await http.get("/links")).text
    await http.post("/links/docomo", data={"do": "misbehave"})
    assert simulator.network.rates["docomo"].unbind_rate > 0
    assert simulator.network.rates["au"].unbind_rate == 0
    await http.post("/links/docomo", data={"do": "heal"})
    assert simulator.network.rates["docomo"] == Faults()
    assert faults == LinkFaults()
    await http.post("/links/docomo", data={"do": "drop"})
    await asyncio.wait_for(docomo.closed.wait(), 2)


@pytest.mark.parametrize("do", ["rates", "preset"])
async def test_changes_rates(simulator: Simulator, http: httpx.AsyncClient, do: str) -> None:
    form = {"preset": "misbehaving"} if do == "preset" else {"slow_rate": "0.25", "vendor_status": "0x402"}
    assert (await http.post("/links/rates", data=form)).status_code == 303
    rates = simulator.network.rates["au"]
    assert (rates.slow_rate, rates.vendor_status) == ((0.01, 0x401) if do == "preset" else (0.25, 0x402))
    assert "答えが遅い" in (await http.get("/links")).text.split("種類の故障が起こります")[1].split("</p>")[0]
    wrong = await http.post("/links/rates", data={"slow_rate": "2"})
    assert "「答えが遅い」は0 から 1 までの数で入力してください" in wrong.text
