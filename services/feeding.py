"""Starting a campaign's messages: its schedule, the next page of messages, the end of the feed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carriers import Carrier, carrier_order
from domain.delivery import CampaignSchedule
from domain.messages import ChannelPlan
from domain.phone_numbers import original_carrier
from domain.priorities import priority_of
from domain.send_times import LONG_AGO, freeze_at
from services.campaign_counters import complete_if_all_closed
from services.lanes import SlotRange, reserve_company_slots

# Numbers move between carriers; what was learned long ago is no better than the number block.
KNOWN_CARRIER_LIFETIME = timedelta(days=365)

_SCHEDULE = text("""
    SELECT send_at, registered_at, frozen_at FROM campaigns
    WHERE company_id = :company_id AND id = :campaign_id AND status = 'registered'
""")

_BEGIN = text("""
    UPDATE campaigns SET status = 'sending', started_at = clock_timestamp()
    WHERE company_id = :company_id AND id = :campaign_id AND frozen_at IS NOT NULL
      AND (send_at IS NULL OR send_at <= clock_timestamp()) AND status = 'registered'
""")

_IS_SENDING = text("""
    SELECT true FROM campaigns WHERE company_id = :company_id AND id = :campaign_id AND status = 'sending'
""")

_PAGE = text("""
    SELECT m.id, m.phone_number, c.channel_plan, c.carriers, c.recycling_reference_on, k.carrier AS known,
           n.total
    FROM campaigns c
    JOIN campaign_counters n ON n.company_id = c.company_id AND n.campaign_id = c.id AND n.sequence = 1
    JOIN messages m ON m.company_id = c.company_id AND m.campaign_id = c.id AND m.parent_message_id IS NULL
    LEFT JOIN known_carriers k ON k.phone_number = m.phone_number AND k.delivered_at > now() - :lifetime
    WHERE c.company_id = :company_id AND c.id = :campaign_id AND c.status = 'sending'
      AND m.status = 'accepted' AND m.id > :fed_up_to
    ORDER BY m.id LIMIT :limit
""")

_FINISH = text("""
    UPDATE campaigns SET fed_at = clock_timestamp()
    WHERE company_id = :company_id AND id = :campaign_id AND fed_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class FeedMessage:
    """A message to start: the order in which carriers are tried and its slot in the company's lane."""

    message_id: UUID
    plan: ChannelPlan
    carriers: tuple[Carrier, ...]
    is_restricted: bool
    reference_on: date | None
    slot: datetime
    priority: int


@dataclass(frozen=True, slots=True)
class FeedPage:
    """The next messages with their slots; ``now`` is the database's clock. Empty when none is left."""

    messages: tuple[FeedMessage, ...]
    now: datetime | None


async def load_schedule(
    session: AsyncSession, company_id: UUID, campaign_id: UUID, freeze_lead: timedelta
) -> CampaignSchedule | None:
    """Return when the campaign freezes and begins, ``None`` when it no longer waits (begun, cancelled).

    One that is to go at once is due by whatever clock is asked.
    """
    key = {"company_id": company_id, "campaign_id": campaign_id}
    row = (await session.execute(_SCHEDULE, key)).one_or_none()
    if row is None:
        return None
    if row.send_at is None:
        return CampaignSchedule(LONG_AGO, LONG_AGO, is_frozen=row.frozen_at is not None)
    return CampaignSchedule(
        freeze_at=freeze_at(row.send_at, row.registered_at, freeze_lead),
        send_at=row.send_at,
        is_frozen=row.frozen_at is not None,
    )


async def begin_sending(session: AsyncSession, company_id: UUID, campaign_id: UUID) -> bool:
    """Turn a registered campaign whose time has come into a sending one; whether it is sending now."""
    key = {"company_id": company_id, "campaign_id": campaign_id}
    await session.execute(_BEGIN, key)
    return bool((await session.execute(_IS_SENDING, key)).scalar_one_or_none())


async def next_page(
    session: AsyncSession, company_id: UUID, campaign_id: UUID, fed_up_to: UUID | None, limit: int
) -> FeedPage:
    """Take the next messages in order and reserve their slots; empty once the campaign stops sending."""
    rows = (
        await session.execute(
            _PAGE,
            {
                "company_id": company_id,
                "campaign_id": campaign_id,
                "fed_up_to": fed_up_to or UUID(int=0),
                "limit": limit,
                "lifetime": KNOWN_CARRIER_LIFETIME,
            },
        )
    ).all()
    if not rows:
        return FeedPage((), None)
    slots = await reserve_company_slots(session, company_id, len(rows))
    return FeedPage(tuple(_message(row, slots, i) for i, row in enumerate(rows)), slots.now)


def _message(row: Row[Any], slots: SlotRange, index: int) -> FeedMessage:
    return FeedMessage(
        message_id=row.id,
        plan=ChannelPlan(row.channel_plan),
        carriers=carriers_for(row),
        is_restricted=bool(row.carriers),
        reference_on=row.recycling_reference_on,
        slot=slots.slot(index),
        priority=priority_of(row.total),
    )


def carriers_for(row: Row[Any], first_guess: Carrier | None = None) -> tuple[Carrier, ...]:
    """Return the order of carriers for a row of phone_number, known carrier and the campaign's carriers."""
    known = Carrier(row.known) if row.known else None
    order = carrier_order([first_guess, known, original_carrier(row.phone_number)])
    if row.carriers:
        order = tuple(carrier for carrier in order if carrier in row.carriers)
    return order


async def finish_feeding(session: AsyncSession, company_id: UUID, campaign_id: UUID) -> None:
    """Note that every message has been started; complete a campaign that had nothing to send."""
    # Counters before the campaign's row, as whoever ends its last message locks them.
    await complete_if_all_closed(session, [(company_id, campaign_id)])
    await session.execute(_FINISH, {"company_id": company_id, "campaign_id": campaign_id})
