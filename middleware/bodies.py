"""Bodies within limits: bytes counted as they come, time watched, large ones in turn.

The announced length is believed only when it is too large; a body without one, or longer than announced, is
counted all the same, and so is every part of a form.
"""

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from middleware.errors import answer_error
from middleware.large_bodies import LARGE_FROM_BYTES, LargeBodies, NoRoom, Place

# A body may pause so long, and all of it may take so long and a second for every 16 KB that came.
PATIENCE_SECONDS = 20.0
LEAST_BYTES_PER_SECOND = 16 * 1024
# Who is in the way of others has to be as fast as any office's line.
LEAST_BYTES_PER_SECOND_WHILE_OTHERS_WAIT = 256 * 1024
RETRY_AFTER_SECONDS = 10

_HOLDER = "body_holder"


def set_body_holder(scope: Scope, holder: Hashable) -> None:
    """Say whose body it is, once that is known and before it is read: the company's id."""
    scope.setdefault("state", {})[_HOLDER] = holder


class BodyLimits:
    """Middleware: 413 for more than ``limit_of(path)`` bytes, 408 for a body that does not come.

    Both are ``HTTPException`` where the body is read, so that every route answers them in its own way. Large
    bodies take a place in ``large`` before they are read and leave it when the request is answered.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit_of: Callable[[str], int],
        large: LargeBodies,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.app = app
        self.limit_of = limit_of
        self.large = large
        self.patience_seconds = patience_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a bounded body. Requests without one pay nothing."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {n: v for n, v in scope["headers"] if n in (b"content-length", b"transfer-encoding")}
        announced = _number(headers.get(b"content-length"))
        if not headers or (announced == 0 and b"transfer-encoding" not in headers):
            await self.app(scope, receive, send)
            return
        limit = self.limit_of(scope["path"])
        if announced is not None and announced > limit:
            await answer_error(scope, receive, send, HTTPException(413))
            return
        expected = limit if announced is None or b"transfer-encoding" in headers else announced
        body = _Body(scope, receive, limit, expected, self.large, self.patience_seconds)
        try:
            await self.app(scope, body.receive, send)
        finally:
            body.leave()


class _Body:
    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        limit: int,
        expected: int,
        large: LargeBodies,
        patience_seconds: float,
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._limit = limit
        self._expected = expected
        self._large = large
        self._patience = patience_seconds
        self._place: Place | None = None
        self._size = 0
        self._waited = 0.0
        self._is_complete = False

    async def receive(self) -> Message:
        """Return the next message; raise ``HTTPException`` where a limit is passed."""
        if self._is_complete:
            return await self._receive()
        if self._place is None and self._is_large():
            self._place = await self._enter()
        message = await self._next()
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            self._is_complete = not message.get("more_body", False)
            if self._size > self._limit:
                raise HTTPException(413)
        return message

    def leave(self) -> None:
        """Give the place back, if there is one."""
        if self._place is not None:
            self._large.leave(self._place)
            self._place = None

    def _is_large(self) -> bool:
        # Without a length in front it is large once it is seen to be.
        return max(self._size, 0 if self._is_unannounced() else self._expected) > LARGE_FROM_BYTES

    def _is_unannounced(self) -> bool:
        return self._expected == self._limit

    async def _enter(self) -> Place:
        state: dict[str, Any] = self._scope.get("state", {})
        client = self._scope.get("client")
        holder = state.get(_HOLDER, client[0] if client else None)
        try:
            return await self._large.enter(holder, self._expected)
        except NoRoom as error:
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            raise HTTPException(429 if error.of_holder else 503, headers=headers) from None

    async def _next(self) -> Message:
        in_the_way = self._place is not None and self._large.others_wait(self._place)
        pace = LEAST_BYTES_PER_SECOND_WHILE_OTHERS_WAIT if in_the_way else LEAST_BYTES_PER_SECOND
        allowed = self._patience + self._size / pace - self._waited
        began = time.monotonic()
        try:
            async with asyncio.timeout(min(self._patience, max(allowed, 0.0))):
                return await self._receive()
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        finally:
            self._waited += time.monotonic() - began


def _number(value: bytes | None) -> int | None:
    return int(value) if value is not None and value.isdigit() and len(value) < 20 else None
