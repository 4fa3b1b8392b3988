"""The +Message gateway of one carrier: capability check, submit, revoke (R-6…R-9, R-12)."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import structlog

from domain.carrier_exchange import Capability, OutboundRcs, RevokeOutcome, SegmentResult, SubmitOutcome
from domain.carriers import Carrier, Channel
from domain.link_states import LinkState, carrier_link_name
from domain.messages import StatusReason
from domain.phone_numbers import international_number
from gateways.carrier_http import json_headers
from gateways.link_health import LinkHealth
from gateways.maap import statuses
from gateways.maap.bodies import REVOCATION_BODY, message_body
from gateways.maap.statuses import PROFILES, MaapProfile
from gateways.maap.tokens import TokenKeeper
from gateways.maap.transport import Answer, CallError, Endpoint, MaapTransport

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MaapState:
    """A carrier link as the operator sees it. Times are UTC, ``None`` = not yet.

    ``token_valid_until`` is ``None`` without a usable token. ``in_flight`` of ``capacity`` calls are under
    way. ``throttled_since`` is ``None`` once a message is accepted again. ``last_error`` is a code (HTTP
    status, reason code or kind of failure), never a text.
    """

    carrier: Carrier
    is_up: bool
    since: datetime | None
    token_valid_until: datetime | None
    in_flight: int
    capacity: int
    throttled_since: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    last_success_at: datetime | None

    def in_general(self) -> LinkState:
        """Return the form in which the operator's page shows links of any kind."""
        times = {"token_valid_until": self.token_valid_until, "last_success_at": self.last_success_at}
        return LinkState(
            name=carrier_link_name(Channel.RCS, self.carrier),
            channel=Channel.RCS,
            carrier=self.carrier,
            is_up=self.is_up,
            since=self.since,
            in_use=self.in_flight,
            capacity=self.capacity,
            throttled_since=self.throttled_since,
            last_error=self.last_error,
            last_error_at=self.last_error_at,
            details={name: time.isoformat() for name, time in times.items() if time},
        )


class MaapClient:
    """Speaks GSMA MaaP to one carrier. Safe for any number of concurrent calls on one event loop.

    ``url`` is ``https://client_id:secret@host:port/maap/docomo``. ``timeout`` bounds each wait for
    the carrier's answer, ``connect_timeout`` each step before anything is written; in seconds.
    ``profile`` defaults to the carrier's of ``statuses.PROFILES``. Raises ``ValueError`` for an
    unusable URL and ``KeyError`` for a carrier without +Message.

    No call repeats a request that may have arrived; cancelling a call leaves its outcome unknown.
    """

    def __init__(
        self,
        carrier: Carrier,
        url: str,
        *,
        timeout: float = 10.0,
        connect_timeout: float = 3.0,
        max_connections: int = 16,
        tls: ssl.SSLContext | None = None,
        profile: MaapProfile | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        endpoint = Endpoint.from_url(url)
        self.carrier = carrier
        self._profile = profile or PROFILES[carrier]
        self._bots = f"{endpoint.root}/rcs/bot/v1"
        self._transport = MaapTransport(
            timeout=timeout, connect_timeout=connect_timeout, max_connections=max_connections, tls=tls
        )
        self._tokens = TokenKeeper(self._transport, endpoint, clock=clock)
        self._health = LinkHealth()
        self._capacity = max_connections

    @property
    def state(self) -> MaapState:
        """The link as it is now."""
        health = self._health
        return MaapState(
            carrier=self.carrier,
            is_up=health.is_up,
            since=health.since,
            token_valid_until=self._tokens.valid_until,
            in_flight=health.in_flight,
            capacity=self._capacity,
            throttled_since=health.throttled_since,
            last_error=health.last_error,
            last_error_at=health.last_error_at,
            last_success_at=health.last_success_at,
        )

    async def check_capability(self, bot_id: str, phone_number: str) -> Capability:
        """Ask whether the number (national, 11 digits) has the +Message app (R-7)."""
        contact = quote(international_number(phone_number), safe="")
        url = f"{self._bot(bot_id)}/contactCapabilities?userContact={contact}"
        try:
            return statuses.capability(self._profile, await self._call("capability", "GET", url))
        except CallError:
            return Capability.UNAVAILABLE

    async def submit(self, message: OutboundRcs) -> SegmentResult:
        """Hand over one message. There is no idempotency key: ``UNKNOWN`` must never be sent again."""
        try:
            body = message_body(message, self._profile.traffic_type)
        except UnicodeEncodeError:
            return SegmentResult(1, SubmitOutcome.REJECTED, reason=StatusReason.CONTENT_INVALID)
        try:
            answer = await self._call("submit", "POST", f"{self._bot(message.bot_id)}/messages", body)
        except CallError as failure:
            return statuses.failed_submit(failure)
        return statuses.submit_result(self._profile, answer)

    async def revoke(self, bot_id: str, msg_id: str) -> RevokeOutcome:
        """Ask the carrier to discard a message it accepted as ``msg_id`` (R-8, R-9)."""
        url = f"{self._bot(bot_id)}/messages/{quote(msg_id, safe='')}/status"
        try:
            return statuses.revoke_outcome(
                self._profile, await self._call("revoke", "PUT", url, REVOCATION_BODY)
            )
        except CallError:
            return RevokeOutcome.FAILED

    async def close(self) -> None:
        """Close all connections. Let calls under way end first: they would become unknown."""
        await self._transport.close()
        await self._tokens.close()

    def _bot(self, bot_id: str) -> str:
        return f"{self._bots}/{quote(bot_id, safe='')}"

    async def _call(self, operation: str, method: str, url: str, body: bytes | None = None) -> Answer:
        with self._health.calling():
            try:
                answer = await self._authorised(method, url, body)
            except CallError as failure:
                self._health.failing(failure.code)
                self._log_failure(operation, failure.code)
                raise
        self._note(operation, answer)
        return answer

    def _note(self, operation: str, answer: Answer) -> None:
        """Keep what the answer says about the link; 4xx about one message or number is a working link."""
        code = answer.reason_code or str(answer.status)
        if answer.status == 429:
            self._health.throttling(code)
        elif answer.status == 401 or answer.status >= 500:
            self._health.failing(code)
        else:
            self._health.working()
            if operation == "submit" and answer.status < 300:
                self._health.accepting()
            return
        self._log_failure(operation, code)

    def _log_failure(self, operation: str, code: str) -> None:
        log.warning("maap_call_failed", carrier=self.carrier.value, operation=operation, code=code)

    async def _authorised(self, method: str, url: str, body: bytes | None) -> Answer:
        """One request; a second one only after 401, which certainly accepted nothing."""
        token = await self._tokens.current()
        answer = await self._transport.exchange(method, url, _headers(token, body), body)
        if answer.status == 401:
            token = await self._tokens.replace(token)
            answer = await self._transport.exchange(method, url, _headers(token, body), body)
        return answer


def _headers(token: str, body: bytes | None) -> dict[str, str]:
    headers = json_headers(f"Bearer {token}")
    return headers if body is None else headers | {"content-type": "application/json"}
