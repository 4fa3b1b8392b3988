"""Webhooks: at least once, in order, over kept connections, through an outage and a restart."""

import asyncio

import httpx

from tests.simulator.conftest import Maap, StartSimulator
from tests.simulator.webhook_server import WebhookServer


async def test_retries_until_2xx_in_order(maap: Maap, hooks: WebhookServer) -> None:
    hooks.statuses = [500, 401]
    message_id = await maap.sent_id("09000002300")
    await hooks.wait_for(message_id, "displayed", "delivered")
    assert hooks.statuses == []


async def test_keeps_connections(maap: Maap, hooks: WebhookServer) -> None:
    before = hooks.connections
    for _ in range(10):
        await hooks.wait_for(await maap.sent_id("09000000001"), "delivered")
    assert hooks.connections - before <= 1


async def test_outage_and_restart_lose_nothing(start: StartSimulator) -> None:
    receiver = WebhookServer()
    await receiver.start()
    port = receiver.port
    await receiver.stop()
    first = await start(webhook_url=f"http://127.0.0.1:{port}/{{carrier}}")
    async with httpx.AsyncClient(base_url=first.http_url) as http:
        maap = await Maap(http).authorise()
        unsent = [await maap.sent_id("09000000002") for _ in range(20)]
        planned = await maap.sent_id("09000001102")
        await asyncio.sleep(0.15)
        assert first.webhooks.waiting == 20
    await first.stop()
    await receiver.start(port)
    second = await start(webhook_url=f"http://127.0.0.1:{port}/{{carrier}}")
    for message_id in [*unsent, planned]:
        await receiver.wait_for(message_id, "delivered")
    async with httpx.AsyncClient(base_url=second.http_url) as http:
        maap = await Maap(http).authorise()
        assert (await maap.revoke(planned)).status_code == 409
    await receiver.stop()
    assert second.webhooks.waiting == 0
