"""A worker's health and metrics over HTTP: /health/live, /health/ready, /metrics."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

IsReady = Callable[[], Awaitable[bool]]

_REQUEST_LIMIT_SECONDS = 5


@asynccontextmanager
async def health_server(host: str, port: int, is_ready: IsReady) -> "AsyncIterator[None]":
    """Answer health questions while the block runs."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_REQUEST_LIMIT_SECONDS):
                request = await reader.readuntil(b"\r\n")
                status, kind, body = await _answer(request.split(b" ")[1:2], is_ready)
                head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, host, port)
    try:
        yield
    finally:
        server.close()


async def _answer(path: list[bytes], is_ready: IsReady) -> tuple[str, str, bytes]:
    if path == [b"/health/live"]:
        return "200 OK", "application/json", b'{"status":"live"}'
    if path == [b"/health/ready"]:
        if await is_ready():
            return "200 OK", "application/json", b'{"status":"ready"}'
        return "503 Service Unavailable", "application/json", b'{"status":"not ready"}'
    if path == [b"/metrics"]:
        return "200 OK", CONTENT_TYPE_LATEST, generate_latest()
    return "404 Not Found", "application/json", b'{"status":"not found"}'
