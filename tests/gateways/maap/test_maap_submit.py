"""Submitting a +Message: each answer, and each way of getting none, has one outcome (R-8, R-12, I3)."""

import asyncio
import importlib.util
import socket
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from domain.carrier_exchange import OutboundRcs, SegmentResult, SubmitOutcome
from domain.carriers import Carrier
from domain.messages import StatusReason
from gateways.maap import MaapClient, MaapProfile
from tests.gateways.maap.scripted_server import (
    BreakOff,
    Drip,
    HangUp,
    Reply,
    Reset,
    ScriptedServer,
    Silence,
    Step,
)

MESSAGE = OutboundRcs(
    "09012345678", "bot@example", "ご予約は11/25です", datetime(2026, 11, 25, 1, tzinfo=UTC)
)
ACCEPTED = Reply(202, {"RCSMessage": {"msgId": "MzABC", "status": "pending"}})


def refusal(status: int, code: Any = None) -> Reply:
    return Reply(status, {"reason": {"code": status if code is None else code, "text": "no"}})


async def test_hands_over_the_message_and_returns_the_carriers_id(
    maap: ScriptedServer, client: MaapClient
) -> None:
    maap.on("POST", "/messages", ACCEPTED)
    assert await client.submit(MESSAGE) == SegmentResult(
        1, SubmitOutcome.ACCEPTED, carrier_message_id="MzABC"
    )
    sent = maap.seen("/messages")[0]
    assert sent.target == "/maap/docomo/rcs/bot/v1/bot%40example/messages"
    assert sent.headers["authorization"] == "Bearer token-1"
    assert sent.json["messageContact"] == {"userContact": "+819012345678"}


@pytest.mark.parametrize(
    ("reply", "outcome", "reason", "code"),
    [
        (refusal(404), SubmitOutcome.NOT_CAPABLE, StatusReason.NOT_CAPABLE, "404"),
        (refusal(404, 40401), SubmitOutcome.NOT_CAPABLE, StatusReason.NOT_CAPABLE, "40401"),
        (refusal(404, 40402), SubmitOutcome.WRONG_CARRIER, None, "40402"),
        (refusal(404, "40402"), SubmitOutcome.WRONG_CARRIER, None, "40402"),
        (Reply(404, b"<html>"), SubmitOutcome.NOT_CAPABLE, StatusReason.NOT_CAPABLE, "404"),
        (refusal(410), SubmitOutcome.REJECTED, StatusReason.BARRED, "410"),
        (refusal(429), SubmitOutcome.CAPACITY_EXCEEDED, StatusReason.CAPACITY_EXCEEDED, "429"),
        (refusal(429, 42902), SubmitOutcome.CAPACITY_EXCEEDED, StatusReason.CAPACITY_EXCEEDED, "42902"),
        (refusal(429, 42901), SubmitOutcome.THROTTLED, None, "42901"),
        (refusal(400), SubmitOutcome.REJECTED, StatusReason.REJECTED, "400"),
        (refusal(403, 40301), SubmitOutcome.REJECTED, StatusReason.REJECTED, "40301"),
        (refusal(422), SubmitOutcome.REJECTED, StatusReason.REJECTED, "422"),
        (refusal(408), SubmitOutcome.UNKNOWN, None, "408"),
        (refusal(500), SubmitOutcome.UNKNOWN, None, "500"),
        (Reply(503, b""), SubmitOutcome.UNKNOWN, None, "503"),
        (refusal(502, 40402), SubmitOutcome.UNKNOWN, None, "40402"),
        (Reply(302, headers=(("location", "/"),)), SubmitOutcome.UNKNOWN, None, "302"),
        (Reply(202, b"not json"), SubmitOutcome.UNKNOWN, None, "NO_MESSAGE_ID"),
        (Reply(202, {"RCSMessage": {"msgId": None}}), SubmitOutcome.UNKNOWN, None, "NO_MESSAGE_ID"),
        (
            Reply(202, {"RCSMessage": {"msgId": "m" * 300}}),
            SubmitOutcome.UNKNOWN,
            None,
            "NO_MESSAGE_ID",
        ),
        (
            Reply(202, {"RCSMessage": {"msgId": "ok", "pad": "x" * 300_000}}),
            SubmitOutcome.UNKNOWN,
            None,
            "NO_MESSAGE_ID",
        ),
        (BreakOff(202), SubmitOutcome.UNKNOWN, None, "NO_MESSAGE_ID"),
        (BreakOff(410), SubmitOutcome.REJECTED, StatusReason.BARRED, "410"),
    ],
)
async def test_each_answer_has_its_outcome(
    maap: ScriptedServer,
    client: MaapClient,
    reply: Step,
    outcome: SubmitOutcome,
    reason: StatusReason | None,
    code: str,
) -> None:
    """R-6 wrong carrier, R-8 not capable, R-12 capacity; an answer that may mean "taken" is unknown."""
    maap.on("POST", "/messages", reply)
    assert await client.submit(MESSAGE) == SegmentResult(1, outcome, reason=reason, carrier_code=code)
    assert len(maap.seen("/messages")) == 1


