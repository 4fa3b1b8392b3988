"""The +Message gateway of one carrier: capability check, submit, revoke, files (R-2, R-6…R-9, R-12)."""

import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import structlog

from domain.carrier_exchange import Capability, OutboundRcs, RevokeOutcome, SegmentResult, SubmitOutcome
from domain.carriers import Carrier
from domain.messages import StatusReason
from domain.phone_numbers import international_number
from domain.rcs_content_limits import InvalidContent
from domain.rcs_files import FileAnswer, FileUpload
from gateways.carrier_http import json_headers
from gateways.link_health import LinkHealth
from gateways.maap import statuses
from gateways.maap.bodies import REVOCATION_BODY, message_body
from gateways.maap.files import failed_file_call, file_answer, is_uploadable, upload_body
from gateways.maap.state import MaapState
from gateways.maap.statuses import PROFILES, MaapProfile
from gateways.maap.tokens import TokenKeeper
from gateways.maap.transport import Answer, CallError, Endpoint, MaapTransport

JSON = "application/json"
CONTENT_INVALID = "CONTENT_INVALID"

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


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
        """Hand over one message. There is no idempotency key: ``UNKNOWN`` must never be sent again.

        A content beyond its limits (R-1 to R-4) is ``REJECTED`` and does not leave.
        """
        try:
            body = message_body(message, self._profile.traffic_type)
        except (InvalidContent, UnicodeEncodeError) as error:
            # Neither quotes the content: places and codes, or the position of half a character.
            problem = str(error) if isinstance(error, InvalidContent) else "half a surrogate pair"
            log.warning("maap_content_invalid", carrier=self.carrier.value, problem=problem)
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

    async def upload_file(self, bot_id: str, upload: FileUpload) -> FileAnswer:
        """Put a file on the platform, for cards to point at (R-2).

        The answer is usually ``PENDING``; a ``MediaFileEvent`` follows when it can be used, or
        ``ask_file`` tells. A file of no bytes, or of more than 5 MB, does not leave.
        """
        if not is_uploadable(upload):
            return FileAnswer(None, CONTENT_INVALID)
        content_type, body = upload_body(upload)
        return await self._file_call("upload", "POST", f"{self._bot(bot_id)}/files", body, content_type)

    async def ask_file(self, bot_id: str, file_id: str) -> FileAnswer:
        """Ask what became of an uploaded file; for the day its event was lost."""
        return await self._file_call("ask_file", "GET", self._file(bot_id, file_id))

    async def delete_file(self, bot_id: str, file_id: str) -> bool:
        """Take a file off the platform; whether it is gone (one the platform does not know is)."""
        try:
            answer = await self._call("delete_file", "DELETE", self._file(bot_id, file_id))
        except CallError:
            return False
        return answer.status in (200, 204, 404)

    async def close(self) -> None:
        """Close all connections. Let calls under way end first: they would become unknown."""
        await self._transport.close()
        await self._tokens.close()

    def _bot(self, bot_id: str) -> str:
        return f"{self._bots}/{quote(bot_id, safe='')}"

    def _file(self, bot_id: str, file_id: str) -> str:
        return f"{self._bot(bot_id)}/files/{quote(file_id, safe='')}"

    async def _file_call(self, *call: Any) -> FileAnswer:
        try:
            return file_answer(await self._call(*call))
        except CallError as failure:
            return failed_file_call(failure)

    async def _call(
        self, operation: str, method: str, url: str, body: bytes | None = None, content_type: str = JSON
    ) -> Answer:
        with self._health.calling():
            try:
                answer = await self._authorised(method, url, body, content_type)
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

    async def _authorised(self, method: str, url: str, body: bytes | None, content_type: str) -> Answer:
        """One request; a second one only after 401, which certainly accepted nothing."""
        token = await self._tokens.current()
        answer = await self._transport.exchange(method, url, _headers(token, body, content_type), body)
        if answer.status == 401:
            token = await self._tokens.replace(token)
            answer = await self._transport.exchange(method, url, _headers(token, body, content_type), body)
        return answer


def _headers(token: str, body: bytes | None, content_type: str) -> dict[str, str]:
    headers = json_headers(f"Bearer {token}")
    return headers if body is None else headers | {"content-type": content_type}
