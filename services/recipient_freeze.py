"""The moment a campaign's recipients are settled: who is excluded, and why (O-3, P-4)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.messages import StatusReason
from services.campaign_counters import CounterChanges

_LOCK = text("""
    SELECT exclude_opt_outs FROM campaigns
    WHERE company_id = :company_id AND id = :campaign_id AND status = 'registered' AND frozen_at IS NULL
    FOR NO KEY UPDATE
""")

_EXCLUDE_OPT_OUTS = text("""
    UPDATE messages m SET status = 'excluded', reason = :reason, closed_at = :now
    FROM opt_outs o
    WHERE m.company_id = :company_id AND m.campaign_id = :campaign_id AND m.status = 'accepted'
      AND o.company_id = m.company_id AND o.phone_number = m.phone_number
""")

_FREEZE = text("UPDATE campaigns SET frozen_at = :now WHERE company_id = :company_id AND id = :campaign_id")


async def freeze_recipients(session: AsyncSession, company_id: UUID, campaign_id: UUID, now: datetime) -> int:
    """Exclude whoever may not get the campaign; return how many. Once per campaign, later calls do nothing.

    The opt-out list counts as it stands now: at registration for an immediate send, 15 minutes ahead
    for a scheduled one (the caller chooses the moment).
    """
    key = {"company_id": company_id, "campaign_id": campaign_id}
    campaign = (await session.execute(_LOCK, key)).one_or_none()
    if campaign is None:
        return 0
    excluded = 0
    if campaign.exclude_opt_outs:
        result = await session.execute(
            _EXCLUDE_OPT_OUTS, {**key, "now": now, "reason": StatusReason.OPTED_OUT.value}
        )
        excluded = result.rowcount  # type: ignore[attr-defined]
        counters = CounterChanges()
        counters.add((company_id, campaign_id), "excluded", excluded)
        await counters.write(session)
    await session.execute(_FREEZE, {**key, "now": now})
    return excluded
