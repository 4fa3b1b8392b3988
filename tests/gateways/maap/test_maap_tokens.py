"""The OAuth token: fetched once, renewed ahead, replaced once after 401 (docs/carriers.md §2)."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from domain.carrier_exchange import Capability, OutboundRcs, RevokeOutcome, SubmitOutcome
from domain.carriers import Carrier
from gateways.maap import MaapClient
from tests.gateways.maap.scripted_server import Reply, Reset, ScriptedServer, Silence, Step

MESSAGE = OutboundRcs("09012345678", "bot", "x", datetime(2026, 11, 25, tzinfo=UTC))
ACCEPTED = Reply(202, {"RCSMessage": {"msgId": "Mz1"}})
TOKEN = "/oauth2/v1/token"


def token(value: str, expires_in: object = 3600, delay: float = 0.0) -> Reply:
    return Reply(200, {"access_token": value, "expires_in": expires_in}, delay=delay)


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def timed(maap: ScriptedServer, clock: Clock) -> AsyncIterator[MaapClient]:
    client = MaapClient(Carrier.AU, f"http://id:pw@127.0.0.1:{maap.port}/maap/au", timeout=0.3, clock=clock)
    maap.on("POST", "/messages", ACCEPTED)
    yield client
    await client.close()


async def outcome(client: MaapClient) -> SubmitOutcome:
    return (await client.submit(MESSAGE)).outcome


def bearers(maap: ScriptedServer) -> list[str]:
    return [request.headers["authorization"] for request in maap.seen("/messages")]


async def test_asks_with_client_credentials(maap: ScriptedServer, client: MaapClient) -> None:
    maap.on("POST", "/messages", ACCEPTED)
    await client.submit(MESSAGE)
    asked = maap.seen(TOKEN)[0]
    assert asked.target == "/maap/docomo/oauth2/v1/token"
    scheme, credentials = asked.headers["authorization"].split()
    assert (scheme, base64.b64decode(credentials)) == ("Basic", b"shop@x:se/cret")
    assert asked.body == b"grant_type=client_credentials&scope=botmessage"


async def test_concurrent_messages_cost_one_token(maap: ScriptedServer, timed: MaapClient) -> None:
    maap.on("POST", TOKEN, token("one", delay=0.05))
    results = await asyncio.gather(*(outcome(timed) for _ in range(12)))
    assert set(results) == {SubmitOutcome.ACCEPTED}
    assert len(maap.seen(TOKEN)) == 1


async def test_expired_token_is_not_used(maap: ScriptedServer, timed: MaapClient, clock: Clock) -> None:
    maap.on("POST", TOKEN, token("one", 100), token("two", 100))
    await outcome(timed)
    clock.now += 100
    await outcome(timed)
    assert bearers(maap) == ["Bearer one", "Bearer two"]


async def test_token_is_renewed_in_the_background_before_it_ends(
    maap: ScriptedServer, timed: MaapClient, clock: Clock
) -> None:
    maap.on("POST", TOKEN, token("one", 3600), token("two", 3600, delay=0.05))
    await outcome(timed)
    clock.now += 3600 - 59
    await asyncio.gather(outcome(timed), outcome(timed))
    assert bearers(maap)[1:] == ["Bearer one", "Bearer one"]
    async with asyncio.timeout(10):
        while bearers(maap)[-1] != "Bearer two":
            await asyncio.sleep(0.05)
            await outcome(timed)
    assert len(maap.seen(TOKEN)) == 2


async def test_failing_renewal_disturbs_nobody_and_is_tried_again_later(
    maap: ScriptedServer, timed: MaapClient, clock: Clock
) -> None:
    maap.on("POST", TOKEN, token("one", 100), Reply(503), Reset(), token("two", 100))
    await outcome(timed)
    clock.now += 85
    asked = []
    for pause in (0.0, 0.5, 2.0, 2.0):
        clock.now += pause
        assert await outcome(timed) is SubmitOutcome.ACCEPTED
        await asyncio.sleep(0.03)
        asked.append(len(maap.seen(TOKEN)))
    # At +85 it failed, at +85.5 it waited, at +87.5 it was reset, at +89.5 it worked.
    assert asked == [2, 2, 3, 4]
    await outcome(timed)
    assert bearers(maap)[-1] == "Bearer two"


async def test_refused_token_is_replaced_once_and_the_message_repeated(
    maap: ScriptedServer, timed: MaapClient
) -> None:
    """A 401 certainly accepted nothing, so the repeat cannot send twice."""
    maap.on("POST", TOKEN, token("one"), token("two"))
    maap.on("POST", "/messages", Reply(401), ACCEPTED)
    assert await outcome(timed) is SubmitOutcome.ACCEPTED
    assert bearers(maap) == ["Bearer one", "Bearer two"]


async def test_second_401_is_not_sent(maap: ScriptedServer, timed: MaapClient) -> None:
    maap.on("POST", "/messages", Reply(401))
    result = await timed.submit(MESSAGE)
    assert (result.outcome, result.carrier_code) == (SubmitOutcome.NOT_SENT, "401")
    assert len(maap.seen("/messages")) == 2
    assert timed.state.last_error == "401"


async def test_no_answer_to_the_repeat_after_401_is_unknown(maap: ScriptedServer, timed: MaapClient) -> None:
    maap.on("POST", "/messages", Reply(401), Silence())
    assert await outcome(timed) is SubmitOutcome.UNKNOWN


async def test_many_refused_at_once_cost_one_new_token(maap: ScriptedServer, timed: MaapClient) -> None:
    maap.on("POST", TOKEN, token("one"), token("two", delay=0.05))
    maap.on("POST", "/messages", *[Reply(401)] * 8, ACCEPTED)
    results = await asyncio.gather(*(outcome(timed) for _ in range(8)))
    assert set(results) == {SubmitOutcome.ACCEPTED}
    assert len(maap.seen(TOKEN)) == 2


async def test_late_401_for_the_old_token_does_not_cost_the_new_one(
    maap: ScriptedServer, timed: MaapClient
) -> None:
    maap.on("POST", TOKEN, token("one"), token("two"), token("three"))
    maap.on("POST", "/messages", ACCEPTED, Reply(401), Reply(401, delay=0.1), ACCEPTED)
    await outcome(timed)
    await asyncio.gather(outcome(timed), outcome(timed))
    assert len(maap.seen(TOKEN)) == 2
    assert bearers(maap)[-1] == "Bearer two"


async def test_capability_and_revoke_also_replace_a_refused_token(
    maap: ScriptedServer, timed: MaapClient
) -> None:
    maap.on("POST", TOKEN, token("one"), token("two"), token("three"))
    maap.on("GET", "/contactCapabilities", Reply(401), Reply(200, {"capabilities": ["chat"]}))
    maap.on("PUT", "/status", Reply(401), Reply(204))
    assert await timed.check_capability("bot", "09012345678") is Capability.CAPABLE
    assert await timed.revoke("bot", "Mz1") is RevokeOutcome.REVOKED


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (Reply(401), "TOKEN_401"),
        (Reply(500), "TOKEN_500"),
        (Reply(200, b"{"), "TOKEN_UNREADABLE"),
        (Reply(200, {"access_token": "a\nb"}), "TOKEN_UNREADABLE"),
        (Reply(200, {"access_token": 5}), "TOKEN_UNREADABLE"),
        (Silence(), "TOKEN_ReadTimeout"),
        (Reset(), "TOKEN_ReadError"),
    ],
)
async def test_without_a_token_nothing_is_sent(
    maap: ScriptedServer, timed: MaapClient, step: Step, code: str
) -> None:
    maap.on("POST", TOKEN, step)
    result = await timed.submit(MESSAGE)
    assert (result.outcome, result.carrier_code) == (SubmitOutcome.NOT_SENT, code)
    assert maap.seen("/messages") == []


async def test_a_token_endpoint_that_is_down_is_not_asked_with_every_message(
    maap: ScriptedServer, timed: MaapClient, clock: Clock
) -> None:
    """All who wait share one failure; then nothing is asked for two seconds, and then it may work again."""
    maap.on("POST", TOKEN, Reply(401, delay=0.05), token("one"))
    results = await asyncio.gather(*(timed.submit(MESSAGE) for _ in range(8)))
    results.append(await timed.submit(MESSAGE))
    assert {(result.outcome, result.carrier_code) for result in results} == {
        (SubmitOutcome.NOT_SENT, "TOKEN_401")
    }
    assert len(maap.seen(TOKEN)) == 1
    assert (timed.state.is_up, timed.state.token_valid_until) == (False, None)
    clock.now += 2
    assert await outcome(timed) is SubmitOutcome.ACCEPTED
    assert timed.state.is_up


async def test_cancelled_caller_does_not_take_the_token_from_the_others(
    maap: ScriptedServer, timed: MaapClient
) -> None:
    maap.on("POST", TOKEN, token("one", delay=0.1))
    first = asyncio.create_task(outcome(timed))
    await asyncio.sleep(0.03)
    second = asyncio.create_task(outcome(timed))
    await asyncio.sleep(0.01)
    first.cancel()
    assert await second is SubmitOutcome.ACCEPTED
    assert len(maap.seen(TOKEN)) == 1


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [("600", 600), (None, 300), ("soon", 300), (-1, 300), ([], 300), (float("nan"), 300), (10**9, 86_400)],
)
async def test_strange_lifetimes_are_bounded(
    maap: ScriptedServer, timed: MaapClient, expires_in: object, seconds: int
) -> None:
    maap.on("POST", TOKEN, token("one", expires_in))
    await outcome(timed)
    valid_until = timed.state.token_valid_until
    assert valid_until is not None
    assert abs(valid_until - datetime.now(UTC) - timedelta(seconds=seconds)) < timedelta(seconds=5)
