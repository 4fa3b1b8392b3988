"""rcs-chatbot as client of the simulator's MaaP, and as reader of its webhooks. It blocks: threads.

Its habits: it sends nulls for what is not set, neither trafficType nor expiry, and a dial action that no
schema allows (the action's inside is beside it).
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.carrier_exchange import DeliveryReceipt, InboundMessage, ReceiptState
from domain.carriers import Carrier
from gateways.maap import parse_webhook
from simulator import Settings, Simulator
from tests.gateways.maap.message_bodies import EXCHANGE
from tests.peers.availability import needs_package
from tests.simulator.conftest import SETTINGS, ledger_of
from tests.simulator.webhook_server import WebhookServer

pytestmark = needs_package("rcs-chatbot")

# 090-0000-SSCN: scene 00 is "delivered", 09 "no app"; carrier 0 is docomo.
NUMBER, OFF_NET, WITHOUT_APP = "+819000000003", "+819011000000", "+819000000900"
BOT = "bot1"


@dataclass
class Peer:
    """rcs-chatbot's client with a token, the events it was handed, and the simulator behind it."""

    client: Any
    simulator: Simulator
    hooks: WebhookServer
    handed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def send(self, content: Any, chips: Any = None, number: str = NUMBER) -> dict[str, Any]:
        """Send as its documentation shows; the JSON of the answer."""
        from rcs_chatbot import MessageContact  # here, since the module is also read where it is missing

        contact = MessageContact(number, None)
        answer: dict[str, Any] = await asyncio.to_thread(self.client.sendMessage, contact, content, chips)
        return answer

    async def refused(self, content: Any, chips: Any = None, number: str = NUMBER) -> str:
        """Send what must be refused; the text of the reason, as the peer reads it."""
        from rcs_chatbot import RequestFailed

        with pytest.raises(RequestFailed) as caught:
            await self.send(content, chips, number)
        return str(caught.value)

    def written(self, number: str = NUMBER) -> dict[str, Any]:
        """The newest ledger line of a handset."""
        return ledger_of(self.simulator, "0" + number[3:])[-1]

    async def events(self, *kinds: str) -> list[dict[str, Any]]:
        """Wait for webhooks of these kinds, hand all that came to the peer, and return them."""

        def all_there() -> bool:
            return set(kinds) <= {event["event"] for _, _, event in self.hooks.received}

        async with asyncio.timeout(10), self.hooks.arrived:
            await self.hooks.arrived.wait_for(all_there)
        events = [event for _, _, event in self.hooks.received]
        for event in events[len(self.handed) :]:
            self.client.processEvent(event)
        return events


@pytest.fixture
async def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Peer]:
    from rcs_chatbot import Chatbot, EventType

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    # It keeps the handlers of all its clients in one place.
    monkeypatch.setattr(Chatbot, "eventHandlers", {})
    hooks = WebhookServer()
    await hooks.start()
    simulator = Simulator(Settings(**SETTINGS | {"data_dir": tmp_path, "webhook_url": hooks.url}))
    await simulator.start()
    try:
        root = f"{simulator.http_url}/maap/docomo"
        async with httpx.AsyncClient(timeout=5) as http:
            form = {"grant_type": "client_credentials", "scope": "botmessage"}
            granted = await http.post(f"{root}/oauth2/v1/token", data=form, auth=("platform", "simulator"))
        token = granted.json()["access_token"]
        client = Chatbot(f"{root}/rcs/bot/v1", BOT, token, logging.getLogger("rcs_chatbot"))
        peer = Peer(client, simulator, hooks)
        for kind in EventType:
            client.registerEventHandler(kind)(
                lambda event, kind=kind: peer.handed.append((kind.value, event))
            )
        yield peer
    finally:
        await simulator.stop()
        await hooks.stop()


def buttons() -> Any:
    """A reply and a page; its dial action has a test of its own."""
    from rcs_chatbot import Suggestions

    suggestions = Suggestions()
    suggestions.addReply("確認", "rsv:ok")
    suggestions.addUrlAction("詳細", "rsv:url", "https://example.jp")
    return suggestions


def card(title: str = "秋の新作") -> Any:
    from rcs_chatbot import MediaHeight, Richcard

    made = Richcard()
    made.setMedia(
        "https://example.jp/a.png", "image/png", 2048, str(MediaHeight.MEDIUM), None, None, None, None
    )
    made.setTitle(title)
    made.setDescription("11/25から😀")
    made.setSuggestions(buttons())
    return made


