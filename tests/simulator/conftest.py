"""A running simulator with short waiting times, a receiver for its webhooks, and clients."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator import Settings, Simulator
from tests.simulator.smpp_client import Esme
from tests.simulator.webhook_server import WebhookServer

SETTINGS: dict[str, Any] = {
    "http_port": 0,
    "smpp_docomo_port": 0,
    "smpp_au_port": 0,
    "smpp_softbank_port": 0,
    "smpp_rakuten_port": 0,
    "seed": 1,
    "time_scale": 0.0005,  # 11 minutes are 0.33 s, 1 hour is 1.8 s
    "delivery_min_seconds": 0.01,
    "delivery_max_seconds": 0.03,
    "receipt_timeout": 0.3,
    "webhook_max_backoff": 0.2,
    "webhook_token": "hook-token",
}

StartSimulator = Callable[..., Awaitable[Simulator]]


@pytest.fixture(scope="package")
async def hooks() -> AsyncIterator[WebhookServer]:
    server = WebhookServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="package")
async def shared_simulator(
    tmp_path_factory: pytest.TempPathFactory, hooks: WebhookServer
) -> AsyncIterator[Simulator]:
    folder = tmp_path_factory.mktemp("simulator")
    running = Simulator(Settings(**SETTINGS | {"data_dir": folder, "webhook_url": hooks.url}))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture(scope="package")
async def shared_http(shared_simulator: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=shared_simulator.http_url, timeout=5) as client:
        yield client


@pytest.fixture
async def http(shared_http: httpx.AsyncClient) -> httpx.AsyncClient:
    """Its simulator is as new, but for the ledger."""
    assert (await shared_http.post("/control/reset")).status_code == 200
    return shared_http


@pytest.fixture
async def simulator(shared_simulator: Simulator, http: httpx.AsyncClient) -> Simulator:
    """For tests that do not restart it; as new, but for the ledger."""
    return shared_simulator


@pytest.fixture
async def start(tmp_path: Path, hooks: WebhookServer) -> AsyncIterator[StartSimulator]:
    """Start simulators of a test's own; all use the same data folder."""
    started: list[Simulator] = []

    async def starter(**changes: Any) -> Simulator:
        settings = SETTINGS | {"data_dir": tmp_path, "webhook_url": hooks.url} | changes
        started.append(Simulator(Settings(**settings)))
        await started[-1].start()
        return started[-1]

    yield starter
    for running in started:
        await running.stop()


@pytest.fixture
async def docomo(simulator: Simulator) -> AsyncIterator[Esme]:
    async with await Esme.bound(simulator.smpp_ports["docomo"]) as esme:
        yield esme


class Maap:
    """A MaaP client with a token."""

    def __init__(self, http: httpx.AsyncClient, carrier: str = "docomo", bot: str = "bot1") -> None:
        self.http, self.carrier = http, carrier
        self.root = f"/maap/{carrier}"
        self.bot = f"{self.root}/rcs/bot/v1/{bot}"
        self.headers: dict[str, str] = {}

    async def authorise(self) -> "Maap":
        form = {"grant_type": "client_credentials", "scope": "botmessage"}
        answer = await self.http.post(
            f"{self.root}/oauth2/v1/token", data=form, auth=("platform", "simulator")
        )
        assert answer.status_code == 200
        assert answer.json()["expires_in"] == 3600
        self.headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        return self

    async def send(self, number: str, within: float = 5.0, **fields: Any) -> httpx.Response:
        message = {"textMessage": "ご予約は11/25です", "trafficType": "advertisement"} | fields
        body = {"RCSMessage": message, "messageContact": {"userContact": "+81" + number[1:]}}
        return await self.http.post(f"{self.bot}/messages", json=body, headers=self.headers, timeout=within)

    async def sent_id(self, number: str, **fields: Any) -> str:
        answer = await self.send(number, **fields)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["RCSMessage"]["msgId"])

    async def revoke(self, message_id: str, within: float = 5.0) -> httpx.Response:
        return await self.http.put(
            f"{self.bot}/messages/{message_id}/status",
            json={"RCSMessage": {"status": "cancelled"}},
            headers=self.headers,
            timeout=within,
        )

    async def capability(self, number: str, within: float = 5.0) -> httpx.Response:
        return await self.http.get(
            f"{self.bot}/contactCapabilities",
            params={"userContact": "+81" + number[1:]},
            headers=self.headers,
            timeout=within,
        )


@pytest.fixture
async def maap(http: httpx.AsyncClient) -> Maap:
    return await Maap(http).authorise()


def ledger_of(simulator: Simulator, number: str) -> list[dict[str, Any]]:
    """The ledger lines of a number."""
    lines = (simulator.settings.data_dir / "ledger.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if line["number"] == number]
