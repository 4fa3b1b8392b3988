"""What one bind receives: each deliver_sm or data_sm is handed on, and acknowledged only after that."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from domain.carrier_exchange import DeliveryReceipt, InboundMessage
from gateways.smpp.bodies import ShortMessage
from gateways.smpp.command_status import CommandStatus
from gateways.smpp.pdu import CommandId, Pdu
from gateways.smpp.profiles import SmppProfile
from gateways.smpp.receipts import (
    is_receipt,
    looks_like_a_receipt,
    parse_inbound,
    parse_receipt,
    with_plausible_time,
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Receivers:
    """Who takes receipts and end users' texts. Each returns only once it is committed."""

    on_receipt: Callable[[DeliveryReceipt], Awaitable[None]]
    on_inbound: Callable[[InboundMessage], Awaitable[None]] | None = None


class Deliveries:
    """Hands on up to ``receipts_at_once`` deliveries at a time, so that their commits can be shared.

    More wait in order; when too many wait, the SMSC is told to come again (ESME_RMSGQFUL). A receiver
    that raises is answered ESME_RX_T_APPN, a temporary error, so that the SMSC delivers it again.
    """

    def __init__(
        self, profile: SmppProfile, receivers: Receivers, acknowledge: Callable[[Pdu, CommandStatus], None]
    ) -> None:
        self._profile = profile
        self._receivers = receivers
        self._acknowledge = acknowledge
        self._running: set[asyncio.Task[None]] = set()
        self._waiting: deque[Pdu] = deque()
        self._waiting_octets = 0
        self._unexpected_logged = False
        self._unmarked_logged = False

    @property
    def pending(self) -> int:
        """What was received and is not yet acknowledged."""
        return len(self._running) + len(self._waiting)

    def receive(self, pdu: Pdu) -> None:
        """Take a deliver_sm or data_sm; returns at once."""
        if len(self._running) < self._profile.receipts_at_once:
            self._start(pdu)
        elif self._has_room(pdu):
            self._waiting.append(pdu)
            self._waiting_octets += len(pdu.body)
        else:
            self._acknowledge(pdu, CommandStatus.ESME_RMSGQFUL)

    def forget_waiting(self) -> None:
        """Drop what is not yet handed on: the link is gone, the SMSC will deliver it again."""
        self._waiting.clear()
        self._waiting_octets = 0

    async def drained(self) -> None:
        """Wait until everything received is acknowledged."""
        while self._running:
            await asyncio.wait(self._running)

    def _has_room(self, pdu: Pdu) -> bool:
        return (
            len(self._waiting) < self._profile.receipts_waiting
            and self._waiting_octets + len(pdu.body) <= self._profile.receipts_waiting_octets
        )

    def _start(self, pdu: Pdu) -> None:
        task = asyncio.get_running_loop().create_task(self._handle(pdu))
        self._running.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._waiting:
            pdu = self._waiting.popleft()
            self._waiting_octets -= len(pdu.body)
            self._start(pdu)

    async def _handle(self, pdu: Pdu) -> None:
        try:
            await self._hand_on(_decoded(pdu))
        except Exception as error:
            # The type only: an error's words may quote a number or a text.
            log.error("smpp_delivery_not_taken", carrier=self._profile.carrier, error=type(error).__name__)
            self._acknowledge(pdu, CommandStatus.ESME_RX_T_APPN)
        else:
            self._acknowledge(pdu, CommandStatus.ESME_ROK)

    async def _hand_on(self, message: ShortMessage) -> None:
        if is_receipt(message):
            receipt = with_plausible_time(parse_receipt(message, self._profile), datetime.now(UTC))
            if receipt.carrier_message_id is None:
                log.warning(
                    "smpp_receipt_unreadable", carrier=self._profile.carrier, esm_class=message.esm_class
                )
            await self._receivers.on_receipt(receipt)
            return
        if looks_like_a_receipt(message) and not self._unmarked_logged:
            # Never taken for one: anybody could write it. A carrier that sends such receipts must mark them.
            self._unmarked_logged = True
            log.warning("smpp_text_like_a_receipt", carrier=self._profile.carrier)
        if self._receivers.on_inbound is not None:
            await self._receivers.on_inbound(parse_inbound(message, self._profile))
        elif not self._unexpected_logged:
            self._unexpected_logged = True
            log.warning("smpp_inbound_ignored", carrier=self._profile.carrier, esm_class=message.esm_class)


def _decoded(pdu: Pdu) -> ShortMessage:
    decode = ShortMessage.decode_data if pdu.command_id == CommandId.DATA_SM else ShortMessage.decode
    return decode(pdu.body)