async def test_it_sends_all_four_kinds_of_content(peer: Peer) -> None:
    """R-1 to R-4, nulls and all."""
    from rcs_chatbot import FileMessage, RichcardCarousel

    carousel = RichcardCarousel()
    for title in ("一", "二"):
        carousel.addRichcard(card(title))
    file = FileMessage("https://example.jp/v.mp4")
    file.setFileMIMEType("video/mp4")
    file.setFileName("案内.mp4")
    sent = {
        "textMessage": ("ご予約は11/25です😀", "ご予約は11/25です😀"),
        "richcardMessage": (card(), "秋の新作\n11/25から😀"),
        "fileMessage": (file, "案内.mp4"),
    }
    for kind, (content, text) in sent.items():
        answer = await peer.send(content, buttons())
        EXCHANGE["accepted"].validate(answer)
        line = peer.written()
        assert (line["kind"], line["text"]) == (kind, text)
        assert line["carrier_message_id"] == answer["RCSMessage"]["msgId"]
    await peer.send(carousel)
    assert peer.written()["text"] == "一\n11/25から😀\n\n二\n11/25から😀"


async def test_its_dial_action_is_refused_as_the_schema_wants(peer: Peer) -> None:
    """A free negative test: the number stands beside the action instead of in it."""
    from rcs_chatbot import DialType, Suggestions

    chips = Suggestions()
    chips.addDialerAction("電話", "rsv:tel", DialType.PHONE, "+81312345678", None)
    assert "suggestion is one reply or one action" in await peer.refused("x", chips)
    assert ledger_of(peer.simulator, "0" + NUMBER[3:]) == []


async def test_what_else_it_gets_wrong_is_refused_with_a_reason_it_can_read(peer: Peer) -> None:
    from rcs_chatbot import AudioMessage, CardOrientation, Richcard

    sideways = card()
    sideways.setCardOrientation(CardOrientation.HORIZONTAL)  # and writes "None" for the side
    assert "imageAlignment" in await peer.refused(sideways)
    assert "needs media, title or description" in await peer.refused(Richcard())
    assert "1 to 2730" in await peer.refused("字" * 2731)
    assert "fileUrl" in await peer.refused(AudioMessage("none"))
    assert await peer.refused("x", number=OFF_NET) == "not a subscriber of this operator"
    assert await peer.refused("x", number=WITHOUT_APP) == "not an RCS user"
    peer.simulator.operators["docomo"].tokens.revoke_all()
    assert "token" in await peer.refused("x")


async def test_it_reads_our_webhooks_and_our_gateway_reads_the_same(peer: Peer) -> None:
    """S-9, R-13, P-8: status, text and tap; two readers that share no code agree."""
    sent = await peer.send("ご予約は11/25です", buttons())
    message_id = sent["RCSMessage"]["msgId"]
    await peer.events("messageStatus")
    async with httpx.AsyncClient(base_url=peer.simulator.http_url, timeout=5) as http:
        for wishes in ({"text": "はい"}, {"text": "確認", "postback_data": "rsv:ok"}):
            answer = await http.post(f"/control/handsets/0{NUMBER[3:]}/reply", json=wishes)
            assert answer.status_code == 202
    events = await peer.events("messageStatus", "message", "response")
    assert [kind for kind, _ in peer.handed] == [event["event"] for event in events]

    ours: dict[str, DeliveryReceipt | InboundMessage] = {}
    for event in events:
        (parsed,) = parse_webhook(Carrier.DOCOMO, json.dumps(event, ensure_ascii=False).encode())
        assert isinstance(parsed, DeliveryReceipt | InboundMessage)
        ours.setdefault(event["event"], parsed)
        if isinstance(parsed, DeliveryReceipt):
            EXCHANGE["statusEvent"].validate(event)
    status, text, tap = (ours[kind] for kind in ("messageStatus", "message", "response"))
    assert isinstance(status, DeliveryReceipt)
    assert (status.carrier_message_id, status.state) == (message_id, ReceiptState.DELIVERED)
    assert isinstance(text, InboundMessage)
    assert isinstance(tap, InboundMessage)
    assert (text.text, text.postback_data, tap.postback_data) == ("はい", None, "rsv:ok")
    assert {event.bot_id for event in ours.values()} == {BOT}


async def test_it_reads_the_news_of_a_file(peer: Peer) -> None:
    """It cannot upload (its method is empty), but it knows the event."""
    async with httpx.AsyncClient(timeout=5) as http:
        answer = await http.post(
            f"{peer.client.apiUrl}/{BOT}/files",
            data={"fileType": "image/png"},
            files={"fileContent": ("a.png", b"\x89PNG", "image/png")},
            headers={"authorization": f"Bearer {peer.client.accessToken}"},
        )
    EXCHANGE["file"].validate(answer.json())
    await peer.events("fileStatus")
    ((kind, event),) = peer.handed
    EXCHANGE["fileEvent"].validate(event)
    assert (kind, event["file"]["status"]) == ("fileStatus", "ready")
