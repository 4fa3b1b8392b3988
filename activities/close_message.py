"""End a message: final status, charge, counters and its second message in one transaction."""

from collections.abc import Sequence

from temporalio import activity

from activities.batching import Batcher
from activities.metrics import MESSAGES_CLOSED
from activities.start_second_messages import SecondMessageStarter
from domain.delivery import MessageClosing
from services.database import Database
from services.message_closing import close_messages


class ClosingActivities:
    """Runs as a local activity of the message's workflow; repeating it changes nothing."""

    def __init__(self, database: Database, starter: SecondMessageStarter) -> None:
        self._database = database
        self._starter = starter
        self._batcher: Batcher[MessageClosing, None] = Batcher(self._close_batch)

    @activity.defn
    async def close_message(self, closing: MessageClosing) -> None:
        """Write how the message ended and what it costs (B-7: once)."""
        await self._batcher.run(closing)

    async def _close_batch(self, closings: Sequence[MessageClosing]) -> list[None]:
        async with self._database.transaction({closing.company_id for closing in closings}) as session:
            second_messages = await close_messages(session, closings)
        for closing in closings:
            MESSAGES_CLOSED.labels(closing.status.value).inc()
        self._starter.start_soon(second_messages)
        return [None] * len(closings)
