"""The numbers of the home page."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.billing import ChargeKind, usage_month
from domain.callers import Caller
from domain.campaigns import CampaignStatus
from domain.carriers import Channel
from domain.log_months import first_message_id
from domain.prices import PriceKind, PriceLine, total_yen
from domain.send_times import jst_datetime, to_jst
from services.campaign_reports import CampaignRow, list_campaigns
from services.contracts import terms_on

_SHOWN = 10

# How long after the end of its campaign a message may still be under way: 72 hours and the wait for a slot.
_STILL_UNDER_WAY = timedelta(days=4)

# What a campaign that began today has achieved, it has achieved today: its counters tell. Of those that began
# earlier and had messages under way last midnight, messages are counted, campaign by campaign along
# messages_campaign_idx. Second messages go out after the end of their campaign, too (P-8): their ids are as
# young as they are.
_TODAY = text("""
    WITH begun AS (
        SELECT sum(n.delivered) AS delivered,
               sum(n.undelivered + n.expired + n.carrier_undetermined + n.unknown) AS failed
        FROM campaigns c JOIN campaign_counters n ON n.company_id = c.company_id AND n.campaign_id = c.id
        WHERE c.company_id = :company_id AND c.started_at >= :midnight
    ), earlier AS (
        SELECT sum(ended.delivered) AS delivered, sum(ended.failed) AS failed
        FROM campaigns c
        JOIN campaign_counters n ON n.company_id = c.company_id AND n.campaign_id = c.id
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE m.status = 'delivered' AND m.delivered_at >= :midnight)
                       AS delivered,
                   count(*) FILTER (WHERE m.status IN
                       ('undelivered', 'expired', 'carrier_undetermined', 'unknown')) AS failed
            FROM messages m
            WHERE m.company_id = c.company_id AND m.campaign_id = c.id AND m.closed_at >= :midnight
              AND (m.parent_message_id IS NULL) = (n.sequence = 1)
              AND (n.sequence = 1 OR m.id >= :young_id)
        ) ended
        WHERE c.company_id = :company_id AND c.started_at < :midnight
          AND (n.sequence > 1 OR c.status = 'sending' OR c.completed_at >= :midnight
               OR c.cancelled_at >= :under_way_since)
          AND n.delivered + n.undelivered + n.expired + n.carrier_undetermined + n.unknown > 0
    )
    SELECT coalesce(begun.delivered, 0) + coalesce(earlier.delivered, 0) AS delivered,
           coalesce(begun.failed, 0) + coalesce(earlier.failed, 0) AS failed
    FROM begun, earlier
""")

_MONTH = text("""
    SELECT charge_kind, channel, sum(parts) AS parts FROM billing_entries
    WHERE company_id = :company_id AND usage_month = :month GROUP BY charge_kind, channel
""")


@dataclass(frozen=True, slots=True)
class HomeNumbers:
    """``delivered_today`` and ``failed_today`` are messages that arrived, or failed for good, since midnight
    (JST), whenever their campaign began, second messages included.

    ``month_parts`` are the charged deliveries of the usage month so far (SMS in parts, +Message in
    messages); ``month_yen`` is what they and the misdelivery checks cost by today's prices, without tax
    and monthly fees, rounded down to the yen.
    """

    running: tuple[CampaignRow, ...]
    scheduled: tuple[CampaignRow, ...]
    drafts: tuple[CampaignRow, ...]
    delivered_today: int
    failed_today: int
    month_parts: int
    month_yen: int
    has_campaigns: bool


async def home_numbers(session: AsyncSession, caller: Caller, now: datetime) -> HomeNumbers:
    """Return what the home page shows. Raises ``NoValidContract``."""
    today = to_jst(now).date()
    key = {"company_id": caller.company_id}
    midnight = jst_datetime(today, time.min)
    since = midnight - _STILL_UNDER_WAY
    bounds = {"midnight": midnight, "under_way_since": since, "young_id": first_message_id(since)}
    totals = (await session.execute(_TODAY, {**key, **bounds})).one()
    parts, yen = await _month(session, caller, now)
    running = await _in_status(session, caller, CampaignStatus.SENDING)
    scheduled = await _in_status(session, caller, CampaignStatus.REGISTERED)
    drafts = await _in_status(session, caller, CampaignStatus.DRAFT)
    any_campaign = await list_campaigns(session, caller, limit=1)
    return HomeNumbers(
        running=running,
        scheduled=scheduled,
        drafts=drafts,
        delivered_today=totals.delivered,
        failed_today=totals.failed,
        month_parts=parts,
        month_yen=yen,
        has_campaigns=bool(any_campaign.items),
    )


async def _in_status(
    session: AsyncSession, caller: Caller, status: CampaignStatus
) -> tuple[CampaignRow, ...]:
    return (await list_campaigns(session, caller, statuses=[status], limit=_SHOWN)).items


async def _month(session: AsyncSession, caller: Caller, now: datetime) -> tuple[int, int]:
    """Return parts delivered and yen of the usage month."""
    prices = (await terms_on(session, caller.company_id, to_jst(now).date())).prices
    rows = await session.execute(_MONTH, {"company_id": caller.company_id, "month": usage_month(now)})
    parts = 0
    lines = []
    for row in rows:
        if row.charge_kind == ChargeKind.RECYCLING_CHECK:
            lines.append(PriceLine(PriceKind.RECYCLING_CHECKS, row.parts, prices.recycling_check))
            continue
        parts += row.parts
        sms = row.channel == Channel.SMS
        kind, price = (
            (PriceKind.SMS_PARTS, prices.sms_part) if sms else (PriceKind.RCS_MESSAGES, prices.rcs_message)
        )
        lines.append(PriceLine(kind, row.parts, price))
    return parts, total_yen(tuple(lines))
