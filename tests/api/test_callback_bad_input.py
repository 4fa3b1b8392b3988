"""Webhooks nobody should send, over the real route into PostgreSQL: answered, logged once, harming nobody.

docs/carriers.md §2; what is logged finds the event again and holds nothing of what it says (I10).
"""

import json
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI
from structlog.testing import LogCapture

from domain.carriers import Carrier, Channel
from domain.delivery import ReceiptNotice
from services.campaign_counters import CounterChanges
from services.database import Database
from services.receipts import match_waiting_receipts
from services.sweeps import match_late_receipts
from tests.api.conftest import WEBHOOK_TOKEN
from tests.api.problem_answers import problem_of
from tests.services.factories import Bench, an_id, open_database
from tests.services.support import Companies
from workflows.client import DeliveryClient
from workflows.receipt_inbox import ReceiptInbox

SAKURA, MIDORI = "sakura-official", "midori-official"
MEGABYTE = 1024 * 1024
AUTHORIZED = {"Authorization": f"Bearer {WEBHOOK_TOKEN}"}
URL = "/callbacks/maap/docomo"


class Signals(DeliveryClient):
    """Notes what messages' workflows are told; there is no Temporal here."""

    def __init__(self, database: Database) -> None:
        self._told: list[tuple[UUID, str]] = []
        self.inbox = ReceiptInbox(database, self)

    async def signal_receipt(self, message_id: UUID, notice: ReceiptNotice) -> bool:
        self._told.append((message_id, notice.state.value))
        return True

    async def told(self) -> list[tuple[UUID, str]]:
        """Message and state of all signals so far, those under way included."""
        await self.inbox.close()
        return self._told


@pytest.fixture
def signals(companies: Companies) -> Signals:
    return Signals(companies.database)


@pytest_asyncio.fixture(loop_scope="session")
async def platform(app: FastAPI, signals: Signals) -> AsyncIterator[httpx.AsyncClient]:
    """A carrier's platform with our token; what it posts goes through the real inbox."""
    app.state.receipt_inbox = signals.inbox
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=AUTHORIZED) as client:
        yield client
    await signals.inbox.close()


@pytest.fixture
def bench(companies: Companies) -> Bench:
    return Bench(companies.database, companies.jobs_database, companies.first.company_id)


@pytest.fixture
def log() -> Iterator[LogCapture]:
    capture = LogCapture()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[capture])
    yield capture
    structlog.configure(processors=before)


def status_event(message_id: str, status: str = "delivered", bot: str | None = SAKURA) -> dict[str, Any]:
    return {
        "event": "messageStatus",
        "RCSMessage": {"msgId": message_id, "status": status, "timestamp": "2026-11-27T01:00:00Z"},
        "messageContact": {"userContact": "+819012345678"},
        "botId": bot,
    }


async def sent(bench: Bench, message_id: str) -> UUID:
    """A +Message of さくら商事 that docomo accepted under this id."""
    campaign = await bench.campaign()
    await bench.submitted(bench.order(campaign.message, channel=Channel.RCS), message_id)
    return campaign.message


async def rows_of(companies: Companies, message_id: str) -> list[Any]:
    return await companies.rows("SELECT * FROM receipts WHERE carrier_message_id = :id", id=message_id)


async def newest_row(companies: Companies) -> Any:
    return (await companies.rows("SELECT * FROM receipts ORDER BY id DESC LIMIT 1"))[0]


async def others_still_work(platform: httpx.AsyncClient, bench: Bench, signals: Signals) -> None:
    """Other traffic is unharmed: a real report still reaches its message."""
    message_id = an_id()
    message = await sent(bench, message_id)
    answer = await platform.post(URL, json=status_event(message_id))
    assert answer.status_code == 200
    assert (message, "delivered") in await signals.told()


