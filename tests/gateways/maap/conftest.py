"""A scripted MaaP and a client of it."""

from collections.abc import AsyncIterator

import pytest

from domain.carriers import Carrier
from gateways.maap import MaapClient
from tests.gateways.maap.scripted_server import Reply, ScriptedServer


@pytest.fixture
async def maap() -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer()
    await server.start()
    server.on("POST", "/oauth2/v1/token", Reply(200, {"access_token": "token-1", "expires_in": 3600}))
    yield server
    await server.stop()


@pytest.fixture
async def client(maap: ScriptedServer) -> AsyncIterator[MaapClient]:
    maap_client = MaapClient(
        Carrier.DOCOMO,
        f"http://shop%40x:se%2Fcret@127.0.0.1:{maap.port}/maap/docomo",
        timeout=0.3,
        connect_timeout=0.3,
    )
    yield maap_client
    await maap_client.close()
