"""CAMARA Number Recycling 0.2: has a number changed hands since a date? (M-1, docs/carriers.md §3)"""

import asyncio
import json
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import structlog

from domain.carrier_exchange import RecyclingOutcome
from domain.misdelivery import clamp_reference_date
from gateways.number_recycling.breaker import CircuitBreaker, CircuitState

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

CIRCUIT_OPEN = "CIRCUIT_OPEN"
UNREADABLE = "UNREADABLE"
MAX_ANSWER_BYTES = 64 * 1024
# Below the usual 5 s of servers, so that a request rarely meets the server's close on its way.
KEEP_ALIVE_SECONDS = 3.0

_NATIONAL = re.compile(r"0[0-9]{10}")
# CAMARA commonalities: what an x-correlator may hold, and how much of it.
_NOT_IN_CORRELATOR = re.compile(r"[^a-zA-Z0-9_:;./<>{}-]")
_MAX_CORRELATOR = 256


@dataclass(frozen=True, slots=True)
class RecyclingResult:
    """The answer about one number.

    ``carrier_code`` is ``None`` with an answer; else the directory's own code, the HTTP status, or
    the kind of failure. ``retryable`` says that asking again later may help (a lookup changes
    nothing, so repeating one is harmless); a failure that stays one is DB照会エラー (M-1, M-4).
    """

    outcome: RecyclingOutcome
    carrier_code: str | None = None
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class NumberRecyclingState:
    """The directory as the operator sees it. Times are UTC, ``None`` = not yet."""

    circuit: CircuitState
    in_flight: int
    last_error: str | None
    last_error_at: datetime | None
    last_success_at: datetime | None


class NumberRecyclingClient:
    """Asks the number directory. Safe for concurrent calls on one event loop.

    ``url`` is ``https://token@host:port`` (or ``https://:token@…``); a path stays part of the root.
    ``timeout`` bounds a whole lookup, in seconds. The breaker opens after ``failures_to_open``
    transport failures or 5xx in a row, for ``open_seconds``: short, because a message looked up
    meanwhile is not sent (M-1). Raises ``ValueError`` for an unusable URL, without quoting it.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 5.0,
        failures_to_open: int = 5,
        open_seconds: float = 5.0,
        max_connections: int = 16,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        root, token = _split(url)
        self._url = f"{root}/number-recycling/v0.2/check"
        self._authorization = f"Bearer {token}"
        self._timeout = timeout
        # The bare transport: httpx.AsyncClient would follow redirects, read .netrc and log URLs.
        self._http = httpx.AsyncHTTPTransport(
            verify=tls if tls is not None else True,
            trust_env=False,
            limits=httpx.Limits(
                max_connections=max_connections,
                max_keepalive_connections=max_connections,
                keepalive_expiry=KEEP_ALIVE_SECONDS,
            ),
        )
        self._breaker = CircuitBreaker(threshold=failures_to_open, open_seconds=open_seconds, clock=clock)
        self._in_flight = 0
        self._last_error: str | None = None
        self._last_error_at: datetime | None = None
        self._last_success_at: datetime | None = None

    @property
    def state(self) -> NumberRecyclingState:
        """The directory as it is now."""
        return NumberRecyclingState(
            circuit=self._breaker.state,
            in_flight=self._in_flight,
            last_error=self._last_error,
            last_error_at=self._last_error_at,
            last_success_at=self._last_success_at,
        )

    async def check(
        self, phone_number: str, reference_date: date, today: date, *, correlator: str
    ) -> RecyclingResult:
        """Look one number (national, 11 digits) up.

        ``today`` is the date in Japan; the reference date is clamped to two years before it (M-2).
        ``correlator`` goes out as ``x-correlator`` and into the directory's logs: pass an id of
        ours, never a number. Every failure is ``LOOKUP_FAILED``; only a number that is not national
        raises (``ValueError``, a bug of the caller).
        """
        if not _NATIONAL.fullmatch(phone_number):
            raise ValueError("The phone number is not national with 11 digits")
        if not self._breaker.let_through():
            return RecyclingResult(RecyclingOutcome.LOOKUP_FAILED, CIRCUIT_OPEN, retryable=True)
        asked = {
            "phoneNumber": f"+81{phone_number[1:]}",
            "specifiedDate": clamp_reference_date(reference_date, today).isoformat(),
        }
        self._in_flight += 1
        try:
            result = await self._look_up(json.dumps(asked).encode(), correlator)
        except BaseException:
            self._breaker.given_up()
            raise
        finally:
            self._in_flight -= 1
        self._note(result)
        return result

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def _look_up(self, body: bytes, correlator: str) -> RecyclingResult:
        """Ask, tell the breaker, and put the answer into our words."""
        try:
            status, content = await self._exchange(body, correlator)
        except (httpx.HTTPError, OSError) as error:
            self._breaker.failed()
            return RecyclingResult(RecyclingOutcome.LOOKUP_FAILED, type(error).__name__, retryable=True)
        if status >= 500:
            self._breaker.failed()
        else:
            # Any other answer, a refusal too, comes from a directory that is up.
            self._breaker.succeeded()
        if status == 200:
            return _verdict(content)
        code = content.get("code")
        named = code[:64] if isinstance(code, str) and code else str(status)
        return RecyclingResult(
            RecyclingOutcome.LOOKUP_FAILED, named, retryable=status >= 500 or status in (408, 429)
        )

    async def _exchange(self, body: bytes, correlator: str) -> tuple[int, dict[str, Any]]:
        request = httpx.Request(
            "POST",
            self._url,
            headers={
                "authorization": self._authorization,
                "content-type": "application/json",
                "accept": "application/json",
                "accept-encoding": "identity",
                "x-correlator": _NOT_IN_CORRELATOR.sub("-", correlator)[:_MAX_CORRELATOR],
            },
            content=body,
        )
        # One limit over all steps is enough here: a lookup may be repeated, whatever became of it.
        async with asyncio.timeout(self._timeout):
            response = await self._http.handle_async_request(request)
            received = bytearray()
            try:
                async for part in response.aiter_raw():
                    received += part
                    if len(received) > MAX_ANSWER_BYTES:
                        return response.status_code, {}
            finally:
                await response.aclose()
        return response.status_code, _json_object(bytes(received))

    def _note(self, result: RecyclingResult) -> None:
        if result.outcome is not RecyclingOutcome.LOOKUP_FAILED:
            self._last_success_at = datetime.now(UTC)
            return
        self._last_error, self._last_error_at = result.carrier_code, datetime.now(UTC)
        log.warning("number_recycling_lookup_failed", code=result.carrier_code)


def _verdict(content: dict[str, Any]) -> RecyclingResult:
    recycled = content.get("phoneNumberRecycled")
    # Only a real boolean decides: guessing here would send to a stranger.
    if recycled is True:
        return RecyclingResult(RecyclingOutcome.RECYCLED)
    if recycled is False:
        return RecyclingResult(RecyclingOutcome.NOT_RECYCLED)
    return RecyclingResult(RecyclingOutcome.LOOKUP_FAILED, UNREADABLE)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    token = unquote(parts.password or parts.username or "")
    if parts.scheme not in ("http", "https") or not parts.hostname or not token:
        raise ValueError("A number recycling URL must be http(s)://token@host[:port]")
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}", token
