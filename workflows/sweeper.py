"""Carries on what was committed while Temporal, a worker or a page was away."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import OperationalError

from activities.metrics import SWEEPS
from activities.start_second_messages import SecondMessageStarter
from domain.send_times import FREEZE_LEAD
from services.abandoned_messages import close_abandoned
from services.clock import database_now
from services.database import JobsDatabase
from services.failed_sign_ins import forget_old_places
from services.lost_attempts import lose_overdue_attempts
from services.mails import queued_mails
from services.rate_limits import forget_full_buckets
from services.second_messages import late_starts
from services.sessions import forget_ended_sessions
from services.sweeps import (
    BATCH,
    apply_late_receipts,
    is_only_sweeper,
    late_receipts,
    match_other_spellings,
    open_campaigns,
    overdue_campaigns,
    unsignalled_receipts,
)
from workflows.client import DeliveryClient
from workflows.mending import WorkflowMender, bounded, by_company
from workflows.receipt_inbox import ReceiptInbox

log = structlog.get_logger(__name__)


# How often Temporal is asked for workflows that were ended from outside. The first time the question reaches
# back as far as it keeps ended workflows; later ones overlap, since it lists them a little late.
_LOOK_EVERY = timedelta(seconds=30)
_OVERLAP = timedelta(minutes=10)
_RETENTION = timedelta(days=7)


async def repeat(sweep: Callable[[], Awaitable[None]], every_seconds: float) -> None:
    """Do a sweep again and again. One that fails is logged, and the next round tries again."""
    while True:
        try:
            await sweep()
            SWEEPS.labels(sweep.__name__, "done").inc()
        except Exception as failure:
            SWEEPS.labels(sweep.__name__, "failed").inc()
            log.warning("sweep_failed", sweep=sweep.__name__, failure=type(failure).__name__)
        await asyncio.sleep(every_seconds)


class Sweeper:
    """Runs in every message worker; at any moment one of them does the work."""

    def __init__(
        self,
        database: JobsDatabase,
        delivery: DeliveryClient,
        inbox: ReceiptInbox,
        starter: SecondMessageStarter,
        mender: WorkflowMender,
        *,
        freeze_lead: timedelta = FREEZE_LEAD,
        ended_for: timedelta = timedelta(minutes=1),
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._inbox = inbox
        self._starter = starter
        self._mender = mender
        self._freeze_lead = freeze_lead
        # A call that was under way when its workflow was ended gets this long to be on record.
        self._ended_for = ended_for
        self._looked_until: datetime | None = None

    async def run(self, every_seconds: float) -> None:
        """Sweep until cancelled: each by itself, so that none waits for another that has much to do."""
        sweeps = (
            self.sweep_campaigns,
            self.sweep_receipts,
            self.sweep_second_messages,
            self.sweep_mails,
            self.sweep_attempts,
            self.sweep_ended_workflows,
        )
        slowly = max(every_seconds, _LOOK_EVERY.total_seconds())
        mender = (self._mender.sweep_lost_workflows, self._mender.sweep_failing_workflows)
        async with asyncio.TaskGroup() as loops:
            for sweep in sweeps:
                loops.create_task(repeat(sweep, every_seconds))
            for sweep in mender:
                loops.create_task(repeat(sweep, slowly))

    async def sweep_campaigns(self) -> None:
        """Start campaigns that have no workflow; tell those that have not heard of an edit."""
        async with self._database.transaction() as session:
            if not await is_only_sweeper(session, "campaigns"):
                return
            campaigns = await open_campaigns(session)
            overdue = await overdue_campaigns(session, self._freeze_lead)
        await bounded(self._delivery.start_campaign(*campaign) for campaign in campaigns)
        await bounded(self._delivery.schedule_changed(campaign_id) for campaign_id in overdue)

    async def sweep_mails(self) -> None:
        """Start mails that have no workflow; forget what is known of visitors who have left."""
        async with self._database.transaction() as session:
            if not await is_only_sweeper(session, "mails"):
                return
            mails = await queued_mails(session)
            now = await database_now(session)
            await forget_full_buckets(session, now)
            await forget_old_places(session, now)
            await forget_ended_sessions(session, now)
        await bounded(self._delivery.start_mail(order) for order in mails)

    async def sweep_receipts(self) -> None:
        """Match late receipts and repeat lost signals."""
        async with self._database.transaction() as session:
            if not await is_only_sweeper(session, "receipts"):
                return
            receipts = await match_other_spellings(session)
        async with self._database.transaction() as session:
            late = await late_receipts(session)
        for company_id, ids in late.items():
            # Each company by itself: a row of one that is held keeps no other's receipts waiting.
            try:
                async with self._database.transaction() as session:
                    receipts += await apply_late_receipts(session, ids)
            except OperationalError:
                log.warning("sweep_receipts_blocked", company_id=str(company_id), count=len(ids))
        async with self._database.transaction() as session:
            receipts += await unsignalled_receipts(session)
        await bounded(self._inbox.signal(receipt) for receipt in receipts)

    async def sweep_second_messages(self) -> None:
        """Start second messages whose start was lost (P-7, P-8)."""
        async with self._database.transaction() as session:
            if not await is_only_sweeper(session, "second_messages"):
                return
            late = await late_starts(session)
        if late:
            await self._starter.start(late)

    async def sweep_attempts(self) -> None:
        """Take submits in flight whose worker is gone for what they are: unknown (I13)."""
        async with self._database.transaction() as session:
            if not await is_only_sweeper(session, "attempts"):
                return
            lost = await lose_overdue_attempts(session)
        if lost:
            log.warning("sweep_lost_attempts", count=lost)

    async def sweep_ended_workflows(self) -> None:
        """End the messages of workflows that were ended from outside, in the Temporal UI say (I2)."""
        async with self._database.transaction() as session:
            if not await is_only_sweeper(session, "ended_workflows"):
                return
            now = await database_now(session)
        since = self._looked_until - _OVERLAP if self._looked_until else now - _RETENTION
        if self._looked_until and now - self._looked_until < _LOOK_EVERY:
            return
        ended = await self._delivery.ended_messages(since, now - self._ended_for)
        for of_company in by_company(ended, BATCH):
            async with self._database.transaction() as session:
                closed, second_messages = await close_abandoned(session, of_company)
            self._starter.start_soon(second_messages)
            for message_id in closed:
                log.warning("sweep_closed_message", message_id=str(message_id))
        self._looked_until = now
