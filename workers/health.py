"""A worker's health and metrics over HTTP: /health/live, /health/ready, /metrics."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = structlog.get_logger(__name__)
IsReady = Callable[[], Awaitable[bool]]

_REQUEST_LIMIT_SECONDS = 5


@asynccontextmanager
async def health_server(
    host: str, port: int, is_ready: IsReady, *, towards: str | None = None
) -> "AsyncIterator[None]":
    """Answer health questions while the block runs.

    At ``host``, and at this machine's address on the network that leads ``towards`` a host.
    Raises OSError where the port is taken.
    """

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

    hosts = {host} if towards is None else {host, await _own_address(towards, port)}
    server = await asyncio.start_server(handle, sorted(hosts), port)
    try:
        yield
    finally:
        server.close()


async def _own_address(towards: str, port: int) -> str:
    """Return the address this machine has on its way to a host, as soon as its name is known."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            found = await loop.getaddrinfo(towards, port, type=socket.SOCK_DGRAM)
            break
        except socket.gaierror:
            log.warning("health_network_unknown", towards=towards)
            await asyncio.sleep(1)
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.connect(address)  # of a datagram socket: the kernel chooses the way, nothing is sent
        return str(probe.getsockname()[0])


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
