"""Number recycling lookups against a real HTTP server (M-1, M-2, M-4, docs/carriers.md §3)."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import date

import pytest
import structlog

from domain.carrier_exchange import RecyclingOutcome
from gateways.number_recycling import CIRCUIT_OPEN, CircuitPosition, NumberRecyclingClient, RecyclingResult
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

NUMBER = "09012345678"
TODAY = date(2026, 11, 23)
CLEAN = Reply(200, {"phoneNumberRecycled": False})


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
async def directory() -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(directory: ScriptedServer, clock: Clock) -> AsyncIterator[NumberRecyclingClient]:
    recycling = NumberRecyclingClient(
        f"http://s3cret-token@127.0.0.1:{directory.port}",
        timeout=1.0,
        failures_to_open=3,
        open_seconds=5,
        clock=clock,
    )
    yield recycling
    await recycling.close()


async def check(
    client: NumberRecyclingClient, since: date = date(2026, 1, 1), correlator: str = "message-1"
) -> RecyclingResult:
    return await client.check(NUMBER, since, TODAY, correlator=correlator)


def error(status: int, code: str) -> Reply:
    return Reply(status, {"status": status, "code": code, "message": "no"})


async def test_asks_with_token_correlator_and_international_number(
    directory: ScriptedServer, client: NumberRecyclingClient
) -> None:
    directory.on("POST", "/check", CLEAN)
    assert await check(client) == RecyclingResult(RecyclingOutcome.NOT_RECYCLED)
    asked = directory.requests[0]
    assert asked.target == "/number-recycling/v0.2/check"
    assert asked.headers["authorization"] == "Bearer s3cret-token"
    assert asked.headers["x-correlator"] == "message-1"
    assert asked.json == {"phoneNumber": "+819012345678", "specifiedDate": "2026-01-01"}


@pytest.mark.parametrize(
    ("since", "asked"),
    [
        (date(1999, 1, 1), "2024-11-23"),
        (date(2024, 11, 22), "2024-11-23"),
        (date(2024, 11, 24), "2024-11-24"),
    ],
)
async def test_never_asks_further_back_than_two_years(
    directory: ScriptedServer, client: NumberRecyclingClient, since: date, asked: str
) -> None:
    """M-2."""
    directory.on("POST", "/check", CLEAN)
    await check(client, since)
    assert directory.requests[0].json["specifiedDate"] == asked


@pytest.mark.parametrize(
    ("step", "result"),
    [
        (CLEAN, RecyclingResult(RecyclingOutcome.NOT_RECYCLED)),
        (Reply(200, {"phoneNumberRecycled": True}), RecyclingResult(RecyclingOutcome.RECYCLED)),
    ],
)
async def test_answer_decides(
    directory: ScriptedServer, client: NumberRecyclingClient, step: Step, result: RecyclingResult
) -> None:
    """M-1, M-4: both answers are billed."""
    directory.on("POST", "/check", step)
    assert await check(client) == result
    assert client.state.last_success_at is not None


@pytest.mark.parametrize(
    ("step", "code", "retryable"),
    [
        (error(400, "INVALID_ARGUMENT"), "INVALID_ARGUMENT", False),
        (error(400, "OUT_OF_RANGE"), "OUT_OF_RANGE", False),
        (error(401, "UNAUTHENTICATED"), "UNAUTHENTICATED", False),
        (error(403, "PERMISSION_DENIED"), "PERMISSION_DENIED", False),
        (error(404, "IDENTIFIER_NOT_FOUND"), "IDENTIFIER_NOT_FOUND", False),
        (error(422, "SERVICE_NOT_APPLICABLE"), "SERVICE_NOT_APPLICABLE", False),
        (error(429, "TOO_MANY_REQUESTS"), "TOO_MANY_REQUESTS", True),
        (error(503, "UNAVAILABLE"), "UNAVAILABLE", True),
        (Reply(500, b"<html>"), "500", True),
        (Reply(404, {"code": 7}), "404", False),
        (Reply(302), "302", False),
        (Reply(200, b"true"), "UNREADABLE", False),
        (Reply(200, {"phoneNumberRecycled": "false"}), "UNREADABLE", False),
        (Reply(200, {"phoneNumberRecycled": 0}), "UNREADABLE", False),
        (Reply(200, {"phoneNumberRecycled": None}), "UNREADABLE", False),
        (Reply(200, {"phoneNumberRecycled": False, "x": "x" * 70_000}), "UNREADABLE", False),
        (BreakOff(200), "RemoteProtocolError", True),
        (Silence(), "TimeoutError", True),
        (Drip(), "TimeoutError", True),
        (Reset(), "ReadError", True),
        (HangUp(), "RemoteProtocolError", True),
    ],
)
async def test_every_error_is_a_failed_lookup_with_its_code(
    directory: ScriptedServer, client: NumberRecyclingClient, step: Step, code: str, retryable: bool
) -> None:
    """M-1 DB照会エラー: nothing but a clear "false" may let a message go out."""
    directory.on("POST", "/check", step)
    assert await check(client) == RecyclingResult(RecyclingOutcome.LOOKUP_FAILED, code, retryable)
    state = client.state
    assert (state.in_flight, state.last_error, state.last_success_at) == (0, code, None)


@pytest.mark.parametrize(
    ("step", "is_up", "throttled"),
    [
        (CLEAN, True, False),
        (error(404, "IDENTIFIER_NOT_FOUND"), True, False),
        (error(429, "TOO_MANY_REQUESTS"), True, True),
        (error(401, "UNAUTHENTICATED"), False, False),
        (error(503, "UNAVAILABLE"), False, False),
        (Reset(), False, False),
    ],
)
async def test_state_tells_a_refusal_about_a_number_from_a_directory_that_is_down(
    directory: ScriptedServer, client: NumberRecyclingClient, step: Step, is_up: bool, throttled: bool
) -> None:
    """N-5."""
    assert client.state.since is None
    directory.on("POST", "/check", step)
    await check(client)
    state = client.state
    assert (state.is_up, state.throttled_since is not None, state.since is not None) == (
        is_up,
        throttled,
        True,
    )


async def test_refused_connection_is_a_failed_lookup() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = NumberRecyclingClient(f"http://t@127.0.0.1:{unused.getsockname()[1]}")
        result = await check(client)
        await client.close()
    assert result == RecyclingResult(RecyclingOutcome.LOOKUP_FAILED, "ConnectError", retryable=True)


@pytest.mark.parametrize("failure", [Reply(503), Reset()])
async def test_circuit_opens_after_failures_in_a_row_and_closes_with_an_answer(
    directory: ScriptedServer, client: NumberRecyclingClient, clock: Clock, failure: Step
) -> None:
    directory.on("POST", "/check", failure, failure, failure, CLEAN)
    positions = []
    for _ in range(3):
        await check(client)
        positions.append(client.state.circuit.position)
    assert positions == [CircuitPosition.CLOSED, CircuitPosition.CLOSED, CircuitPosition.OPEN]
    refused = await check(client)
    assert refused == RecyclingResult(RecyclingOutcome.LOOKUP_FAILED, CIRCUIT_OPEN, retryable=True)
    assert len(directory.requests) == 3
    clock.now += 5
    positions = [client.state.circuit.position]
    assert (await check(client)).outcome is RecyclingOutcome.NOT_RECYCLED
    positions.append(client.state.circuit.position)
    assert positions == [CircuitPosition.HALF_OPEN, CircuitPosition.CLOSED]


async def test_refusals_about_a_number_never_open_the_circuit(
    directory: ScriptedServer, client: NumberRecyclingClient
) -> None:
    """M-1: an open circuit keeps messages from being sent, so only a directory that is down opens it."""
    directory.on(
        "POST", "/check", Reply(503), Reply(503), error(404, "IDENTIFIER_NOT_FOUND"), *[Reply(401)] * 9
    )
    for _ in range(12):
        await check(client)
    assert client.state.circuit.position is CircuitPosition.CLOSED


async def test_only_one_lookup_probes_a_half_open_circuit(
    directory: ScriptedServer, client: NumberRecyclingClient, clock: Clock
) -> None:
    directory.on("POST", "/check", *[Reply(503)] * 3, Reply(503, delay=0.05), CLEAN)
    for _ in range(3):
        await check(client)
    clock.now += 5
    results = await asyncio.gather(*(check(client) for _ in range(4)))
    assert sorted(str(r.carrier_code) for r in results) == ["503", *[CIRCUIT_OPEN] * 3]
    assert client.state.circuit.position is CircuitPosition.OPEN


async def test_cancelled_probe_leaves_the_place_to_the_next(
    directory: ScriptedServer, client: NumberRecyclingClient, clock: Clock
) -> None:
    directory.on("POST", "/check", *[Reply(503)] * 3, Silence(), CLEAN)
    for _ in range(3):
        await check(client)
    clock.now += 5
    probe = asyncio.create_task(check(client))
    await asyncio.sleep(0.05)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert (await check(client)).outcome is RecyclingOutcome.NOT_RECYCLED
    assert client.state.in_flight == 0


async def test_correlator_cannot_break_the_header(
    directory: ScriptedServer, client: NumberRecyclingClient
) -> None:
    directory.on("POST", "/check", CLEAN)
    await check(client, correlator="a b\r\nx-evil: 1" + "z" * 300)
    headers = directory.requests[0].headers
    assert "x-evil" not in headers
    assert headers["x-correlator"].startswith("a-b--x-evil:-1z")
    assert len(headers["x-correlator"]) == 256


async def test_number_that_is_not_national_is_a_callers_bug(client: NumberRecyclingClient) -> None:
    with pytest.raises(ValueError, match="not national"):
        await client.check("+819012345678", TODAY, TODAY, correlator="x")


@pytest.mark.parametrize("url", ["http://host:1", "t@host", "ftp://t@host", "http://t@"])
async def test_unusable_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        NumberRecyclingClient(url)


async def test_token_may_stand_as_password_and_path_stays_in_the_root(directory: ScriptedServer) -> None:
    client = NumberRecyclingClient(f"http://:to%2Fken@127.0.0.1:{directory.port}/camara/")
    directory.on("POST", "/check", CLEAN)
    await check(client)
    await client.close()
    asked = directory.requests[0]
    assert asked.target == "/camara/number-recycling/v0.2/check"
    assert asked.headers["authorization"] == "Bearer to/ken"


async def test_logs_hold_no_number_and_no_token(
    directory: ScriptedServer, client: NumberRecyclingClient, caplog: pytest.LogCaptureFixture
) -> None:
    """I10."""
    caplog.set_level("DEBUG")
    directory.on("POST", "/check", Reset())
    with structlog.testing.capture_logs() as ours:
        await check(client)
    assert len(ours) == 1
    assert "9012345678" not in f"{ours}{caplog.text}"
    assert "s3cret" not in f"{ours}{caplog.text}"