@pytest.mark.parametrize("step", [Silence(), Reset(), HangUp(), Drip()])
async def test_no_answer_after_the_body_left_is_unknown_and_never_repeated(
    maap: ScriptedServer, client: MaapClient, step: Step
) -> None:
    """I3: a timeout after the write or a reset may hide an accepted message."""
    maap.on("POST", "/messages", step)
    result = await client.submit(MESSAGE)
    assert result.outcome is SubmitOutcome.UNKNOWN
    assert not result.outcome.may_send_again
    assert len(maap.seen("/messages")) == 1
    assert client.state.in_flight == 0


async def test_refused_connection_is_not_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = MaapClient(Carrier.AU, f"http://id:pw@127.0.0.1:{unused.getsockname()[1]}/maap/au")
        result = await closed.submit(MESSAGE)
        await closed.close()
    assert result == SegmentResult(1, SubmitOutcome.NOT_SENT, carrier_code="TOKEN_ConnectError")
    assert closed.state.last_error == "TOKEN_ConnectError"


async def test_connection_lost_between_token_and_message_is_not_sent(
    maap: ScriptedServer, client: MaapClient
) -> None:
    maap.on("GET", "/contactCapabilities", HangUp())
    await client.check_capability("bot", "09012345678")  # fetches the token, leaves no connection
    await maap.stop()
    result = await client.submit(MESSAGE)
    assert result == SegmentResult(1, SubmitOutcome.NOT_SENT, carrier_code="ConnectError")


@pytest.mark.parametrize("url", ["http://id:pw@host.invalid/maap/au", "https://id:pw@127.0.0.1:{port}/maap"])
async def test_failing_name_lookup_or_tls_handshake_is_not_sent(maap: ScriptedServer, url: str) -> None:
    broken = MaapClient(Carrier.AU, url.format(port=maap.port), timeout=1, connect_timeout=1)
    result = await broken.submit(MESSAGE)
    await broken.close()
    assert result.outcome is SubmitOutcome.NOT_SENT


async def test_no_free_connection_in_time_is_not_sent(maap: ScriptedServer) -> None:
    narrow = MaapClient(
        Carrier.DOCOMO,
        f"http://id:pw@127.0.0.1:{maap.port}/maap/docomo",
        timeout=0.5,
        connect_timeout=0.1,
        max_connections=1,
    )
    maap.on("POST", "/messages", Silence())
    first, second = await asyncio.gather(narrow.submit(MESSAGE), narrow.submit(MESSAGE))
    await narrow.close()
    assert (first.outcome, second.outcome) == (SubmitOutcome.UNKNOWN, SubmitOutcome.NOT_SENT)
    assert second.carrier_code == "PoolTimeout"
    assert len(maap.seen("/messages")) == 1


async def test_many_messages_share_few_connections(maap: ScriptedServer, client: MaapClient) -> None:
    maap.on("POST", "/messages", ACCEPTED)
    for _ in range(5):
        await client.submit(MESSAGE)
    assert {request.connection for request in maap.requests} == {1}


async def test_half_a_surrogate_pair_is_refused_before_anything_leaves(
    maap: ScriptedServer, client: MaapClient
) -> None:
    broken = OutboundRcs("09012345678", "bot", "x\ud83d", MESSAGE.expires_at)
    assert (await client.submit(broken)).reason is StatusReason.CONTENT_INVALID
    assert maap.requests == []


