"""Our gateway against the simulator, which shares no code with it: every call, content and event."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.carrier_exchange import (
    Capability,
    DeliveryReceipt,
    OutboundRcs,
    ReceiptState,
    RevokeOutcome,
    SubmitOutcome,
)
from domain.carriers import Carrier
from domain.rcs_contents import (
    Card,
    Carousel,
    Dial,
    FileContent,
    Media,
    MediaType,
    OpenUrl,
    RcsContent,
    Reply,
    RichCard,
    TextContent,
    text_of,
)
from domain.rcs_files import FileState, FileUpload, MediaFileEvent
from gateways.maap import MaapClient, WebhookEvent, parse_webhook
from gateways.maap.bodies import REVOCATION_BODY
from simulator import Settings, Simulator
from tests.gateways.maap.message_bodies import EXCHANGE
from tests.simulator.conftest import SETTINGS, ledger_of
from tests.simulator.webhook_server import WebhookServer

# 090-0000-SSCN: 00 is "delivered", 11 "delivered after eleven minutes"; carrier 0 is docomo.
NUMBER, SLOW, WITHOUT_APP, AT_AU = "09000000003", "09000001103", "09000000903", "09000000013"
BOT = "bot1"
CHIPS = (
    Reply("はい", "yes"),
    OpenUrl("詳細", "url", "https://example.jp"),
    Dial("電話", "tel", "03-1234-5678"),
)
PICTURE = Media("https://example.jp/a.png", MediaType.PNG, 2048)


@pytest.fixture(scope="module")
async def hooks() -> AsyncIterator[WebhookServer]:
    server = WebhookServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="module")
async def simulator(
    tmp_path_factory: pytest.TempPathFactory, hooks: WebhookServer
) -> AsyncIterator[Simulator]:
    folder: Path = tmp_path_factory.mktemp("simulator")
    running = Simulator(Settings(**SETTINGS | {"data_dir": folder, "webhook_url": hooks.url}))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[MaapClient]:
    url = f"http://platform:simulator@127.0.0.1:{simulator.http_port}/maap/docomo"
    maap = MaapClient(Carrier.DOCOMO, url, timeout=5)
    yield maap
    await maap.close()


def outbound(content: RcsContent | str, number: str = NUMBER) -> OutboundRcs:
    return OutboundRcs(number, BOT, content, datetime.now(UTC) + timedelta(hours=72))


async def event_about(hooks: WebhookServer, kind: str, known_id: str | None) -> WebhookEvent:
    """The webhook about a message or file, as the gateway reads it; it fits our schema of that kind."""

    def found() -> list[dict[str, Any]]:
        events = [event for _, _, event in hooks.received]
        ids = [{**event.get("RCSMessage", {}), **event.get("file", {})} for event in events]
        return [e for e, i in zip(events, ids, strict=True) if known_id in (i.get("msgId"), i.get("fileId"))]

    assert known_id is not None
    async with asyncio.timeout(10), hooks.arrived:
        await hooks.arrived.wait_for(found)
    EXCHANGE[kind].validate(found()[0])
    (event,) = parse_webhook(Carrier.DOCOMO, json.dumps(found()[0]).encode())
    return event


@pytest.mark.parametrize(
    "content",
    [
        TextContent("ご予約は11/25です😀", CHIPS),
        RichCard(Card(PICTURE, "秋の新作", "11/25から", CHIPS), chips=CHIPS),
        Carousel((Card(PICTURE, "一"), Card(title="二", suggestions=CHIPS[:1])), chips=CHIPS),
        FileContent("https://example.jp/v.mp4", MediaType.MP4, 4096, "案内.mp4", chips=CHIPS),
    ],
)
async def test_every_kind_of_content_arrives_and_is_reported(
    simulator: Simulator, hooks: WebhookServer, client: MaapClient, content: RcsContent
) -> None:
    """R-1 to R-4, S-9."""
    result = await client.submit(outbound(content))
    assert result.outcome is SubmitOutcome.ACCEPTED
    line = ledger_of(simulator, NUMBER)[-1]
    assert (line["carrier_message_id"], line["text"]) == (result.carrier_message_id, text_of(content))
    receipt = await event_about(hooks, "statusEvent", result.carrier_message_id)
    assert isinstance(receipt, DeliveryReceipt)
    assert (receipt.carrier_message_id, receipt.state, receipt.phone_number, receipt.bot_id) == (
        result.carrier_message_id,
        ReceiptState.DELIVERED,
        NUMBER,
        BOT,
    )


async def test_capability_and_its_refusals(client: MaapClient) -> None:
    """R-6, R-7."""
    numbers = (NUMBER, WITHOUT_APP, AT_AU)
    found = [await client.check_capability(BOT, number) for number in numbers]
    assert found == [Capability.CAPABLE, Capability.NOT_CAPABLE, Capability.WRONG_CARRIER]
    outcomes = [(await client.submit(outbound("x", number))).outcome for number in numbers[1:]]
    assert outcomes == [SubmitOutcome.NOT_CAPABLE, SubmitOutcome.WRONG_CARRIER]


async def test_a_message_is_revoked_until_it_is_delivered(hooks: WebhookServer, client: MaapClient) -> None:
    """R-8, R-9."""
    EXCHANGE["statusChange"].validate(json.loads(REVOCATION_BODY))
    slow = (await client.submit(outbound("x", SLOW))).carrier_message_id
    assert slow is not None
    assert await client.revoke(BOT, slow) is RevokeOutcome.REVOKED
    revoked = await event_about(hooks, "statusEvent", slow)
    assert isinstance(revoked, DeliveryReceipt)
    assert (revoked.carrier_message_id, revoked.state) == (slow, ReceiptState.REVOKED)
    fast = (await client.submit(outbound("x"))).carrier_message_id
    assert fast is not None
    await hooks.wait_for(fast, "delivered")
    assert await client.revoke(BOT, fast) is RevokeOutcome.ALREADY_DELIVERED
    assert await client.revoke(BOT, "Mznobody") is RevokeOutcome.FAILED


async def test_a_token_that_was_taken_away_is_replaced_under_way(
    simulator: Simulator, client: MaapClient
) -> None:
    assert (await client.submit(outbound("x"))).outcome is SubmitOutcome.ACCEPTED
    simulator.operators["docomo"].tokens.revoke_all()
    assert (await client.submit(outbound("x"))).outcome is SubmitOutcome.ACCEPTED


async def test_a_picture_is_uploaded_used_in_a_card_and_deleted(
    hooks: WebhookServer, client: MaapClient
) -> None:
    """R-2: the address a card points at is the one the event brought."""
    content = b"\x89PNG" + bytes(range(256)) * 40
    upload = FileUpload(MediaType.PNG, content, datetime.now(UTC) + timedelta(days=7))
    answer = await client.upload_file(BOT, upload)
    assert answer.file is not None
    assert (answer.file.state, answer.file.size) == (FileState.PENDING, len(content))
    event = await event_about(hooks, "fileEvent", answer.file.file_id)
    assert isinstance(event, MediaFileEvent)
    assert (event.file.file_id, event.file.state) == (answer.file.file_id, FileState.READY)
    assert (await client.ask_file(BOT, answer.file.file_id)).file == event.file
    assert event.file.url is not None
    card = RichCard(Card(Media(event.file.url, MediaType.PNG, len(content)), "写真"))
    assert (await client.submit(outbound(card))).outcome is SubmitOutcome.ACCEPTED

    assert (await client.ask_file("bot2", answer.file.file_id)).carrier_code == "404"
    assert await client.delete_file(BOT, answer.file.file_id)
    assert (await client.ask_file(BOT, answer.file.file_id)).carrier_code == "404"


async def test_a_file_that_is_not_what_it_says_is_refused_by_event(
    hooks: WebhookServer, client: MaapClient
) -> None:
    upload = FileUpload(MediaType.MP4, b"\x89PNG", datetime.now(UTC) + timedelta(days=7))
    answer = await client.upload_file(BOT, upload)
    assert answer.file is not None
    event = await event_about(hooks, "fileEvent", answer.file.file_id)
    assert isinstance(event, MediaFileEvent)
    assert (event.file.state, event.file.carrier_code, event.file.url) == (FileState.FAILED, "415", None)
