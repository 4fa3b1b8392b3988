"""A running simulator for peers that are clients, and what it shows about a handset."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from simulator import Settings, Simulator
from tests.simulator.conftest import SETTINGS


class SimulatedCarriers:
    """The simulator, asked through its control API."""

    def __init__(self, simulator: Simulator, http: httpx.AsyncClient) -> None:
        self.ports = simulator.smpp_ports
        self._http = http

    async def messages(self, number: str, complete: int) -> list[dict[str, Any]]:
        """The messages of a handset, when so many are complete and every part has its final word."""
        async with asyncio.timeout(15.0):
            while True:
                answer = await self._http.get("/control/messages", params={"number": number})
                messages: list[dict[str, Any]] = answer.json()["messages"]
                decided = all(part["status"] != "accepted" for m in messages for part in m["parts"])
                if sum(message["complete"] for message in messages) >= complete and decided:
                    return messages
                await asyncio.sleep(0.02)

    async def links(self, carrier: str) -> dict[str, Any]:
        """Counts of one carrier's SMSC: connections, accepted, receipts."""
        answer = await self._http.get("/control/state")
        counts: dict[str, Any] = answer.json()["carriers"][carrier]
        return counts

    async def change_link(self, carrier: str, **wishes: Any) -> None:
        """Ask for a fault, as docs/simulator.md describes."""
        (await self._http.post(f"/control/links/{carrier}", json=wishes)).raise_for_status()

    async def refused(self, carrier: str, count: int) -> None:
        """Wait until so many submits of this carrier's were refused since the start."""
        async with asyncio.timeout(15.0):
            while (await self.links(carrier))["refused"] < count:  # noqa: ASYNC110 - asked over HTTP
                await asyncio.sleep(0.02)


@asynccontextmanager
async def simulated_carriers(folder: Path) -> AsyncIterator[SimulatedCarriers]:
    """Run one on free ports, data in ``folder``."""
    # Nobody listens for +Message events here.
    simulator = Simulator(
        Settings(**SETTINGS | {"data_dir": folder, "webhook_url": "http://127.0.0.1:9/{carrier}"})
    )
    await simulator.start()
    try:
        async with httpx.AsyncClient(base_url=simulator.http_url, timeout=5) as http:
            yield SimulatedCarriers(simulator, http)
    finally:
        await simulator.stop()
