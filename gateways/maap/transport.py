"""HTTP to one MaaP endpoint: what was answered, or whether anything may have arrived.

``httpx.AsyncHTTPTransport`` is used without ``httpx.AsyncClient`` on top, because the client
logs every URL at INFO (``userContact`` is a phone number) and costs a fifth more CPU; redirects,
cookies, proxies and .netrc from the environment have no place towards a carrier either.
"""

import asyncio
import importlib.util
import json
import ssl
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

# Longest answer that is read, bytes; MaaP answers are a few hundred.
MAX_ANSWER_BYTES = 256 * 1024
# Seconds an idle connection is kept: below the usual 5 s of servers, because a request that meets
# the server's close on its way ends as "outcome unknown" although nothing was wrong with it.
KEEP_ALIVE_SECONDS = 3.0

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
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("A MaaP URL must be http(s)://client_id:secret@host[:port]/path")
        if not parts.username or not parts.password:
            raise ValueError("A MaaP URL must carry client_id:secret before the host")
        place = parts.netloc.rpartition("@")[2]
        root = f"{parts.scheme}://{place}{parts.path.rstrip('/')}"
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
        _remember_that_sniffio_is_missing()
        limits = httpx.Limits(
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
        )
        self._http = httpx.AsyncHTTPTransport(
            verify=tls if tls is not None else True, trust_env=False, limits=limits, retries=0
        )
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
            headers={"accept": "application/json", "accept-encoding": "identity", **headers},
            content=body,
            extensions=self._extensions,
        )
        try:
            async with asyncio.timeout(self._deadline):
                response = await self._http.handle_async_request(request)
                return Answer(response.status_code, _json_object(await _read(response)))
        except _BEFORE_ANYTHING_LEFT as error:
            raise CallError(type(error).__name__, may_have_arrived=False) from None
        except (httpx.HTTPError, OSError) as error:  # TimeoutError of the deadline is an OSError
            raise CallError(type(error).__name__, may_have_arrived=True) from None

    async def close(self) -> None:
        """Close all connections; a request under way fails as "may have arrived"."""
        await self._http.aclose()


async def _read(response: httpx.Response) -> bytes:
    """Read the answer; one that is too long or breaks off is empty: its status line still counts."""
    parts = bytearray()
    try:
        async for part in response.aiter_raw():
            parts += part
            if len(parts) > MAX_ANSWER_BYTES:
                return b""
    except httpx.HTTPError:
        return b""
    finally:
        await response.aclose()
    return bytes(parts)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _remember_that_sniffio_is_missing() -> None:
    """Spare httpcore a search of the whole import path several times per request.

    httpcore 1.0.9 runs ``import sniffio`` at every lock and event it sets up; anyio no longer
    installs sniffio, and Python does not remember a failed import: 0.2–0.5 ms CPU per request.
    """
    if "sniffio" not in sys.modules and importlib.util.find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # the documented "not there" mark
