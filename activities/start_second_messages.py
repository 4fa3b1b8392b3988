"""Start the workflows of second messages, once what set them off is committed (P-7, P-8)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from domain.delivery import DeliveryOrder, WaitingTimes
from domain.priorities import SECOND_MESSAGE
from services.database import Database
from services.second_messages import MessageKey, SecondMessage, forget_starts, take_second_messages

# Without Temporal a start does not end; a process that stops must not wait for it.
CLOSE_AFTER_SECONDS = 2.0

log = structlog.get_logger(__name__)


class SecondMessageStarter:
    """One per process in which second messages are set off. Starting one again does nothing."""

    def __init__(
        self,
        database: Database,
        start_delivery: Callable[[DeliveryOrder], Awaitable[None]],
        waiting: WaitingTimes,
    ) -> None:
        self._database = database
        self._start_delivery = start_delivery
        self._waiting = waiting
        self._running: set[asyncio.Task[None]] = set()

    async def start(self, messages: Sequence[MessageKey]) -> None:
        """Start each in its slot of the company's lane, then forget that they wait."""
        companies = {company_id for company_id, _ in messages}
        async with self._database.transaction(companies) as session:
            taken = await take_second_messages(session, messages)
        await asyncio.gather(*(self._start_delivery(self._order(message)) for message in taken))
        async with self._database.transaction(companies) as session:
            await forget_starts(session, messages)

    def start_soon(self, messages: Sequence[MessageKey]) -> None:
        """Start them in the background; whatever goes wrong, the sweep comes back to them."""
        if not messages:
            return
        task = asyncio.create_task(self._start_or_leave(messages))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Wait a moment for the starts under way; what does not end in it is left to the sweep."""
        if self._running:
            await asyncio.wait(self._running, timeout=CLOSE_AFTER_SECONDS)
        for task in self._running:
            task.cancel()

    async def _start_or_leave(self, messages: Sequence[MessageKey]) -> None:
        try:
            await self.start(messages)
        except Exception as failure:
            log.warning("second_message_start_delayed", count=len(messages), failure=type(failure).__name__)

    def _order(self, message: SecondMessage) -> DeliveryOrder:
        return DeliveryOrder(
            company_id=message.company_id,
            campaign_id=message.campaign_id,
            message_id=message.message_id,
            plan=message.plan,
            carriers=message.carriers,
            is_restricted=message.is_restricted,
            not_before=message.slot,
            priority=SECOND_MESSAGE,
            waiting=self._waiting,
        )
