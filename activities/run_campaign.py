"""The steps of a campaign: its schedule, the freeze of its recipients, the feed of its messages."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from temporalio import activity

from domain.delivery import (
    CampaignOrder,
    CampaignSchedule,
    DeliveryOrder,
    FeedOrder,
    FeedProgress,
    WaitingTimes,
)
from domain.send_times import FREEZE_LEAD
from services.clock import database_now
from services.database import Database
from services.feeding import FeedMessage, FeedPage, begin_sending, finish_feeding, load_schedule, next_page
from services.recipient_freeze import freeze_recipients

# How far ahead of its slot a message is started, and how many slots are reserved at a time.
LEAD = timedelta(seconds=1)
PAGE_SIZE = 25

StartDelivery = Callable[[DeliveryOrder], Awaitable[None]]
"""Starts a message's workflow; starting it again does nothing."""


class CampaignActivities:
    """Database steps of campaigns and the start of their messages."""

    def __init__(
        self,
        database: Database,
        start_delivery: StartDelivery,
        waiting: WaitingTimes,
        *,
        freeze_lead: timedelta = FREEZE_LEAD,
    ) -> None:
        self._database = database
        self._start_delivery = start_delivery
        self._waiting = waiting
        self._freeze_lead = freeze_lead

    @activity.defn
    async def load_campaign_schedule(self, order: CampaignOrder) -> CampaignSchedule | None:
        """Return the schedule as it stands now, ``None`` when the campaign no longer waits."""
        async with self._database.transaction(order.company_id) as session:
            return await load_schedule(session, order.company_id, order.campaign_id, self._freeze_lead)

    @activity.defn
    async def freeze_campaign_recipients(self, order: CampaignOrder) -> int:
        """Exclude opted-out numbers as of now (O-3); returns how many."""
        async with self._database.transaction(order.company_id) as session:
            now = await database_now(session)
            return await freeze_recipients(session, order.company_id, order.campaign_id, now)

    @activity.defn
    async def begin_campaign(self, order: CampaignOrder) -> bool:
        """Start sending if the time has come and nobody cancelled; whether the campaign is sending."""
        async with self._database.transaction(order.company_id) as session:
            return await begin_sending(session, order.company_id, order.campaign_id)

    @activity.defn
    async def feed_messages(self, order: FeedOrder) -> FeedProgress:
        """Start up to ``limit`` messages, each just ahead of its slot in the company's lane (S-7).

        The heartbeat carries how far the feed has come; starting a message twice does nothing.
        """
        position = _resume_position(order)
        started = 0
        while started < order.limit:
            async with self._database.transaction(order.company_id) as session:
                page = await next_page(session, order.company_id, order.campaign_id, position, PAGE_SIZE)
            if not page.messages:
                await self._finish(order)
                return FeedProgress(position, started, finished=True)
            await _wait_until_due(page, position)
            await asyncio.gather(*(self._start_delivery(self._delivery(order, m)) for m in page.messages))
            position = page.messages[-1].message_id
            started += len(page.messages)
            activity.heartbeat(str(position))
        return FeedProgress(position, started, finished=False)

    def _delivery(self, order: FeedOrder, message: FeedMessage) -> DeliveryOrder:
        return DeliveryOrder(
            company_id=order.company_id,
            campaign_id=order.campaign_id,
            message_id=message.message_id,
            plan=message.plan,
            carriers=message.carriers,
            is_restricted=message.is_restricted,
            not_before=message.slot,
            checks_recycling=message.reference_on is not None,
            priority=message.priority,
            waiting=self._waiting,
        )

    async def _finish(self, order: FeedOrder) -> None:
        async with self._database.transaction(order.company_id) as session:
            await finish_feeding(session, order.company_id, order.campaign_id)


def _resume_position(order: FeedOrder) -> UUID | None:
    """Where an earlier try of this activity got to, else where the order begins."""
    details = activity.info().heartbeat_details
    return UUID(details[0]) if details else order.fed_up_to


async def _wait_until_due(page: FeedPage, position: UUID | None) -> None:
    """Wait for the page's first slot, with signs of life, as the lane may be booked for hours."""
    if page.now is None:
        return
    remaining = (page.messages[0].slot - LEAD - page.now).total_seconds()
    while remaining > 0:
        nap = min(remaining, 5.0)
        await asyncio.sleep(nap)
        remaining -= nap
        activity.heartbeat(*([str(position)] if position else []))
