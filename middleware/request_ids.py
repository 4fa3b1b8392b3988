"""A number for each request: in its answer, on error pages, in problem answers and in every log line.

Made here and taken from nothing a client sends, so that nobody can put words into our logs.
"""

import secrets
from contextvars import ContextVar

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from middleware.routes import route_of

HEADER = "X-Request-ID"
_DIGITS = 12
_GROUP = 4

log = structlog.get_logger(__name__)
_current: ContextVar[str] = ContextVar("request_id")


def new_request_id() -> str:
    """Return twelve digits in groups of four: digits alone are read aloud and typed without mistakes."""
    drawn = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    return "-".join(drawn[start : start + _GROUP] for start in range(0, _DIGITS, _GROUP))


def current_request_id() -> str:
    """Return the number of the request being answered; a new one where none passed the middleware."""
    found = _current.get(None)
    if found is None:
        found = new_request_id()
        _current.set(found)
    return found


class RequestIds:
    """Middleware that numbers requests, and notes which were refused or failed: a desk is told the number."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; its task carries the number to whatever it calls."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_request_id()
        _current.set(request_id)
        # Not taken back: the server's own line about an error comes after us, in the same task.
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
                if message["status"] >= 400:
                    what = {"status": message["status"], "method": scope["method"], "route": route_of(scope)}
                    log.info("request_refused" if message["status"] < 500 else "request_failed", **what)
            await send(message)

        await self.app(scope, receive, numbered)
