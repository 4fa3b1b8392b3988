"""The numbers of the home page."""

from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.billing import ChargeKind, usage_month
from domain.callers import Caller
from domain.campaigns import CampaignStatus
from domain.carriers import Channel
from domain.prices import PriceKind, PriceLine, total_yen
from domain.send_times import jst_datetime, to_jst
from services.campaign_reports import CampaignRow, list_campaigns
from services.contracts import terms_on

_SHOWN = 10

_TODAY = text("""
    SELECT coalesce(sum(n.delivered), 0) AS delivered,
           coalesce(sum(n.undelivered + n.expired + n.carrier_undetermined + n.unknown), 0) AS failed
    FROM campaigns c JOIN campaign_counters n ON n.company_id = c.company_id AND n.campaign_id = c.id
    WHERE c.company_id = :company_id AND c.started_at >= :midnight
""")

_MONTH = text("""
    SELECT charge_kind, channel, sum(parts) AS parts FROM billing_entries
    WHERE company_id = :company_id AND usage_month = :month GROUP BY charge_kind, channel
""")


@dataclass(frozen=True, slots=True)
class HomeNumbers:
    """``delivered_today`` and ``failed_today`` are of campaigns that started today (JST), second
    messages included.

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
    totals = (await session.execute(_TODAY, {**key, "midnight": jst_datetime(today, time.min)})).one()
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