async def test_throttling_codes_are_profile_data(maap: ScriptedServer) -> None:
    profile = MaapProfile(throttle_codes=frozenset(), wrong_carrier_codes=frozenset({"777"}))
    other = MaapClient(Carrier.DOCOMO, f"http://id:pw@127.0.0.1:{maap.port}", profile=profile)
    maap.on("POST", "/messages", refusal(429, 42901), refusal(403, 777))
    outcomes = [(await other.submit(MESSAGE)).outcome for _ in range(2)]
    await other.close()
    assert outcomes == [SubmitOutcome.CAPACITY_EXCEEDED, SubmitOutcome.WRONG_CARRIER]


async def test_operator_sees_the_link(maap: ScriptedServer, client: MaapClient) -> None:
    maap.on("POST", "/messages", Reply(503, delay=0.05), refusal(404, 40402))
    before = client.state
    assert (before.in_flight, before.token_valid_until, before.last_success_at) == (0, None, None)
    submit = asyncio.create_task(client.submit(MESSAGE))
    await asyncio.sleep(0.03)
    assert client.state.in_flight == 1
    await submit
    failed = client.state
    assert (failed.last_error, failed.in_flight, failed.last_success_at) == ("503", 0, None)
    assert not failed.is_up
    assert failed.token_valid_until is not None
    await client.submit(MESSAGE)
    # A refusal of one message is a working link.
    assert client.state.last_success_at is not None
    assert (client.state.last_error, client.state.is_up) == ("503", True)


async def test_operator_sees_since_when_a_carrier_says_not_now(
    maap: ScriptedServer, client: MaapClient
) -> None:
    """A capability answer in between takes nothing: only an accepted message ends it."""
    maap.on("POST", "/messages", refusal(429, 42901), refusal(429, 42901), ACCEPTED)
    maap.on("GET", "/contactCapabilities", Reply(200, {"capabilities": ["chat"]}))
    seen = []
    for _ in range(3):
        await client.check_capability("bot", "09012345678")
        await client.submit(MESSAGE)
        seen.append(client.state.throttled_since)
    assert seen[0] is not None
    assert seen == [seen[0], seen[0], None]
    assert client.state.is_up


async def test_cancelled_submit_leaves_no_trace_in_the_state(
    maap: ScriptedServer, client: MaapClient
) -> None:
    maap.on("POST", "/messages", Silence())
    submit = asyncio.create_task(client.submit(MESSAGE))
    await asyncio.sleep(0.05)
    submit.cancel()
    with pytest.raises(asyncio.CancelledError):
        await submit
    assert client.state.in_flight == 0


async def test_logs_hold_no_number_text_secret_or_token(
    maap: ScriptedServer, client: MaapClient, caplog: pytest.LogCaptureFixture
) -> None:
    """I10, also on the levels of httpx and httpcore."""
    caplog.set_level("DEBUG")
    maap.on("POST", "/messages", Reset())
    maap.on("GET", "/contactCapabilities", Reply(500))
    with structlog.testing.capture_logs() as ours:
        await client.submit(MESSAGE)
        await client.check_capability("bot", "09012345678")
    written = f"{ours}{caplog.text}"
    assert len(ours) == 2
    for secret in ("9012345678", "ご予約", "se/cret", "token-1"):
        assert secret not in written


@pytest.mark.parametrize(
    "url", ["http://host/maap", "ftp://id:pw@host/maap", "http://id@host", "http://:pw@host", "id:pw@host"]
)
async def test_unusable_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        MaapClient(Carrier.DOCOMO, url)
    assert "pw" not in str(refused.value).replace("secret", "")


async def test_missing_sniffio_is_not_searched_for_at_every_request(client: MaapClient) -> None:
    """Python repeats a failed import each time; httpcore tries one several times per request."""
    assert client.carrier is Carrier.DOCOMO
    assert "sniffio" in sys.modules or importlib.util.find_spec("sniffio") is not None


async def test_rakuten_has_no_maap() -> None:
    """R-6: no Rakuten."""
    with pytest.raises(KeyError):
        MaapClient(Carrier.RAKUTEN, "http://id:pw@host")
