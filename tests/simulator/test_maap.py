"""The MaaP endpoints: tokens, capability, schema, errors, files, subscribers."""

from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import Simulator
from simulator.maap.errors import MaapError
from simulator.maap.validation import check_message
from tests.simulator.conftest import Maap, StartSimulator, ledger_of
from tests.simulator.webhook_server import WebhookServer

CARD: dict[str, Any] = {
    "media": {
        "mediaUrl": "https://example.jp/a.png",
        "mediaContentType": "image/png",
        "mediaFileSize": 2048,
        "height": "MEDIUM_HEIGHT",
    },
    "title": "秋の新作",
    "description": "11/25から",
    "suggestions": [{"reply": {"displayText": "確認", "postback": {"data": "rsv:ok"}}}],
}
CHIPS: list[dict[str, Any]] = [
    {"reply": {"displayText": "確認", "postback": {"data": "rsv:ok"}}},
    {
        "action": {
            "displayText": "詳細",
            "postback": {"data": "rsv:url"},
            "urlAction": {"openUrl": {"url": "https://example.jp"}},
        }
    },
    {
        "action": {
            "displayText": "電話",
            "postback": {"data": "rsv:tel"},
            "dialerAction": {"dialPhoneNumber": {"phoneNumber": "+81312345678"}},
        }
    },
]


def card(content: dict[str, Any]) -> dict[str, Any]:
    layout = {"cardOrientation": "VERTICAL"}
    return {"message": {"generalPurposeCard": {"layout": layout, "content": content}}}


def carousel(cards: list[dict[str, Any]]) -> dict[str, Any]:
    layout = {"cardWidth": "MEDIUM_WIDTH"}
    return {"message": {"generalPurposeCardCarousel": {"layout": layout, "content": cards}}}


def reason(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["reason"]["code"]


async def test_token_needs_the_right_client(http: httpx.AsyncClient) -> None:
    url = "/maap/docomo/oauth2/v1/token"
    form = {"grant_type": "client_credentials", "scope": "botmessage"}
    assert (await http.post(url, data=form)).status_code == 401
    refused = await http.post(url, data=form, auth=("platform", "wrong"))
    assert (refused.status_code, refused.json()) == (401, {"error": "invalid_client"})
    wrong = await http.post(url, data=form | {"grant_type": "password"}, auth=("platform", "simulator"))
    assert (wrong.status_code, wrong.json()) == (400, {"error": "unsupported_grant_type"})
    assert (await http.post("/maap/rakuten/oauth2/v1/token", data=form)).status_code == 404


async def test_token_is_good_for_one_operator_only(http: httpx.AsyncClient, maap: Maap) -> None:
    other = Maap(http, "au")
    other.headers = maap.headers
    assert reason(await other.capability("09011000000")) == (401, 401)
    other.headers = {"authorization": "Bearer nonsense"}
    assert (await other.send("09011000000")).status_code == 401


async def test_token_expires(start: StartSimulator) -> None:
    simulator = await start(oauth_token_seconds=1)
    simulator.operators["docomo"].tokens._lifetime = 0
    async with httpx.AsyncClient(base_url=simulator.http_url) as http:
        maap = Maap(http)
        form = {"grant_type": "client_credentials"}
        answer = await http.post(f"{maap.root}/oauth2/v1/token", data=form, auth=("platform", "simulator"))
        maap.headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        assert (await maap.capability("09010000000")).status_code == 401


async def test_capability(maap: Maap) -> None:
    capable = await maap.capability("09010000000")
    assert capable.status_code == 200
    assert {"chat", "fileTransfer", "chatbotCommunication"} <= set(capable.json()["capabilities"])
    assert reason(await maap.capability("09010000001")) == (404, 40401)
    assert reason(await maap.capability("09011000000")) == (404, 40402)
    assert reason(await maap.capability("09000000500")) == (404, 40402)
    assert reason(await maap.capability("0312345678")) == (400, 400)
    unescaped = await maap.http.get(
        f"{maap.bot}/contactCapabilities?userContact=+819010000000", headers=maap.headers
    )
    assert unescaped.status_code == 200


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"textMessage": "ご予約", "suggestedChipList": {"suggestions": CHIPS}}, "ご予約"),
        ({"textMessage": None, "richcardMessage": card(CARD)}, "秋の新作\n11/25から"),
        (
            {"textMessage": None, "richcardMessage": carousel([{"title": "一"}, {"title": "二"}])},
            "一\n\n二",
        ),
        ({"textMessage": "あ" * 2730, "expiry": "2099-01-01T00:00:00Z"}, "あ" * 2730),
    ],
)
async def test_accepts_and_drops_nulls(
    simulator: Simulator, maap: Maap, fields: dict[str, Any], text: str
) -> None:
    answer = await maap.send("09010000100", **fields)
    assert answer.status_code == 202
    body = answer.json()
    assert body["RCSMessage"]["status"] == "pending"
    assert body["messageContact"] == {"userContact": "+819010000100"}
    line = ledger_of(simulator, "09010000100")[-1]
    assert (line["carrier_message_id"], line["text"]) == (body["RCSMessage"]["msgId"], text)


