"""What HTTP to an outside party needs, whoever it is: a pool, a bounded answer, an address with a secret.

``httpx.AsyncHTTPTransport`` is used without ``httpx.AsyncClient`` on top: the client logs every URL at INFO
(there are phone numbers in some) and costs a fifth more CPU; redirects, cookies, proxies and .netrc from the
environment have no place towards a carrier either.
"""

import importlib.util
import json
import ssl
import sys
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx

# Seconds an idle connection is kept: below the usual 5 s of servers, because a request that meets
# the server's close on its way ends as "outcome unknown" although nothing was wrong with it.
KEEP_ALIVE_SECONDS = 3.0


def open_pool(max_connections: int, tls: ssl.SSLContext | None) -> httpx.AsyncHTTPTransport:
    """Return a keep-alive connection pool to one party; nothing is repeated by itself."""
    _remember_that_sniffio_is_missing()
    limits = httpx.Limits(
        max_connections=max_connections,
        max_keepalive_connections=max_connections,
        keepalive_expiry=KEEP_ALIVE_SECONDS,
    )
    verify = tls if tls is not None else True
    return httpx.AsyncHTTPTransport(verify=verify, trust_env=False, limits=limits, retries=0)


def json_headers(authorization: str) -> dict[str, str]:
    """Return the headers of a request that wants JSON, uncompressed: answers are a few hundred bytes."""
    return {"accept": "application/json", "accept-encoding": "identity", "authorization": authorization}


async def read_bounded(response: httpx.Response, limit: int) -> bytes:
    """Return the body, empty if it has more than ``limit`` bytes. Raises ``httpx.HTTPError``."""
    parts = bytearray()
    try:
        async for part in response.aiter_raw():
            parts += part
            if len(parts) > limit:
                return b""
    finally:
        await response.aclose()
    return bytes(parts)


def json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``, empty when it holds none."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def split_address(url: str) -> tuple[str, SplitResult] | None:
    """Split ``https://login@host:port/path``: its root without the login, and all parts; else ``None``."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}", parts


def _remember_that_sniffio_is_missing() -> None:
    """Spare httpcore a search of the whole import path several times per request.

    httpcore 1.0.9 runs ``import sniffio`` at every lock and event it sets up; anyio no longer
    installs sniffio, and Python does not remember a failed import: 0.2–0.5 ms CPU per request.
    """
    if "sniffio" not in sys.modules and importlib.util.find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # the documented "not there" mark
