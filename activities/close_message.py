"""End a message: final status, charge, counters and its second message in one transaction."""

from collections.abc import Sequence

from temporalio import activity

from activities.batching import Batcher
from activities.metrics import MESSAGES_CLOSED
from activities.start_second_messages import SecondMessageStarter
from domain.delivery import MessageClosing, ReceiptNotice
from services.database import Database
from services.message_closing import close_messages
from services.receipts_on_record import overruled


class ClosingActivities:
    """Runs as a local activity of the message's workflow; repeating it changes nothing."""

    def __init__(self, database: Database, starter: SecondMessageStarter) -> None:
        self._database = database
        self._starter = starter
        self._batcher: Batcher[MessageClosing, ReceiptNotice | None] = Batcher(
            self._close_batch, key=lambda closing: closing.company_id
        )

    @activity.defn
    async def close_message(self, closing: MessageClosing) -> ReceiptNotice | None:
        """Write how the message ended and what it costs (B-7: once).

        Nothing is written, and the receipt returned, when one on record forbids this end: the workflow has
        not been told of it yet.
        """
        return await self._batcher.run(closing)

    async def _close_batch(self, closings: Sequence[MessageClosing]) -> list[ReceiptNotice | None]:
        async with self._database.transaction({closing.company_id for closing in closings}) as session:
            forbidden = await overruled(session, closings)
            ended = [closing for closing in closings if closing.message_id not in forbidden]
            second_messages = await close_messages(session, ended) if ended else []
        for closing in ended:
            MESSAGES_CLOSED.labels(closing.status.value).inc()
        self._starter.start_soon(second_messages)
        return [forbidden.get(closing.message_id) for closing in closings]
