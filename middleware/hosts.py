"""Which names the portal answers to. No answer repeats a name that a client made up."""

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from middleware.errors import answer_error

# The machine itself: ``make run`` and health checks beside the process.
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]{2,45})\]|(?P<name>[0-9A-Za-z._-]{1,253}))(?::[0-9]{1,5})?")


def allowed_hosts(portal_url: str, further: str = "") -> frozenset[str]:
    """Return the names to answer to: the portal's, the machine's own, ``further`` (blanks or commas)."""
    named = {urlsplit(portal_url).hostname or "", *further.replace(",", " ").split()}
    return LOCAL_NAMES | {name.lower().rstrip(".") for name in named if name}


def host_of(header: str) -> str | None:
    """Return the name in a Host header without its port, in lower case; ``None`` if it is none."""
    found = _HOST.fullmatch(header)
    if found is None:
        return None
    if (six := found["six"]) is not None:
        try:
            return str(ipaddress.IPv6Address(six))
        except ValueError:
            return None
    return found["name"].lower().rstrip(".")


class Hosts:
    """Middleware: 400 without one readable Host, 421 for a name that is not ours.

    ``by_any_name``: addresses that are called by whatever name a container or an address has, and whose
    answers name nothing: health, metrics, the carriers' callbacks.
    """

    def __init__(self, app: ASGIApp, *, allowed: Iterable[str], by_any_name: tuple[str, ...]) -> None:
        self.app = app
        self.allowed = frozenset(allowed)
        self.by_any_name = by_any_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is meant for us."""
        status = self._refusal(scope) if scope["type"] == "http" else None
        if status is None:
            await self.app(scope, receive, send)
            return
        await answer_error(_with_own_name(scope), receive, send, HTTPException(status))

    def _refusal(self, scope: Scope) -> int | None:
        sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        host = host_of(sent[0]) if len(sent) == 1 else None
        if host is None:
            return 400
        path = scope["path"]
        if host in self.allowed or any(path == p or path.startswith(f"{p}/") for p in self.by_any_name):
            return None
        return 421


def _with_own_name(scope: Scope) -> Scope:
    """The same request without the name: what renders the error must not read it."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {**scope, "headers": [*headers, (b"host", b"localhost")]}
