"""Limits of a request's head, and what no head may hold."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from middleware.errors import answer_error

# A browser with our cookies sends about 2 KB; a search of the log some hundred bytes of address.
MAX_HEAD_BYTES = 32 * 1024
MAX_HEADERS = 100
MAX_ADDRESS_BYTES = 8 * 1024


class Heads:
    """Middleware: 431 and 414 for heads larger than any program or browser needs, 400 for a NUL.

    PostgreSQL takes no NUL in a text, so none is let in by path, query or header; bodies have their own door.
    The server has refused heads that do not end (``workers/http_server.py``).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is within the limits."""
        status = _refusal(scope) if scope["type"] == "http" else None
        if status is None:
            await self.app(scope, receive, send)
        else:
            await answer_error(scope, receive, send, HTTPException(status))


def _refusal(scope: Scope) -> int | None:
    address = scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
    query: bytes = scope["query_string"]
    if len(address) + len(query) > MAX_ADDRESS_BYTES:
        return 414
    headers = scope["headers"]
    if len(headers) > MAX_HEADERS or sum(len(n) + len(v) for n, v in headers) > MAX_HEAD_BYTES:
        return 431
    if "\0" in scope["path"] or b"\0" in query or b"%00" in query:
        return 400
    return 400 if any(b"\0" in value for _, value in headers) else None
