"""Receipts on their way in: commit, then let the gateway acknowledge, then signal the message."""

import asyncio
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import OperationalError

from activities.batching import Batcher, is_outage
from activities.metrics import RECEIPT_COMMIT_SECONDS, RECEIPTS
from domain.carrier_exchange import DeliveryReceipt
from services.database import NO_COMPANY, Database
from services.incoming_receipts import UnmatchedReceipt, store_receipts
from services.receipts import AppliedReceipt
from workflows.client import DeliveryClient

log = structlog.get_logger(__name__)

# Shorter than the pause of other batches: the carrier waits for each acknowledgement, and may have a window.
GATHER_SECONDS = 0.02


class ReceiptInbox:
    """One per process that receives receipts."""

    def __init__(self, database: Database, delivery: DeliveryClient) -> None:
        self._database = database
        self._delivery = delivery
        self._batcher: Batcher[DeliveryReceipt, None] = Batcher(
            self._store, max_size=200, gather_seconds=GATHER_SECONDS
        )
        self._signals: set[asyncio.Task[None]] = set()

    async def receive(self, receipt: DeliveryReceipt) -> None:
        """Return when the receipt is committed; raises when it could not be, so that it comes again."""
        with RECEIPT_COMMIT_SECONDS.time():
            await self._batcher.run(receipt)
        RECEIPTS.labels(receipt.channel.value, receipt.carrier.value, receipt.state.value).inc()

    async def close(self) -> None:
        """Wait for the signals under way."""
        await asyncio.gather(*self._signals, return_exceptions=True)

    async def _store(self, receipts: Sequence[DeliveryReceipt]) -> list[None]:
        try:
            async with self._database.transaction(NO_COMPANY) as session:
                stored = await store_receipts(session, receipts)
        except OperationalError as failure:
            if is_outage(failure):
                raise
            # Somebody holds a row that one of them changes. The carrier waits for none of that: what is
            # committed is acknowledged, and the sweep applies it.
            log.warning("receipts_applied_later", count=len(receipts))
            async with self._database.transaction(NO_COMPANY) as session:
                stored = await store_receipts(session, receipts, apply=False)
        if stored.not_kept:
            log.warning("unreadable_receipts_not_kept", count=stored.not_kept)
        for unmatched in stored.unmatched:
            _log_unmatched(unmatched)
        for receipt in stored.applied:
            task = asyncio.create_task(self.signal(receipt))
            self._signals.add(task)
            task.add_done_callback(self._signals.discard)
        return [None] * len(receipts)

    async def signal(self, receipt: AppliedReceipt) -> None:
        """Tell the message; a failure is left to the sweep, as the receipt is on record."""
        try:
            await self._delivery.signal_receipt(receipt.message_id, receipt.notice)
        except Exception as failure:
            log.warning(
                "receipt_signal_delayed",
                message_id=str(receipt.message_id),
                failure=type(failure).__name__,
            )


def _log_unmatched(receipt: UnmatchedReceipt) -> None:
    """Say once where a report is that no submit on record waits for; the row has all the rest."""
    place = {"receipt_id": str(receipt.receipt_id), "channel": receipt.channel, "carrier": receipt.carrier}
    if receipt.is_strangers:
        log.warning("receipt_of_another_account", **place)
    else:
        # Every day's business while its submit's answer is on its way; a trace if it never comes.
        log.info("receipt_waits_for_its_submit", **place)
