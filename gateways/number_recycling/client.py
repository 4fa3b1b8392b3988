"""CAMARA Number Recycling 0.2: has a number changed hands since a date? (M-1, docs/carriers.md §3)"""

import asyncio
import json
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote

import httpx
import structlog

from domain.carrier_exchange import RecyclingOutcome
from domain.link_states import LinkState
from domain.misdelivery import clamp_reference_date
from domain.phone_numbers import international_number
from gateways.carrier_http import json_headers, json_object, open_pool, read_bounded, split_address
from gateways.link_health import LinkHealth
from gateways.number_recycling.breaker import CircuitBreaker, CircuitPosition, CircuitState

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

LINK_NAME = "number-recycling"
CIRCUIT_OPEN = "CIRCUIT_OPEN"
UNREADABLE = "UNREADABLE"
MAX_ANSWER_BYTES = 64 * 1024

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
    """The directory as the operator sees it. Times are UTC, ``None`` = not yet.

    ``in_flight`` of ``capacity`` connections are in use. ``last_error`` is a code, never a text. Calls the
    open circuit did not let through are no errors of the directory and leave ``last_error`` alone.
    """

    circuit: CircuitState
    is_up: bool
    since: datetime | None
    in_flight: int
    capacity: int
    throttled_since: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    last_success_at: datetime | None

    def in_general(self) -> LinkState:
        """Return the form in which the operator's page shows links of any kind."""
        details = {
            "circuit": self.circuit.position.value,
            "consecutive_failures": str(self.circuit.consecutive_failures),
        }
        times = {
            "circuit_opened_at": self.circuit.opened_at,
            "circuit_open_until": self.circuit.open_until,
            "last_success_at": self.last_success_at,
        }
        return LinkState(
            name=LINK_NAME,
            channel=None,
            carrier=None,
            is_up=self.is_up and self.circuit.position is CircuitPosition.CLOSED,
            since=self.circuit.opened_at or self.since,
            in_use=self.in_flight,
            capacity=self.capacity,
            throttled_since=self.throttled_since,
            last_error=self.last_error,
            last_error_at=self.last_error_at,
            details=details | {name: time.isoformat() for name, time in times.items() if time},
        )


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
        self._headers = json_headers(f"Bearer {token}") | {"content-type": "application/json"}
        self._timeout = timeout
        self._http = open_pool(max_connections, tls)
        self._breaker = CircuitBreaker(threshold=failures_to_open, open_seconds=open_seconds, clock=clock)
        self._health = LinkHealth()
        self._capacity = max_connections

    @property
    def state(self) -> NumberRecyclingState:
        """The directory as it is now."""
        health = self._health
        return NumberRecyclingState(
            circuit=self._breaker.state,
            is_up=health.is_up,
            since=health.since,
            in_flight=health.in_flight,
            capacity=self._capacity,
            throttled_since=health.throttled_since,
            last_error=health.last_error,
            last_error_at=health.last_error_at,
            last_success_at=health.last_success_at,
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
        international = international_number(phone_number)
        if not self._breaker.let_through():
            return RecyclingResult(RecyclingOutcome.LOOKUP_FAILED, CIRCUIT_OPEN, retryable=True)
        asked = {
            "phoneNumber": international,
            "specifiedDate": clamp_reference_date(reference_date, today).isoformat(),
        }
        with self._health.calling():
            try:
                return await self._look_up(json.dumps(asked).encode(), correlator)
            except BaseException:
                self._breaker.given_up()
                raise

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def _look_up(self, body: bytes, correlator: str) -> RecyclingResult:
        """Ask, tell breaker and health, and put the answer into our words."""
        before = self._breaker.state.position
        status: int | None = None
        try:
            status, content = await self._exchange(body, correlator)
            result = _result(status, content)
        except (httpx.HTTPError, OSError) as error:
            result = _failed(type(error).__name__, retryable=True)
        # Any answer but 5xx, a refusal too, comes from a directory that is up.
        if status is None or status >= 500:
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        self._note(status, result, correlator)
        after = self._breaker.state
        if after.position is not before:
            log.warning(
                "number_recycling_circuit", position=after.position, failures=after.consecutive_failures
            )
        return result

    async def _exchange(self, body: bytes, correlator: str) -> tuple[int, dict[str, Any]]:
        request = httpx.Request(
            "POST",
            self._url,
            headers=self._headers
            | {"x-correlator": _NOT_IN_CORRELATOR.sub("-", correlator)[:_MAX_CORRELATOR]},
            content=body,
        )
        # One limit over all steps is enough here: a lookup may be repeated, whatever became of it.
        async with asyncio.timeout(self._timeout):
            response = await self._http.handle_async_request(request)
            return response.status_code, json_object(await read_bounded(response, MAX_ANSWER_BYTES))

    def _note(self, status: int | None, result: RecyclingResult, correlator: str) -> None:
        code = result.carrier_code
        if code is None:
            self._health.working()
            self._health.accepting()
            return
        if status is None or status >= 500 or status in (401, 403):
            self._health.failing(code)
        elif status == 429:
            self._health.throttling(code)
        else:
            self._health.refusing(code)
        log.warning("number_recycling_lookup_failed", code=code, correlator=correlator)


def _result(status: int, content: dict[str, Any]) -> RecyclingResult:
    if status != 200:
        code = content.get("code")
        named = code[:64] if isinstance(code, str) and code else str(status)
        return _failed(named, retryable=status >= 500 or status in (408, 429))
    recycled = content.get("phoneNumberRecycled")
    # Only a real boolean decides: guessing here would send to a stranger.
    if recycled is True:
        return RecyclingResult(RecyclingOutcome.RECYCLED)
    if recycled is False:
        return RecyclingResult(RecyclingOutcome.NOT_RECYCLED)
    return _failed(UNREADABLE, retryable=False)


def _failed(code: str, *, retryable: bool) -> RecyclingResult:
    return RecyclingResult(RecyclingOutcome.LOOKUP_FAILED, code, retryable)


def _split(url: str) -> tuple[str, str]:
    address = split_address(url)
    token = unquote(address[1].password or address[1].username or "") if address else ""
    if address is None or not token:
        raise ValueError("A number recycling URL must be http(s)://token@host[:port]")
    return address[0], token