def says_nothing_personal(log: LogCapture) -> None:
    written = json.dumps(log.entries, ensure_ascii=False, default=str)
    for secret in ("9012345678", "秘密", WEBHOOK_TOKEN):
        assert secret not in written


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (None, "missing"),
        ("Bearer", "missing"),
        ("Bearer 秘密", "wrong"),
        (f"Bearer {WEBHOOK_TOKEN}x", "wrong"),
        (f"Basic {WEBHOOK_TOKEN}", "wrong"),
    ],
)
async def test_without_our_token_nothing_is_read(
    platform: httpx.AsyncClient, companies: Companies, log: LogCapture, header: str | None, token: str
) -> None:
    message_id = an_id()
    del platform.headers["Authorization"]
    headers = {} if header is None else {"Authorization": header.encode()}
    answer = await platform.post(URL, json=status_event(message_id), headers=headers)  # type: ignore[arg-type]
    problem_of(answer, 401, "unauthorized")
    assert await rows_of(companies, message_id) == []
    (entry,) = log.entries
    assert (entry["event"], entry["carrier"], entry["token"]) == ("maap_webhook_refused", "docomo", token)
    says_nothing_personal(log)


async def test_a_number_in_the_path_is_not_logged(platform: httpx.AsyncClient, log: LogCapture) -> None:
    del platform.headers["Authorization"]
    answer = await platform.post("/callbacks/maap/09012345678", json={})
    assert answer.status_code in (401, 404)
    says_nothing_personal(log)


