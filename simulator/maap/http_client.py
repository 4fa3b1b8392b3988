"""A small HTTP/1.1 client for webhooks: POST, keep-alive, status only.

httpx costs 1.2 ms of CPU per request on the target machine, this less than 0.1 ms; with up to two
webhooks a message the difference decides whether 50 messages a second fit on two cores.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

import httptools


class WebhookFailed(Exception):
    """The request did not get an answer: refused, reset, timed out, not HTTP."""


class _Connection(asyncio.Protocol):
    """One keep-alive connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[int] | None = None
        self.reusable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail("the answer is not HTTP")

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("the connection was closed")

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self.reusable = self.reusable and self._parser.should_keep_alive()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())

    async def post(self, request: bytes) -> int:
        """Send the bytes of a request; the status of the answer. Raises WebhookFailed."""
        if self._transport is None or self._transport.is_closing():
            raise WebhookFailed("the connection was closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    def _fail(self, reason: str) -> None:
        self.reusable = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(WebhookFailed(reason))
        if self._transport is not None:
            self._transport.abort()


class WebhookClient:
    """POSTs JSON to any URL over pooled connections."""

    def __init__(self, timeout: float, token: str) -> None:
        self._timeout = timeout
        self._token = token
        self._idle: dict[tuple[str, str, int], list[_Connection]] = {}

    async def post(self, url: str, body: bytes, token: str | None = None) -> int:
        """The HTTP status of the answer; token: another than the usual one. Raises WebhookFailed without."""
        token = self._token if token is None else token
        authorization = f"authorization: Bearer {token}\r\n" if token else ""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WebhookFailed("the webhook URL is not http(s)")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = (
            f"POST {target} HTTP/1.1\r\nhost: {parts.netloc.rpartition('@')[2]}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{authorization}\r\n"
        )
        request = head.encode("latin-1") + body
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange((parts.scheme, parts.hostname, port), request)
        except TimeoutError:
            raise WebhookFailed("no answer in time") from None
        except OSError as error:
            raise WebhookFailed(f"no connection: {type(error).__name__}") from None

    def close(self) -> None:
        """Close every idle connection."""
        for pool in self._idle.values():
            for connection in pool:
                connection.close()
        self._idle.clear()

    async def _exchange(self, origin: tuple[str, str, int], request: bytes) -> int:
        pool = self._idle.setdefault(origin, [])
        while pool:
            connection = pool.pop()
            if not connection.reusable:
                continue
            try:
                return await self._use(connection, pool, request)
            except WebhookFailed:
                # The peer may have closed an idle connection: webhooks are at-least-once, ask anew.
                continue
        return await self._use(await _connect(origin), pool, request)

    async def _use(self, connection: _Connection, pool: list[_Connection], request: bytes) -> int:
        try:
            status = await connection.post(request)
        except BaseException:
            connection.close()
            raise
        if connection.reusable:
            pool.append(connection)
        else:
            connection.close()
        return status


async def _connect(origin: tuple[str, str, int]) -> _Connection:
    scheme, host, port = origin
    context = ssl.create_default_context() if scheme == "https" else None
    factory: Callable[[], _Connection] = _Connection
    _, connection = await asyncio.get_running_loop().create_connection(factory, host, port, ssl=context)
    return connection
