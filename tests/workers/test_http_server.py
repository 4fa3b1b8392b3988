"""What one connection can hold of the portal's server, over TCP (N-1): little, and not for long."""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from workers import http_server
from workers.http_server import guarded_protocol
from workers.local_stack.ports import free_port

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads what is posted to /read, and answers all else without reading; /large is 20 MB."""
    size, more = 0, scope["path"] == "/read"
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    body = b"x" * 20_000_000 if scope["path"] == "/large" else str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def served(max_connections: int = 50) -> AsyncIterator[int]:
    port = free_port()
    config = uvicorn.Config(
        application,
        port=port,
        http=guarded_protocol(max_connections),
        ws="none",
        lifespan="off",
        timeout_keep_alive=1,
        log_config=None,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield port
    server.should_exit = True
    server.force_exit = True
    await task


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        if self.writer.is_closing() or self.reader.at_eof():
            return
        self.writer.write(data)
        with suppress(OSError):
            await self.writer.drain()

    async def status(self) -> int | None:
        """The status of the next answer, whose body is read as well; ``None`` if the server hung up."""
        try:
            async with asyncio.timeout(20):
                head = await self.reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, OSError):
            return None
        return int(head.split()[1])


async def connect(port: int) -> Connection:
    return Connection(*await asyncio.open_connection("127.0.0.1", port))


async def test_requests_follow_each_other_on_a_connection() -> None:
    async with served() as port:
        one = await connect(port)
        for _ in range(3):
            await one.send(GET)
            assert await one.status() == 200
        await one.send(GET + GET + b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + GET)
        assert [await one.status() for _ in range(4)] == [200] * 4


@pytest.mark.parametrize(
    "endless",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"X-Short: 1\r\n" * 8_000,
        b"GET /" + b"x" * 100_000,
        b"\r\n" * 50_000,
    ],
    ids=["one header", "many headers", "address", "empty lines"],
)
async def test_a_head_that_does_not_end_is_cut_off_at_once(endless: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with served() as port:
        one = await connect(port)
        for _ in range(300):
            await one.send(endless[:100_000] if one.reader.at_eof() else endless)
            if one.writer.is_closing() or one.reader.at_eof():
                break
        assert await one.status() in (400, 431, None)
        other = await connect(port)
        await other.send(GET)
        assert await other.status() == 200
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000, "kilobytes"


async def test_trailers_that_do_not_end_are_cut_off() -> None:
    async with served() as port:
        one = await connect(port)
        await one.send(b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
        for _ in range(50):
            await one.send(b"X-Trailer: 1\r\n" * 1000)
        assert await one.status() is None


async def test_many_small_chunks_are_a_body_like_any_other() -> None:
    async with served() as port:
        one = await connect(port)
        chunks = b"1\r\nx\r\n" * 100_000
        await one.send(
            b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
        )
        assert await one.status() == 200
        await one.send(GET)
        assert await one.status() == 200


@pytest.mark.parametrize("begun", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n"])
async def test_a_head_that_does_not_come_is_given_up(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.2)
    async with served() as port:
        first = await connect(port)
        await first.send(begun)
        assert await first.status() == 408
        later = await connect(port)
        await later.send(GET + begun)
        assert await later.status() == 200
        assert await later.status() == (408 if begun.strip() else None), "silence is no error"


async def test_drips_do_not_lengthen_the_time_for_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.3)
    async with served() as port:
        one = await connect(port)
        await one.send(b"GET / HTTP/1.1\r\n")

        async def drip() -> None:
            while True:
                await one.send(b"X-Drip: 1\r\n")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert await one.status() == 408
        dripping.cancel()


async def test_silent_connections_make_room_for_those_who_ask() -> None:
    async with served(max_connections=5) as port:
        silent = [await connect(port) for _ in range(12)]
        asking = await connect(port)
        await asking.send(GET)
        assert await asking.status() == 200
        assert await silent[0].status() is None, "the one that waited longest went first"
        await silent[-1].send(GET)
        assert await silent[-1].status() == 200


async def test_a_refused_body_is_taken_for_a_while_so_that_the_answer_is_read() -> None:
    async with served() as port:
        one = await connect(port)
        await one.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n")
        assert await one.status() == 200
        await one.send(b"x" * 5_000_000 + GET)
        assert await one.status() == 200, "the connection is good for the next request"


async def test_a_refused_body_that_does_not_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "LINGER_SECONDS", 0.3)
    monkeypatch.setattr(http_server, "LINGER_BYTES", 1_000_000)
    async with served() as port:
        slow, endless = await connect(port), await connect(port)
        for one in (slow, endless):
            await one.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999000000\r\n\r\nx")
            assert await one.status() == 200
        for _ in range(30):
            await endless.send(b"x" * 100_000)
        assert await endless.status() is None
        assert await slow.status() is None


async def test_an_answer_nobody_takes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "WRITE_SECONDS", 0.2)
    async with served() as port:
        one = await connect(port)
        await one.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.6)
        assert await one.status() is None
