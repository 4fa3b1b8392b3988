"""Carries on what was committed while Temporal, a worker or a page was away."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from activities.start_second_messages import SecondMessageStarter
from domain.send_times import FREEZE_LEAD
from services.database import JobsDatabase
from services.mails import queued_mails
from services.rate_limits import forget_full_buckets
from services.second_messages import late_starts
from services.sweeps import (
    is_only_sweeper,
    match_late_receipts,
    open_campaigns,
    overdue_campaigns,
    unsignalled_receipts,
)
from workflows.client import DeliveryClient
from workflows.receipt_inbox import ReceiptInbox

log = structlog.get_logger(__name__)


class Sweeper:
    """Runs in every message worker; at any moment one of them does the work."""

    def __init__(
        self,
        database: JobsDatabase,
        delivery: DeliveryClient,
        inbox: ReceiptInbox,
        starter: SecondMessageStarter,
        *,
        freeze_lead: timedelta = FREEZE_LEAD,
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._inbox = inbox
        self._starter = starter
        self._freeze_lead = freeze_lead

    async def run(self, every_seconds: float) -> None:
        """Sweep until cancelled. A failing sweep is logged and the next one tries again."""
        while True:
            # Each by itself: whatever is wrong with a receipt, campaigns start.
            sweeps = (
                self.sweep_campaigns,
                self.sweep_receipts,
                self.sweep_second_messages,
                self.sweep_mails,
            )
            for sweep in sweeps:
                try:
                    await sweep()
                except Exception as failure:
                    log.warning("sweep_failed", sweep=sweep.__name__, failure=type(failure).__name__)
            await asyncio.sleep(every_seconds)

    async def sweep_campaigns(self) -> None:
        """Start campaigns that have no workflow; tell those that have not heard of an edit."""
        async with self._database.transaction() as session:
            if not await is_only_sweeper(session):
                return
            campaigns = await open_campaigns(session)
            overdue = await overdue_campaigns(session, self._freeze_lead)
        for company_id, campaign_id in campaigns:
            await self._delivery.start_campaign(company_id, campaign_id)
        for campaign_id in overdue:
            await self._delivery.schedule_changed(campaign_id)

    async def sweep_mails(self) -> None:
        """Start mails that have no workflow; forget what was counted of strangers long ago."""
        async with self._database.transaction() as session:
            if not await is_only_sweeper(session):
                return
            mails = await queued_mails(session)
            await forget_full_buckets(session, datetime.now(UTC))
        for order in mails:
            await self._delivery.start_mail(order)

    async def sweep_receipts(self) -> None:
        """Match late receipts and repeat lost signals."""
        async with self._database.transaction() as session:
            if not await is_only_sweeper(session):
                return
            receipts = await match_late_receipts(session)
            receipts += await unsignalled_receipts(session)
        for receipt in receipts:
            await self._inbox.signal(receipt)

    async def sweep_second_messages(self) -> None:
        """Start second messages whose start was lost (P-7, P-8)."""
        async with self._database.transaction() as session:
            if not await is_only_sweeper(session):
                return
            late = await late_starts(session)
        if late:
            await self._starter.start(late)