BROKEN_ACTION = {"action": {"dialerAction": {}, "displayText": "電話", "postback": {"data": "x"}}}


@pytest.mark.parametrize(
    "fields",
    [
        {"textMessage": ""},
        {"textMessage": "あ" * 2731},
        {"textMessage": None},
        {"richcardMessage": card(CARD)},
        {"textMessage": None, "richcardMessage": card({})},
        {"textMessage": None, "richcardMessage": card({"title": "あ" * 201})},
        {"textMessage": None, "richcardMessage": card({"title": "a", "suggestions": CHIPS * 2})},
        {"textMessage": None, "richcardMessage": card({"media": CARD["media"] | {"height": "HUGE"}})},
        {"textMessage": None, "richcardMessage": carousel([{"title": "a"}] * 11)},
        {"suggestedChipList": {"suggestions": CHIPS * 4}},
        {"suggestedChipList": {"suggestions": [BROKEN_ACTION]}},
        {"suggestedChipList": {"suggestions": [{**CHIPS[0], **CHIPS[1]}]}},
        {"trafficType": "gossip"},
        {"expiry": "tomorrow"},
        {"expiry": "2020-01-01T00:00:00Z"},
        {"expiry": "2099-01-01T00:00:00"},
    ],
)
async def test_schema_mistakes_are_400(simulator: Simulator, maap: Maap, fields: dict[str, Any]) -> None:
    assert reason(await maap.send("09010000102", **fields)) == (400, 400)
    assert ledger_of(simulator, "09010000102") == []


async def test_bodies_that_are_no_messages(maap: Maap) -> None:
    for body in (
        b"[" * 100_000,
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"RCSMessage":{}}',
        b'{"RCSMessage":1,"messageContact":{}}',
    ):
        answer = await maap.http.post(f"{maap.bot}/messages", content=body, headers=maap.headers)
        assert reason(answer) == (400, 400)


async def test_submit_knows_strangers_and_handsets_without_app(maap: Maap) -> None:
    assert reason(await maap.send("09011000000")) == (404, 40402)
    assert reason(await maap.send("09010000001")) == (404, 40401)


async def test_status_of_a_message(http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer) -> None:
    message_id = await maap.sent_id("09010000104")
    await hooks.wait_for(message_id, "delivered")
    url = f"{maap.bot}/messages/{message_id}/status"
    assert (await http.get(url, headers=maap.headers)).json()["RCSMessage"]["status"] == "delivered"
    assert reason(await maap.revoke("Mznobody")) == (404, 40403)
    wrong = await http.put(url, json={"RCSMessage": {"status": "read"}}, headers=maap.headers)
    assert wrong.status_code == 400
    foreign = await Maap(http, "au").authorise()
    assert reason(await foreign.revoke(message_id)) == (404, 40403)


