"""One transceiver bind: sequence numbers, a timer per PDU, the window, enquire_link, unbind.

Reads and dispatches synchronously; nothing that takes time (a receipt's commit) runs here.
Source: SMPP v3.4 §2.2 (states), §2.9 (timers), §4.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import structlog

from gateways.smpp.bodies import BindTransceiver
from gateways.smpp.command_status import LOGIN_REFUSED, CommandStatus, printed_status
from gateways.smpp.deliveries import Deliveries, Receivers
from gateways.smpp.flow import SessionClosed, Throttle, Window
from gateways.smpp.oddities import Oddities
from gateways.smpp.pdu import RESPONSE_BIT, CommandId, Pdu, PduStream, ProtocolError
from gateways.smpp.profiles import SmppProfile
from gateways.smpp.requests import Answer, OpenRequests
from gateways.smpp.urls import SmppAddress

log = structlog.get_logger(__name__)

_NOT_NOW = frozenset({CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RMSGQFUL})
# One-way by specification: no response exists (§4.1.7, §4.12).
_UNANSWERED = frozenset({CommandId.OUTBIND, CommandId.ALERT_NOTIFICATION})


class BindRefused(Exception):
    """The SMSC answered the bind with an error status."""

    def __init__(self, command_status: int) -> None:
        super().__init__(f"bind refused {printed_status(command_status)}")
        self.command_status = command_status

    @property
    def login_refused(self) -> bool:
        """Whether it is our system_id or password, which no quick retry will mend."""
        return self.command_status in LOGIN_REFUSED


class SmppSession(asyncio.Protocol):
    """A TCP connection to an SMSC, bound once ``open_session`` returned it."""

    def __init__(self, profile: SmppProfile, receivers: Receivers, throttle: Throttle) -> None:
        loop = asyncio.get_running_loop()
        self.window = Window(profile.window)
        self.deliveries = Deliveries(profile, receivers, self._acknowledge)
        self.bound_at: datetime | None = None
        # Done when the connection is gone; its result says why.
        self.closed: asyncio.Future[str] = loop.create_future()
        self._profile = profile
        self._throttle = throttle
        self._loop = loop
        self._stream = PduStream()
        self._oddities = Oddities(profile.carrier, loop.time)
        self._transport: asyncio.Transport | None = None
        self._requests = OpenRequests()
        self._retiring = False
        self._close_reason = "connection lost"
        self._enquiry_timer: asyncio.TimerHandle | None = None
        self._enquiry_open = False
        self._close_timer: asyncio.TimerHandle | None = None
        self._handlers: dict[int, Callable[[Pdu], None]] = {
            CommandId.DELIVER_SM: self.deliveries.receive,
            # Some SMSCs send their receipts so (§4.7); answered in kind.
            CommandId.DATA_SM: self.deliveries.receive,
            CommandId.ENQUIRE_LINK: self._on_enquire_link,
            CommandId.UNBIND: self._on_unbind,
        }

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            for pdu in self._stream.feed(data):
                self._dispatch(pdu)
        except ProtocolError as error:
            # The frame boundary is lost: say so (§3.2), then nothing but a new connection helps.
            self._write(Pdu(CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDLEN, 0))
            self._close(f"protocol error: {error}")

    def pause_writing(self) -> None:
        """Read no more from a peer that does not take our answers: they would pile up here without end."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on reading."""
        if self._transport is not None:
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and not self._retiring:
            self._close_reason = f"connection lost: {type(exc).__name__}"
        self.window.close()
        for timer in (self._enquiry_timer, self._close_timer):
            if timer is not None:
                timer.cancel()
        for sequence in self._requests.sequences():
            self._finish(sequence, None)
        self.deliveries.forget_waiting()
        if not self.closed.done():
            self.closed.set_result(self._close_reason)

    # Requests of ours

    @property
    def available(self) -> bool:
        """Whether submits may go over this bind."""
        return self.bound_at is not None and not self._retiring and self._open

    async def submit(self, body: bytes) -> Answer:
        """Write a submit_sm as soon as window and throttle allow; the future is its answer, if any.

        Raises ``SessionClosed`` only when not one octet was written. The future never fails; it
        resolves to ``None`` when the answer did not come in time or the link dropped.
        """
        await self.window.acquire()
        try:
            await self._throttle.passed()
            if self._retiring:
                raise SessionClosed
            return self._request(
                CommandId.SUBMIT_SM, body, self._profile.submit_resp_timeout_s, in_window=True
            )
        except BaseException:
            # Cancelled or closed before the write: the slot was not used.
            self.window.release()
            raise

    async def bind(self, address: SmppAddress) -> None:
        """Log in. Raises ``BindRefused``, ``TimeoutError`` (no answer) or ``ConnectionError``."""
        login = BindTransceiver(address.system_id, address.password, self._profile.system_type)
        try:
            answer = await self._request(
                CommandId.BIND_TRANSCEIVER, login.encode(), self._profile.bind_timeout_s
            )
        except SessionClosed:
            raise ConnectionError("connection lost before the bind") from None
        if answer is None:
            if self.closed.done():
                raise ConnectionError(self.closed.result())
            raise TimeoutError("bind not answered")
        if answer.command_status or answer.command_id == CommandId.GENERIC_NACK:
            raise BindRefused(answer.command_status)
        self.bound_at = datetime.now(UTC)
        self._schedule_enquiry()

    async def unbind(self, grace_s: float) -> None:
        """Take no more submits, let what is under way finish within ``grace_s``, unbind and close."""
        self._retiring = True
        self.window.close()
        drained = asyncio.ensure_future(self.deliveries.drained())
        open_ends: list[asyncio.Future[Any]] = [drained, *self._requests.open_submits()]
        await asyncio.wait(open_ends, timeout=grace_s)
        drained.cancel()
        try:
            await self._request(CommandId.UNBIND, b"", self._profile.unbind_timeout_s)
        except SessionClosed:
            return
        self._close("unbound")
        await self.closed

    def retire(self, reason: str) -> None:
        """Take no more submits; close once the open ones are answered, or soon after."""
        if self._retiring:
            return
        self._retiring = True
        self._close_reason = reason
        self.window.close()
        if self._requests:
            self._close_timer = self._loop.call_later(self._profile.unbind_timeout_s, self.abort, reason)
        else:
            self._close(reason)

    def abort(self, reason: str) -> None:
        """Close at once; what is unanswered stays unanswered."""
        self._close_reason = reason
        if self._transport is not None:
            self._transport.abort()

    def _close(self, reason: str) -> None:
        self._close_reason = reason
        if self._transport is not None:
            self._transport.close()
            # A peer that does not read any more would keep close() waiting for ever.
            self._close_timer = self._loop.call_later(self._profile.unbind_timeout_s, self._transport.abort)

    @property
    def _open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def _write(self, pdu: Pdu) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(pdu.encode())

    def _request(
        self, command_id: CommandId, body: bytes, timeout_s: float, *, in_window: bool = False
    ) -> Answer:
        if not self._open:
            raise SessionClosed
        sequence, answer = self._requests.open(command_id, timeout_s, self._on_timeout, in_window=in_window)
        self._write(Pdu(command_id, CommandStatus.ESME_ROK, sequence, body))
        return answer

    def _finish(self, sequence: int, answer: Pdu | None) -> None:
        if self._requests.close(sequence, answer).in_window:
            self.window.release()
        if self._retiring and not self._requests and self._close_timer is not None:
            self._close_timer.cancel()
            self._close(self._close_reason)

    def _on_timeout(self, sequence: int) -> None:
        self._finish(sequence, None)
        log.warning("smpp_request_unanswered", carrier=self._profile.carrier, sequence=sequence)
        # Ask at once whether anyone is there (no effect when that very question was not answered).
        self._enquire()

    # What the SMSC sends

    def _dispatch(self, pdu: Pdu) -> None:
        if pdu.command_id & RESPONSE_BIT:
            self._on_response(pdu)
        elif handler := self._handlers.get(pdu.command_id):
            handler(pdu)
        else:
            self._oddities.note("smpp_command_unknown", pdu)
            if pdu.command_id not in _UNANSWERED:
                self._write(Pdu(CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDID, pdu.sequence))

    def _on_response(self, pdu: Pdu) -> None:
        request = self._requests.matching(pdu)
        if request is None:
            # Late, doubled, or not the answer to what we asked: it decides nothing.
            self._oddities.note("smpp_response_unexpected", pdu)
            return
        if request.in_window:
            self._observe(pdu)
        self._finish(pdu.sequence, pdu)

    def _observe(self, pdu: Pdu) -> None:
        if pdu.command_status == CommandStatus.ESME_ROK:
            self._throttle.accepted()
        elif pdu.command_status in _NOT_NOW:
            if self._throttle.since is None:
                self._oddities.note("smpp_throttled", pdu)
            self._throttle.refused()
        elif pdu.command_status not in self._profile.wrong_carrier_statuses:  # those are daily business
            self._oddities.note("smpp_submit_refused", pdu)
            if pdu.command_status == CommandStatus.ESME_RINVBNDSTS:
                # The SMSC holds us for unbound: only a new bind mends it.
                self.retire("SMSC holds the bind for closed")

    def _on_enquire_link(self, pdu: Pdu) -> None:
        self._write(Pdu(CommandId.ENQUIRE_LINK_RESP, CommandStatus.ESME_ROK, pdu.sequence))

    def _on_unbind(self, pdu: Pdu) -> None:
        self._write(Pdu(CommandId.UNBIND_RESP, CommandStatus.ESME_ROK, pdu.sequence))
        self.retire("unbind by the SMSC")

    def _acknowledge(self, pdu: Pdu, status: CommandStatus) -> None:
        # The body of deliver_sm_resp and data_sm_resp is an unused message_id: one NUL (§4.6.2, §4.7.2).
        self._write(Pdu(pdu.command_id | RESPONSE_BIT, status, pdu.sequence, b"\0"))

    def _schedule_enquiry(self) -> None:
        self._enquiry_timer = self._loop.call_later(self._profile.enquire_link_interval_s, self._enquire)

    def _enquire(self) -> None:
        if self._enquiry_open or not self.available:
            return
        if self._enquiry_timer is not None:
            self._enquiry_timer.cancel()
        self._enquiry_open = True
        answer = self._request(CommandId.ENQUIRE_LINK, b"", self._profile.enquire_link_timeout_s)
        answer.add_done_callback(self._on_enquiry_answer)

    def _on_enquiry_answer(self, answer: Answer) -> None:
        self._enquiry_open = False
        if answer.result() is None:
            # It keeps the socket and says nothing: the link is dead.
            self.abort("enquire_link not answered")
        elif self.available:
            self._schedule_enquiry()
