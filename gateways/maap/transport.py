"""HTTP to one MaaP endpoint: what was answered, or whether anything may have arrived."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import httpx

from gateways.carrier_http import json_object, open_pool, read_bounded, split_address

# Longest answer that is read, bytes; MaaP answers are a few hundred.
MAX_ANSWER_BYTES = 256 * 1024

# httpx raises these only before the first byte of the request is written.
_BEFORE_ANYTHING_LEFT = (
    httpx.ConnectError,  # refused, unreachable, DNS, TLS handshake
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)


class CallError(Exception):
    """No usable answer. ``code`` names the failure; ``may_have_arrived`` decides about a repeat.

    The text never holds a URL, number or token, so it may be logged.
    """

    def __init__(self, code: str, *, may_have_arrived: bool) -> None:
        super().__init__(code)
        self.code = code
        self.may_have_arrived = may_have_arrived


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: ``content`` is its JSON object, empty when it was none or broke off."""

    status: int
    content: dict[str, Any]

    @property
    def reason_code(self) -> str | None:
        """``{"reason":{"code":40402}}`` → ``"40402"`` (docs/carriers.md §2), at most 64 characters."""
        reason = self.content.get("reason")
        code = reason.get("code") if isinstance(reason, dict) else None
        # bool is an int to Python, but no code.
        if isinstance(code, bool) or not isinstance(code, int | str) or code == "":
            return None
        return str(code)[:64]


@dataclass(frozen=True, slots=True, repr=False)
class Endpoint:
    """Where a carrier's MaaP is and who we are there. Has no repr: it holds the secret."""

    root: str
    client_id: str
    secret: str

    @classmethod
    def from_url(cls, url: str) -> "Endpoint":
        """Split ``https://client_id:secret@host:port/maap/docomo``; the root is the rest of it.

        Raises ``ValueError`` (without quoting the URL) when scheme, host or credentials are missing.
        """
        address = split_address(url)
        if address is None:
            raise ValueError("A MaaP URL must be http(s)://client_id:secret@host[:port]/path")
        root, parts = address
        if not parts.username or not parts.password:
            raise ValueError("A MaaP URL must carry client_id:secret before the host")
        return cls(root, unquote(parts.username), unquote(parts.password))


class MaapTransport:
    """One keep-alive connection pool to one carrier.

    ``timeout`` bounds each write and each wait for bytes of the answer, ``connect_timeout`` the
    wait for a free connection, the TCP and the TLS handshake, each; all in seconds. A server that
    drips its answer is cut off when all of these together have passed.
    """

    def __init__(
        self, *, timeout: float, connect_timeout: float, max_connections: int, tls: ssl.SSLContext | None
    ) -> None:
        self._http = open_pool(max_connections, tls)
        self._deadline = 3 * connect_timeout + 2 * timeout
        self._extensions = {
            "timeout": {
                "pool": connect_timeout,
                "connect": connect_timeout,
                "write": timeout,
                "read": timeout,
            }
        }

    async def exchange(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None = None
    ) -> Answer:
        """Send one request, once. Raises ``CallError``; never repeats anything on its own."""
        request = httpx.Request(
            method,
            url,
            headers=headers,
            content=body,
            extensions=self._extensions,
        )
        try:
            async with asyncio.timeout(self._deadline):
                response = await self._http.handle_async_request(request)
                return Answer(response.status_code, json_object(await _read(response)))
        except _BEFORE_ANYTHING_LEFT as error:
            raise CallError(type(error).__name__, may_have_arrived=False) from None
        except (httpx.HTTPError, OSError) as error:  # TimeoutError of the deadline is an OSError
            raise CallError(type(error).__name__, may_have_arrived=True) from None

    async def close(self) -> None:
        """Close all connections; a request under way fails as "may have arrived"."""
        await self._http.aclose()


async def _read(response: httpx.Response) -> bytes:
    """Read the answer; one that is too long or breaks off is empty: its status line still counts."""
    try:
        return await read_bounded(response, MAX_ANSWER_BYTES)
    except httpx.HTTPError:
        return b""
