"""node-smpp as an SMSC of its own process: what a test tells it and asks it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from scripts.npm import find_node
from scripts.peer_packages import NODE_PEERS
from tests.peers.processes import PeerProcess


class NodeSmsc:
    """tests/peers/node/smsc.js while it runs; its first lines say what can be set."""

    def __init__(self, process: PeerProcess, port: int) -> None:
        self._process = process
        self.port = port

    @property
    def url(self) -> str:
        """Where a link goes."""
        return f"smpp://platform:secret@127.0.0.1:{self.port}"

    async def tell(self, order: str, **words: Any) -> dict[str, Any]:
        """Give an order; its answer."""
        self._process.write(json.dumps({"do": order, **words}))
        answer: dict[str, Any] = json.loads(await self._process.line())
        return answer

    async def set(self, **values: Any) -> None:
        """Change how it answers."""
        await self.tell("set", to=values)

    async def report(self) -> dict[str, Any]:
        """What it has seen so far."""
        return await self.tell("report")

    async def until(self, **counts: int) -> dict[str, Any]:
        """Wait until its report has at least these counts; the report."""
        async with asyncio.timeout(10.0):
            while True:
                seen = await self.tell("counts")
                if all(seen[name] >= count for name, count in counts.items()):
                    return await self.report()
                await asyncio.sleep(0.01)

    async def gone(self) -> None:
        """Wait until nobody is bound."""
        async with asyncio.timeout(10.0):
            while (await self.tell("counts"))["bound"]:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.01)


@asynccontextmanager
async def node_smsc(folder: Path) -> AsyncIterator[NodeSmsc]:
    """Run one on a free port; its log goes to ``folder``."""
    node = find_node()
    assert node is not None
    command = [node, str(NODE_PEERS / "smsc.js")]
    async with PeerProcess(command, folder, name="node-smpp", talks=True) as process:
        yield NodeSmsc(process, json.loads(await process.line())["port"])