async def test_files(maap: Maap, hooks: WebhookServer) -> None:
    answer = await maap.http.post(
        f"{maap.bot}/files",
        data={"fileType": "image/png"},
        files={"fileContent": ("a.png", b"\x89PNG", "image/png")},
        headers=maap.headers,
    )
    assert answer.status_code == 202
    file_id = answer.json()["fileId"]
    async with hooks.arrived:
        await hooks.arrived.wait_for(lambda: any(e["event"] == "fileStatus" for _, _, e in hooks.received))
    event = next(e for _, _, e in hooks.received if e["event"] == "fileStatus")
    assert (event["file"]["fileId"], event["file"]["status"]) == (file_id, "ready")
    served = await maap.http.get(event["file"]["fileUrl"])
    assert (served.content, served.headers["content-type"]) == (b"\x89PNG", "image/png")
    for data, content in (({"fileType": "text/html"}, b"x"), ({"fileType": "image/png"}, b"")):
        refused = await maap.http.post(
            f"{maap.bot}/files", data=data, files={"fileContent": ("a", content)}, headers=maap.headers
        )
        assert refused.status_code == 400
    assert (await maap.http.get("/maap/docomo/content/..%2fledger")).status_code == 404


async def test_a_file_is_its_bots_alone_and_can_be_deleted(maap: Maap) -> None:
    form = {"fileType": "image/png"}
    answer = await maap.http.post(
        f"{maap.bot}/files", data=form, files={"fileContent": ("a.png", b"\x89PNG")}, headers=maap.headers
    )
    file_id = answer.json()["fileId"]
    told = await maap.http.get(f"{maap.bot}/files/{file_id}", headers=maap.headers)
    assert (told.status_code, told.json()["status"]) == (200, "ready")
    other = Maap(maap.http, bot="bot2").bot
    assert reason(await maap.http.get(f"{other}/files/{file_id}", headers=maap.headers)) == (404, 404)
    assert (await maap.http.delete(f"{other}/files/{file_id}", headers=maap.headers)).status_code == 404
    assert (await maap.http.delete(f"{maap.bot}/files/{file_id}", headers=maap.headers)).status_code == 204
    assert (await maap.http.get(told.json()["fileUrl"])).status_code == 404


async def test_a_file_that_is_not_what_it_says_fails(maap: Maap, hooks: WebhookServer) -> None:
    answer = await maap.http.post(
        f"{maap.bot}/files",
        data={"fileType": "video/mp4"},
        files={"fileContent": ("a.mp4", b"\x89PNG")},
        headers=maap.headers,
    )
    file_id = answer.json()["fileId"]
    told = (await maap.http.get(f"{maap.bot}/files/{file_id}", headers=maap.headers)).json()
    assert (told["status"], told["reason"]["code"], "fileUrl" in told) == ("failed", 415, False)
    assert (await maap.http.get(f"/maap/docomo/content/{file_id}")).status_code == 404


_MEMBERS = st.sampled_from(
    ["textMessage", "richcardMessage", "message", "generalPurposeCard", "generalPurposeCardCarousel",
     "layout", "trafficType",
     "content", "media", "height", "title", "suggestions", "suggestedChipList", "reply", "action",
     "postback", "data", "displayText", "urlAction", "openUrl", "url", "fileMessage", "fileUrl", "cardWidth"]
)  # fmt: skip
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just("MEDIUM_HEIGHT"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_MEMBERS, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(_MEMBERS, _VALUES, max_size=5))
def test_any_message_is_taken_or_refused(message: dict[str, Any]) -> None:
    """No body, however odd, is an internal error."""
    try:
        kind, text = check_message(message)
    except MaapError:
        return
    assert kind in message
    assert isinstance(text, str)


async def test_subscribers(maap: Maap) -> None:
    url, bot = f"{maap.bot}/subscribers", "/control/bots/docomo/bot1"
    assert (await maap.http.get(url, headers=maap.headers)).status_code == 403
    listing = {"allow_subscribers": True, "subscribers": ["090-1234-5678"], "generated": 4}
    assert (await maap.http.put(bot, json=listing)).json()["total"] == 5
    found, cursor = [], ""
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await maap.http.get(url, params=params, headers=maap.headers)).json()
        found += [row["userContact"] for row in page["subscribers"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert found == ["+819012345678"] + [f"+81801{number:07d}" for number in range(4)]
    assert (await maap.http.get(url, params={"limit": "0"}, headers=maap.headers)).status_code == 400
