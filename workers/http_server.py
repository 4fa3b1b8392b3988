"""The server in front of the application: uvicorn's, with limits where it has none.

What a stranger can hold is bounded before there is a request: the bytes and the time of a head, connections,
an answer nobody takes, a body nobody waits for. A request's body is bounded in ``middleware/bodies.py``.
"""

import asyncio
from typing import Any, ClassVar

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from middleware.heads import MAX_HEAD_BYTES

HEAD_SECONDS = 10.0
# A client that takes nothing of its answer for so long is gone.
WRITE_SECONDS = 60.0
# A refused body is taken and dropped for a while, so that the client reads the refusal and no reset.
LINGER_SECONDS = 20.0
LINGER_BYTES = 80 * 1024 * 1024
# More than any chunk of a head that ends within its limit.
_FRAMING_BYTES = 2 * MAX_HEAD_BYTES

log = structlog.get_logger(__name__)


class GuardedProtocol(HttpToolsProtocol):
    """One connection. ``max_connections`` counts those of the whole process."""

    max_connections: ClassVar[int] = 800
    # Connections without a request under way, the one that waited longest first.
    _idle: ClassVar[dict["GuardedProtocol", None]] = {}

    _framing = 0  # bytes since the last byte of a body, or since the last request: heads, trailers, nothing
    _lingered = 0
    _is_between = True  # no request's head has come whole yet
    _head_timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _linger_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection; with too many of them, the one that waits longest without a request goes."""
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            oldest = next(iter(self._idle), None)
            log.warning("connections_full", limit=self.max_connections, made_room=oldest is not None)
            (oldest or self).transport.abort()
        self._idle[self] = None
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._refuse, 408)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        for timer in (self._head_timer, self._write_timer, self._linger_timer):
            if timer is not None:
                timer.cancel()
        self._idle.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what is no body; refuse a head or trailers that do not end."""
        self._framing += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._framing > _FRAMING_BYTES:
            self._refuse(431)
        elif self._is_between and self._framing and self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._refuse, 408)

    def on_message_begin(self) -> None:
        """A head begins, maybe in the bytes that ended the request before."""
        self._framing = max(self._framing, 1)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A request begins: from here on the application watches."""
        self._framing, self._lingered, self._is_between = 0, 0, False
        self._idle.pop(self, None)
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand it on, or drop it if the request has its answer."""
        self._framing = 0
        if self._linger_timer is not None:
            self._lingered += len(body)
            if self._lingered > LINGER_BYTES:
                self.transport.abort()
                return
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole; what comes next is another one."""
        self._framing, self._is_between = 0, True
        if self._linger_timer is not None:
            self._linger_timer.cancel()
            self._linger_timer = None
            self._wait_for_next()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Answered. If the body is still coming, wait for its end, but not for ever."""
        super().on_response_complete()
        if self.transport.is_closing() or self.cycle is None or not self.cycle.response_complete:
            return
        if self.cycle.more_body:
            self._unset_keepalive_if_required()
            self._linger_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)
        else:
            self._idle[self] = None

    def pause_writing(self) -> None:
        """The client takes no more for the moment."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
        super().resume_writing()

    def _wait_for_next(self) -> None:
        self._idle[self] = None
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _refuse(self, status: int) -> None:
        """Say why and hang up; nothing of ours is told to somebody without a request."""
        if self.transport.is_closing():
            return
        log.info("connection_refused", status=status)
        if self.cycle is None or self.cycle.response_complete:
            reason = {408: b"Request Timeout", 431: b"Request Header Fields Too Large"}[status]
            head = b"HTTP/1.1 %d %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % (status, reason)
            self.transport.write(head)
            self.transport.close()
        else:
            self.transport.abort()


def guarded_protocol(max_connections: int) -> type[GuardedProtocol]:
    """Return the protocol for one server."""
    attributes: dict[str, Any] = {"max_connections": max_connections, "_idle": {}}
    return type("Guarded", (GuardedProtocol,), attributes)
