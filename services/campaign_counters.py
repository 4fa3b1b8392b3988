"""A campaign's counters, of first and of second messages: the only place that changes them (I12)."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.follow_ups import FIRST_MESSAGE
from domain.messages import FINAL_STATUSES

CampaignKey = tuple[UUID, UUID]
"""(company id, campaign id)."""

_COLUMNS = ("total", "submitted", *(status.value for status in FINAL_STATUSES), "read", "billable_parts")
_CLOSED = " + ".join(status.value for status in FINAL_STATUSES)

_ADD = text(
    f"UPDATE campaign_counters SET {', '.join(f'{c} = {c} + :{c}' for c in _COLUMNS)} "  # noqa: S608
    "WHERE company_id = :company_id AND campaign_id = :campaign_id AND sequence = :sequence "
    f"RETURNING sequence = {FIRST_MESSAGE} AND {_CLOSED} >= total"
)

_COMPLETE = text(
    "UPDATE campaigns SET status = 'completed', completed_at = now() "
    "WHERE company_id = :company_id AND id = :campaign_id AND status = 'sending'"
)


class CounterChanges:
    """What one transaction adds to the counters of the campaigns it touches."""

    def __init__(self) -> None:
        self._changes: dict[tuple[UUID, UUID, int], Counter[str]] = {}

    def add(
        self, campaign: CampaignKey, column: str, amount: int = 1, *, sequence: int = FIRST_MESSAGE
    ) -> None:
        """Note one change for a first or a second message; ``KeyError`` for a word that is no counter."""
        if column not in _COLUMNS:
            raise KeyError(column)
        self._changes.setdefault((*campaign, sequence), Counter())[column] += amount

    async def write(self, session: AsyncSession) -> None:
        """Write the changes, last in the transaction: the rows are hot, so their locks are held briefly.

        Always in the same order, so that two transactions never wait for each other in a circle.
        A campaign whose last first message has ended is completed: second ones may follow for as long as
        people answer (P-8).
        """
        for company_id, campaign_id, sequence in sorted(self._changes):
            key = {"company_id": company_id, "campaign_id": campaign_id}
            amounts = self._changes[company_id, campaign_id, sequence]
            columns = {column: amounts[column] for column in _COLUMNS}
            row = await session.execute(_ADD, {**key, **columns, "sequence": sequence})
            if row.scalar_one():
                await session.execute(_COMPLETE, key)


async def complete_if_all_closed(session: AsyncSession, campaigns: Iterable[CampaignKey]) -> None:
    """Complete campaigns whose messages have all ended (those that had nothing to send, too)."""
    changes = CounterChanges()
    for campaign in campaigns:
        changes.add(campaign, "submitted", 0)
    await changes.write(session)
