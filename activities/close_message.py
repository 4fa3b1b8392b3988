"""End a message: final status, charge and counters in one transaction."""

from collections.abc import Sequence

from temporalio import activity

from activities.batching import Batcher
from domain.delivery import MessageClosing
from services.database import Database
from services.message_closing import close_messages


class ClosingActivities:
    """Runs as a local activity of the message's workflow; repeating it changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batcher: Batcher[MessageClosing, None] = Batcher(self._close_batch)

    @activity.defn
    async def close_message(self, closing: MessageClosing) -> None:
        """Write how the message ended and what it costs (B-7: once)."""
        await self._batcher.run(closing)

    async def _close_batch(self, closings: Sequence[MessageClosing]) -> list[None]:
        async with self._database.transaction({closing.company_id for closing in closings}) as session:
            await close_messages(session, closings)
        return [None] * len(closings)
