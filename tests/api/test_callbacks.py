"""What carriers' +Message platforms post: let in by token, answered when committed (docs/carriers.md §2)."""

import json
from collections.abc import Iterator

import httpx
import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from structlog.testing import LogCapture

from api.settings import ApiSettings
from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier, Channel
from tests.api.conftest import WEBHOOK_TOKEN
from tests.api.problem_answers import problem_of

AUTHORIZED = {"Authorization": f"Bearer {WEBHOOK_TOKEN}"}
DELIVERED = {
    "event": "messageStatus",
    "messageContact": {"userContact": "+819012345678"},
    "RCSMessage": {"msgId": "MzTest", "status": "delivered", "timestamp": "2026-11-23T01:00:00Z"},
}
REPLY = {
    "event": "message",
    "messageContact": {"userContact": "+819012345678"},
    "RCSMessage": {"msgId": "MzReply", "textMessage": "予約を変えたい"},
}


@pytest.fixture
def log() -> Iterator[LogCapture]:
    capture = LogCapture()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[capture])
    yield capture
    structlog.configure(processors=before)


async def test_a_report_is_committed_before_the_answer(anonymous: httpx.AsyncClient, app: FastAPI) -> None:
    answer = await anonymous.post("/callbacks/maap/au", json=DELIVERED, headers=AUTHORIZED)
    assert (answer.status_code, answer.json()) == (200, {"received": 1})
    (receipt,) = app.state.receipt_inbox.receipts
    assert (receipt.channel, receipt.carrier, receipt.state) == (
        Channel.RCS,
        Carrier.AU,
        ReceiptState.DELIVERED,
    )
    assert receipt.carrier_message_id == "MzTest"


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer wrong", WEBHOOK_TOKEN, f"Basic {WEBHOOK_TOKEN}"]
)
async def test_lets_in_only_who_has_the_token(
    anonymous: httpx.AsyncClient, app: FastAPI, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await anonymous.post("/callbacks/maap/docomo", json=DELIVERED, headers=headers)
    problem_of(answer, 401, "unauthorized")
    assert not app.state.receipt_inbox.receipts


async def test_without_a_token_of_ours_nobody_gets_in(anonymous: httpx.AsyncClient, app: FastAPI) -> None:
    app.state.api_settings = ApiSettings(maap_webhook_token="")
    for given in ("Bearer ", "Bearer x"):
        answer = await anonymous.post("/callbacks/maap/au", json=DELIVERED, headers={"Authorization": given})
        problem_of(answer, 401, "unauthorized")


async def test_a_platform_speaks_for_its_own_carrier_only(anonymous: httpx.AsyncClient, app: FastAPI) -> None:
    """Where a carrier has a token of its own, neither another's nor that of all will do."""
    app.state.api_settings = ApiSettings(
        maap_webhook_token=WEBHOOK_TOKEN, maap_webhook_tokens={Carrier.DOCOMO: "d" * 20, Carrier.AU: "a" * 20}
    )
    allowed = {"docomo": "d" * 20, "au": "a" * 20, "softbank": WEBHOOK_TOKEN}
    for carrier in allowed:
        for token in allowed.values():
            answer = await anonymous.post(
                f"/callbacks/maap/{carrier}", json=DELIVERED, headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status_code == (200 if token == allowed[carrier] else 401), carrier


@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b"[1, null]", b'{"event": "isTyping"}', b'{"event": "whatIsThis"}', b"\xff\x00"],
)
async def test_whatever_else_comes_is_acknowledged(anonymous: httpx.AsyncClient, body: bytes) -> None:
    """Unknown events are answered 200, or the platform repeats them for ever."""
    answer = await anonymous.post("/callbacks/maap/softbank", content=body, headers=AUTHORIZED)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("body", "kept"), [(b'{"event": "whatIsThis"}', 1), (b'{"event": "isTyping"}', 0)])
async def test_what_nobody_could_read_is_kept_as_it_came(
    anonymous: httpx.AsyncClient, app: FastAPI, body: bytes, kept: int
) -> None:
    """docs/carriers.md §2: unknown events are stored; those we know and do not use are not."""
    await anonymous.post("/callbacks/maap/softbank", content=body, headers=AUTHORIZED)
    assert [receipt.raw for receipt in app.state.receipt_inbox.receipts] == [body.decode()] * kept


async def test_several_events_in_one_body(anonymous: httpx.AsyncClient, app: FastAPI) -> None:
    answer = await anonymous.post("/callbacks/maap/docomo", json=[DELIVERED, REPLY], headers=AUTHORIZED)
    assert answer.json() == {"received": 2}
    assert len(app.state.receipt_inbox.receipts) == 1


async def test_a_reply_is_committed_before_the_answer(
    anonymous: httpx.AsyncClient, app: FastAPI, log: LogCapture
) -> None:
    """P-8: what could not be kept is repeated by the platform. Nothing of it is logged here."""
    answer = await anonymous.post("/callbacks/maap/au", json=REPLY, headers=AUTHORIZED)
    assert answer.status_code == 200
    (message,) = app.state.inbound_inbox.messages
    assert (message.phone_number, message.text) == ("09012345678", "予約を変えたい")
    assert log.entries == []
    app.state.inbound_inbox.failure = OperationalError("INSERT", {}, OSError("connection refused"))
    answer = await anonymous.post("/callbacks/maap/au", json=REPLY, headers=AUTHORIZED)
    problem_of(answer, 503, "temporarily_unavailable")


async def test_a_new_follower_answers_nothing(
    anonymous: httpx.AsyncClient, app: FastAPI, log: LogCapture
) -> None:
    """R-14: a subscription is no message; that one came is logged, without its number."""
    await anonymous.post("/callbacks/maap/au", json={**REPLY, "event": "newUser"}, headers=AUTHORIZED)
    assert app.state.inbound_inbox.messages == []
    assert [entry["event"] for entry in log.entries] == ["subscription_received"]
    assert "9012345678" not in json.dumps(log.entries, ensure_ascii=False, default=str)


async def test_a_database_that_is_down_makes_the_platform_repeat(
    anonymous: httpx.AsyncClient, app: FastAPI
) -> None:
    app.state.receipt_inbox.failure = OperationalError("INSERT", {}, OSError("connection refused"))
    answer = await anonymous.post("/callbacks/maap/au", json=DELIVERED, headers=AUTHORIZED)
    problem_of(answer, 503, "temporarily_unavailable")
    app.state.receipt_inbox.failure = ValueError("a mistake of ours")
    answer = await anonymous.post("/callbacks/maap/au", json=DELIVERED, headers=AUTHORIZED)
    problem_of(answer, 500, "internal_error")


@pytest.mark.parametrize("path", ["rakuten", "nobody", "", "au/extra"])
async def test_unknown_platforms(anonymous: httpx.AsyncClient, path: str) -> None:
    """R-6: Rakuten takes no part in +Message."""
    answer = await anonymous.post(f"/callbacks/maap/{path}", json=DELIVERED, headers=AUTHORIZED)
    problem_of(answer, 404, "not_found")


async def test_refuses_a_body_beyond_a_megabyte(anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.post("/callbacks/maap/au", content=b" " * (1024 * 1024 + 1), headers=AUTHORIZED)
    problem_of(answer, 413, "body_too_large")
