"""A small HTTP/1.1 server on loopback that answers, hangs, resets or breaks off as a test says."""

import asyncio
import contextlib
import json
import socket
import struct
from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request as received; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer; a dict goes out as JSON. ``delay`` in seconds."""

    status: int
    body: dict[str, Any] | bytes = b""
    delay: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()


class Silence:
    """Takes the request and never answers."""


class Reset:
    """Takes the whole request and resets the connection."""


class HangUp:
    """Takes the whole request and closes the connection without a word."""


class Drip:
    """Sends one header byte after the other and never comes to an end."""


@dataclass(frozen=True, slots=True)
class BreakOff:
    """Sends a status line and headers, then closes in the middle of the body."""

    status: int


Step = Reply | BreakOff | Silence | Reset | HangUp | Drip


class ScriptedServer:
    """``on("POST", "/messages", first, then)``: steps in order, the last one for ever."""

    def __init__(self) -> None:
        self.requests: list[SeenRequest] = []
        self.port = 0
        self._steps: dict[tuple[str, str], list[Step]] = defaultdict(list)
        self._connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """End all connections."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def on(self, method: str, path_end: str, *steps: Step) -> None:
        """Script the answers to requests whose path ends with ``path_end``."""
        self._steps[method, path_end] = list(steps)

    def seen(self, path_end: str) -> list[SeenRequest]:
        """The requests to such a path so far."""
        return [r for r in self.requests if urlsplit(r.target).path.endswith(path_end)]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._connections += 1
        number = self._connections
        try:
            while (request := await _receive(reader, number)) is not None:
                self.requests.append(request)
                if not await self._act(self._next_step(request), writer):
                    break
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _next_step(self, request: SeenRequest) -> Step:
        path = urlsplit(request.target).path
        for (method, end), steps in self._steps.items():
            if method == request.method and path.endswith(end) and steps:
                return steps.pop(0) if len(steps) > 1 else steps[0]
        return Reply(599)

    async def _act(self, step: Step, writer: asyncio.StreamWriter) -> bool:
        """Do what the step says; whether the connection serves on."""
        match step:
            case Reply():
                await asyncio.sleep(step.delay)
                writer.write(_encoded(step))
                await writer.drain()
                return True
            case BreakOff(status):
                writer.write(f'HTTP/1.1 {status} X\r\ncontent-length: 500\r\n\r\n{{"RCSM'.encode())
                await writer.drain()
            case Silence():
                await asyncio.sleep(60)
            case Reset():
                _reset(writer)
            case Drip():
                writer.write(b"HTTP/1.1 202 X\r\nx-drip: ")
                for _ in range(1000):
                    writer.write(b"a")
                    await asyncio.sleep(0.02)
            case HangUp():
                pass
        return False


async def _receive(reader: asyncio.StreamReader, connection: int) -> SeenRequest | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    request_line, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, target, _ = request_line.split(" ")
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return SeenRequest(method, target, headers, body, connection)


def _encoded(reply: Reply) -> bytes:
    body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
    extra = "".join(f"{name}: {value}\r\n" for name, value in reply.headers)
    length = "" if reply.status == 204 else f"content-length: {len(body)}\r\n"
    return f"HTTP/1.1 {reply.status} X\r\n{length}{extra}\r\n".encode() + body


def _reset(writer: asyncio.StreamWriter) -> None:
    # Linger 0: close() sends RST instead of FIN.
    transport_socket: socket.socket = writer.get_extra_info("socket")
    transport_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
