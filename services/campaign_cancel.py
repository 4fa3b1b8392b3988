"""Taking a registered or running campaign back: what no carrier has been given yet is not sent (P-3)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction
from domain.callers import Caller
from domain.campaigns import CampaignStatus
from services.audit import record_audit
from services.campaign_counters import CounterChanges
from services.campaigns import ChangedMeanwhile, load_campaign
from services.database import allow_long_statements
from services.follow_ups import SEQUENCE


class CampaignNotCancellable(Exception):
    """A draft has nothing to cancel, a completed campaign nothing left (P-3)."""

    def __init__(self, status: CampaignStatus) -> None:
        super().__init__(status.value)
        self.status = status


@dataclass(frozen=True, slots=True)
class Cancellation:
    """``cancelled`` messages never went out; ``already_handed_over`` ones a carrier has or is being given."""

    cancelled: int
    already_handed_over: int


# First in its transaction: a submit holds this row FOR SHARE, so either it has seen the cancel or the
# messages below show it as begun.
_CANCEL = text("""
    UPDATE campaigns SET status = 'cancelled', cancelled_at = :now, version = version + 1
    WHERE company_id = :company_id AND id = :campaign_id AND status IN ('registered', 'sending')
      AND version = coalesce(CAST(:expected AS integer), version)
    RETURNING id
""")

# Rows another transaction holds are being ended or begun at this moment; waiting for them could close
# a circle with the transaction that completes the campaign. Their workflows see the cancel.
_CANCEL_MESSAGES = text(f"""
    WITH waiting AS (
        SELECT id FROM messages
        WHERE company_id = :company_id AND campaign_id = :campaign_id AND status = 'accepted'
        FOR UPDATE SKIP LOCKED
    )
    UPDATE messages m SET status = 'cancelled', closed_at = :now
    FROM waiting WHERE m.company_id = :company_id AND m.id = waiting.id
    RETURNING {SEQUENCE} AS sequence
""")  # noqa: S608

_OUTCOME = text("""
    SELECT cancelled, total - cancelled - excluded AS handed_over FROM campaign_counters
    WHERE company_id = :company_id AND campaign_id = :campaign_id AND sequence = 1
""")


async def cancel_campaign(
    session: AsyncSession,
    caller: Caller,
    campaign_id: UUID,
    now: datetime,
    *,
    expected_version: int | None = None,
) -> Cancellation:
    """Stop a registered or running campaign: what no carrier has been given yet is cancelled (P-3).

    Repeating it changes nothing and returns the same. Raises ``CampaignNotFound``, ``ChangedMeanwhile`` if
    it is not what was shown, or ``CampaignNotCancellable`` for drafts and completed campaigns.
    """
    key = {"company_id": caller.company_id, "campaign_id": campaign_id}
    wanted = {**key, "now": now, "expected": expected_version}
    stopped = (await session.execute(_CANCEL, wanted)).scalar_one_or_none()
    if stopped is None:
        row = await load_campaign(session, caller, campaign_id)
        status = CampaignStatus(row.status)
        if status.can_be_cancelled and expected_version not in (None, row.version):
            raise ChangedMeanwhile(row.version)
        if status is not CampaignStatus.CANCELLED:
            raise CampaignNotCancellable(status)
    else:
        await _cancel_messages(session, key, now)
    outcome = (await session.execute(_OUTCOME, key)).one()
    cancellation = Cancellation(outcome.cancelled, outcome.handed_over)
    if stopped is not None:
        await record_audit(
            session,
            caller,
            AuditAction.CAMPAIGN_CANCELLED,
            target=("campaign", campaign_id),
            after={"cancelled": outcome.cancelled, "handed_over": outcome.handed_over},
        )
    return cancellation


async def _cancel_messages(session: AsyncSession, key: Mapping[str, UUID], now: datetime) -> None:
    await allow_long_statements(session)
    cancelled = Counter((await session.execute(_CANCEL_MESSAGES, {**key, "now": now})).scalars())
    counters = CounterChanges()
    for sequence, amount in cancelled.items():
        counters.add((key["company_id"], key["campaign_id"]), "cancelled", amount, sequence=sequence)
    await counters.write(session)
