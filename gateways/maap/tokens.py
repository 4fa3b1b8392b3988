"""OAuth 2.0 client credentials for MaaP: one token, renewed ahead of time, by one request at a time."""

import asyncio
import base64
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from gateways.carrier_http import json_headers
from gateways.maap.transport import CallError, Endpoint, MaapTransport

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

SCOPE = "botmessage"
# Seconds assumed when the answer has no usable expires_in (RFC 6749 §5.1 only recommends it).
DEFAULT_LIFETIME = 300.0
MAX_LIFETIME = 86_400.0
# The token is renewed this long before its end, but never earlier than at 80 % of its life.
RENEW_AHEAD_SECONDS = 60.0
RENEW_AHEAD_SHARE = 0.2
# Pause after a failed renewal. While the old token still serves nobody notices; without one, calls fail at
# once for so long: a refused login asked for with every message locks accounts.
RETRY_SECONDS = 2.0

# What may stand in a header; anything else in a token is nonsense from the carrier.
_HEADER_SAFE = re.compile(r"[\x21-\x7e]{1,8192}")
_FORM = f"grant_type=client_credentials&scope={SCOPE}".encode()


@dataclass(frozen=True, slots=True, repr=False)
class _Token:
    value: str
    renew_at: float
    expires_at: float
    valid_until: datetime


class TokenKeeper:
    """Keeps the Bearer token of one carrier.

    While the token is valid no caller waits: from shortly before its end a renewal runs in the
    background. Without a valid token all callers wait for the same request and share its result, its failure
    as well; after a failure they are refused at once for ``RETRY_SECONDS``.
    ``clock`` is in seconds, monotonic. Source: docs/carriers.md §2, ``POST {root}/oauth2/v1/token``.
    """

    def __init__(
        self, transport: MaapTransport, endpoint: Endpoint, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._transport = transport
        self._url = f"{endpoint.root}/oauth2/v1/token"
        credentials = f"{endpoint.client_id}:{endpoint.secret}".encode()
        basic = f"Basic {base64.b64encode(credentials).decode('ascii')}"
        self._headers = json_headers(basic) | {"content-type": "application/x-www-form-urlencoded"}
        self._clock = clock
        self._token: _Token | None = None
        self._renewal: asyncio.Task[str] | None = None
        self._retry_at = 0.0
        self._failure: str | None = None

    @property
    def valid_until(self) -> datetime | None:
        """When the present token ends (UTC), ``None`` without one that can be used."""
        token = self._token
        return token.valid_until if token and self._clock() < token.expires_at else None

    async def current(self) -> str:
        """Return a token that is valid now. Raises ``CallError`` (nothing of the message left)."""
        token, now = self._token, self._clock()
        if token is None or now >= token.expires_at:
            return await self._renewed(now)
        if now >= token.renew_at and now >= self._retry_at:
            self._start_renewal()
        return token.value

    async def replace(self, refused: str) -> str:
        """Return another token than the one just refused with 401; many callers cost one request."""
        if self._token is not None and self._token.value == refused:
            self._token = None
        return await self.current()

    async def close(self) -> None:
        """Wait until a renewal under way has ended; close the transport first to make that soon."""
        if self._renewal is not None:
            await asyncio.wait([self._renewal])

    async def _renewed(self, now: float) -> str:
        if self._failure is not None and now < self._retry_at:
            raise CallError(self._failure, may_have_arrived=False)
        # Shielded: when the caller that began the renewal is cancelled, the others still need it.
        return await asyncio.shield(self._start_renewal())

    def _start_renewal(self) -> asyncio.Task[str]:
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._fetch(), name="maap-token")
            self._renewal.add_done_callback(_retrieve_failure)
        return self._renewal

    async def _fetch(self) -> str:
        try:
            answer = await self._transport.exchange("POST", self._url, self._headers, _FORM)
            if answer.status != 200:
                raise CallError(str(answer.status), may_have_arrived=False)
            value = answer.content.get("access_token")
            if not isinstance(value, str) or not _HEADER_SAFE.fullmatch(value):
                raise CallError("UNREADABLE", may_have_arrived=False)
        except CallError as error:
            self._retry_at = self._clock() + RETRY_SECONDS
            self._failure = f"TOKEN_{error.code}"
            log.warning("maap_token_refused", code=error.code)
            # Whatever became of the token request, the message itself never left.
            raise CallError(self._failure, may_have_arrived=False) from None
        self._keep(value, _lifetime(answer.content.get("expires_in")))
        return value

    def _keep(self, value: str, lifetime: float) -> None:
        now = self._clock()
        self._failure = None
        ahead = min(RENEW_AHEAD_SECONDS, lifetime * RENEW_AHEAD_SHARE)
        valid_until = datetime.now(UTC) + timedelta(seconds=lifetime)
        self._token = _Token(value, now + lifetime - ahead, now + lifetime, valid_until)


def _lifetime(expires_in: Any) -> float:
    """Seconds a token lives: numbers and numeric strings are taken, nonsense gives the default."""
    try:
        seconds = float(expires_in)
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_LIFETIME
    # Written so that NaN fails it too.
    if not seconds > 0:
        return DEFAULT_LIFETIME
    return min(seconds, MAX_LIFETIME)


def _retrieve_failure(task: asyncio.Task[str]) -> None:
    """Mark a failure as seen: after a background renewal nobody awaits the task."""
    if not task.cancelled():
        task.exception()