AMBIGUOUS = (
    '{"event":"messageStatus","RCSMessage":{"msgId":"A","status":"failed","status":"delivered"},'
    '"messageContact":{"userContact":"+819012345678"}}'
)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("秘密 +819012345678".encode(), "not_json"),
        (b"", "not_json"),
        (b"\xff\xfe\x00{", "not_json"),
        (b"[" * 200_000, "not_json"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "not_json"),
        (b'"+819012345678"', "not_an_object"),
        ('{"event":"秘密","userContact":"+819012345678"}'.encode(), "unknown_event"),
        (AMBIGUOUS.encode(), "ambiguous"),
        (b'{"event":"messageStatus","userContact":"+819012345678"}', "no_status"),
        (b'{"event":"message","textMessage":"+819012345678"}', "no_sender"),
        (b'{"event":"fileStatus","file":{}}', "no_file"),
        (b"[" + b"{}," * 300_000 + b"{}]", "too_many_events"),
        (b"[" + b"0," * 4_000 + b"0]", "not_an_object"),
    ],
)
async def test_what_cannot_be_read_is_kept_once_and_found_by_its_hash(
    platform: httpx.AsyncClient,
    companies: Companies,
    bench: Bench,
    signals: Signals,
    log: LogCapture,
    body: bytes,
    why: str,
) -> None:
    before = await companies.one("SELECT count(*) FROM receipts")
    answer = await platform.post(URL, content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    (entry,) = log.entries
    assert (entry["event"], entry["carrier"]) == ("maap_events_set_aside", "docomo")
    assert (list(entry["why"]), entry["body_bytes"]) == ([why], len(body))
    assert await companies.one("SELECT count(*) FROM receipts") == before + (1 if body else 0)
    if body:
        row = await newest_row(companies)
        assert (row.carrier_message_id, row.applied_at is not None) == (None, True)
        assert sha256(row.raw.encode()).hexdigest() == entry["sha256"]
        found = "SELECT count(*) FROM receipts WHERE encode(sha256(convert_to(raw, 'UTF8')), 'hex') = :hash"
        assert await companies.one(found, hash=entry["sha256"]) >= 1
    says_nothing_personal(log)
    await others_still_work(platform, bench, signals)


async def test_a_megabyte_is_read_and_a_byte_more_is_not(
    platform: httpx.AsyncClient, companies: Companies, bench: Bench, signals: Signals, log: LogCapture
) -> None:
    message_id = an_id()
    body = json.dumps({**status_event(message_id), "padding": ""})
    full = body.replace('"padding": ""', f'"padding": "{"x" * (MEGABYTE - len(body))}"')
    assert len(full) == MEGABYTE
    assert (await platform.post(URL, content=full)).status_code == 200
    (row,) = await rows_of(companies, message_id)
    assert len(row.raw) == MEGABYTE
    log.entries.clear()
    problem_of(await platform.post(URL, content=full + " "), 413, "body_too_large")
    assert log.entries == [
        {"event": "maap_webhook_too_large", "carrier": "docomo", "limit": MEGABYTE, "log_level": "warning"}
    ]
    await others_still_work(platform, bench, signals)


async def test_a_body_that_does_not_say_how_long_it_is_is_counted(platform: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 64 * 1024

    problem_of(await platform.post(URL, content=endless()), 413, "body_too_large")


async def test_an_event_for_an_unknown_id_waits_and_is_logged_once(
    platform: httpx.AsyncClient,
    companies: Companies,
    database_url: str,
    bench: Bench,
    signals: Signals,
    log: LogCapture,
) -> None:
    """However often the platform repeats it; and when its submit is on record after all, it is applied."""
    message_id = an_id()
    for _ in range(3):
        assert (await platform.post(URL, json=status_event(message_id))).status_code == 200
    (row,) = await rows_of(companies, message_id)
    assert (row.message_id, row.applied_at) == (None, None)
    (entry,) = log.entries
    assert entry["event"] == "receipt_waits_for_its_submit"
    assert (entry["receipt_id"], entry["carrier"]) == (str(row.id), "docomo")
    says_nothing_personal(log)
    await others_still_work(platform, bench, signals)

    # The process ends, and another one goes on: nothing that waits is in memory.
    async with open_database(database_url) as database:
        message = await sent(Bench(database, companies.jobs_database, bench.company_id), message_id)
    (row,) = await rows_of(companies, message_id)
    assert row.message_id == message


async def test_an_event_that_names_another_companys_account_ends_nothing(
    platform: httpx.AsyncClient, companies: Companies, bench: Bench, signals: Signals, log: LogCapture
) -> None:
    """I9: kept and logged; the real report is not kept out by it."""
    message_id = an_id()
    message = await sent(bench, message_id)
    foreign = await platform.post(URL, json=status_event(message_id, bot=MIDORI))
    assert foreign.status_code == 200
    assert await signals.told() == []
    row = await newest_row(companies)
    assert (row.message_id, row.carrier_message_id, message_id in row.raw) == (None, None, True)
    (entry,) = log.entries
    assert (entry["event"], entry["receipt_id"]) == ("receipt_of_another_account", str(row.id))
    says_nothing_personal(log)

    assert (await platform.post(URL, json=status_event(message_id))).status_code == 200
    assert await signals.told() == [(message, "delivered")]


async def test_another_companys_event_that_came_early_is_not_matched_later(
    platform: httpx.AsyncClient, companies: Companies, bench: Bench
) -> None:
    message_id = an_id()
    await platform.post(URL, json=status_event(message_id, bot=MIDORI))
    message = await sent(bench, message_id)
    await companies.rows(
        "UPDATE receipts SET received_at = received_at - interval '1 hour' WHERE carrier_message_id = :id",
        id=message_id,
    )
    async with companies.transaction() as session:
        assert await match_waiting_receipts(session, [message_id], CounterChanges()) == []
    async with companies.jobs_database.transaction() as session:
        applied = await match_late_receipts(session)
    assert message not in {receipt.message_id for receipt in applied}
    (row,) = await rows_of(companies, message_id)
    assert (row.company_id, row.message_id) == (companies.second.company_id, None)


@pytest.mark.parametrize("bot", [None, "nobody-we-know", 7, "", {"id": 1}])
async def test_without_an_account_of_ours_the_id_decides(
    platform: httpx.AsyncClient, bench: Bench, signals: Signals, bot: Any
) -> None:
    """Platforms leave botId out, or write it in a way of their own."""
    message_id = an_id()
    message = await sent(bench, message_id)
    await platform.post(URL, json=status_event(message_id, bot=bot))
    assert await signals.told() == [(message, "delivered")]


async def test_the_same_id_at_another_carrier_is_another_message(
    platform: httpx.AsyncClient, bench: Bench, signals: Signals
) -> None:
    message_id = an_id()
    await sent(bench, message_id)
    await platform.post(f"/callbacks/maap/{Carrier.AU.value}", json=status_event(message_id))
    assert await signals.told() == []


async def test_good_events_beside_bad_ones_are_applied(
    platform: httpx.AsyncClient, bench: Bench, signals: Signals, log: LogCapture
) -> None:
    message_id = an_id()
    message = await sent(bench, message_id)
    body = f"[{AMBIGUOUS},7,{json.dumps(status_event(message_id))},{{}},{{}}]"
    answer = await platform.post(URL, content=body)
    assert answer.json() == {"received": 5}
    assert await signals.told() == [(message, "delivered")]
    (entry,) = log.entries
    assert entry["why"] == {"ambiguous": 1, "not_an_object": 1, "unknown_event": 2}
