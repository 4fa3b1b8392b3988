"""A webhook receiver for the tests: raw asyncio, keep-alive, answers what it is told."""

import asyncio
import json
from typing import Any


class WebhookServer:
    """Collects (path, headers, JSON); `statuses` are answered first, then 200."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.statuses: list[int] = []
        self.arrived = asyncio.Condition()
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._writers:
                writer.close()
            await self._server.wait_closed()
            self._server = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/callbacks/maap/{{carrier}}"

    def of(self, message_id: str) -> list[dict[str, Any]]:
        """Accepted events of a message, in order."""
        return [e for _, _, e in self.received if e.get("RCSMessage", {}).get("msgId") == message_id]

    def statuses_of(self, message_id: str) -> list[str]:
        return [event["RCSMessage"]["status"] for event in self.of(message_id)]

    async def wait_for(self, message_id: str, *statuses: str, within: float = 5.0) -> None:
        async with asyncio.timeout(within), self.arrived:
            await self.arrived.wait_for(lambda: self.statuses_of(message_id) == list(statuses))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
                event = json.loads(await reader.readexactly(int(headers["content-length"])))
                status = self.statuses.pop(0) if self.statuses else 200
                if status == 200:
                    async with self.arrived:
                        self.received.append((head[0].split(" ")[1], headers, event))
                        self.arrived.notify_all()
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\n{{}}".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
