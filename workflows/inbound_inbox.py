"""Messages of end users on their way in: commit, let the gateway acknowledge, start what they set off."""

import structlog

from activities.start_second_messages import SecondMessageStarter
from domain.carrier_exchange import InboundMessage
from services.database import NO_COMPANY, Database
from services.inbound_messages import store_inbound

log = structlog.get_logger(__name__)


class InboundInbox:
    """One per process that receives messages of end users."""

    def __init__(self, database: Database, starter: SecondMessageStarter) -> None:
        self._database = database
        self._starter = starter

    async def receive(self, message: InboundMessage) -> None:
        """Return when the message is committed; raises when it could not be, so that it comes again."""
        async with self._database.transaction(NO_COMPANY) as session:
            stored = await store_inbound(session, message)
        # Ids and kinds only: neither number nor words.
        log.info(
            "inbound_message_received",
            channel=message.channel.value,
            carrier=message.carrier.value,
            inbound_id=str(stored.inbound_id) if stored.inbound_id else None,
            company_known=stored.company_id is not None,
            repeated=stored.is_repeated,
            outcome=stored.outcome.value if stored.outcome and stored.inbound_id else None,
        )
        self._starter.start_soon(stored.second_messages)

    async def close(self) -> None:
        """Wait for the starts under way."""
        await self._starter.close()
