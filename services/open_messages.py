"""Open messages that must have a workflow, and what one that begins anew has to know (I2, I13).

A workflow that begins anew asks for the same steps again, and the attempts on record answer for what was
done. So the carriers that were tried come first, in an order in which no other is asked before them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carriers import Carrier, Channel
from domain.follow_ups import plan_of_second
from domain.messages import ChannelPlan
from domain.priorities import SECOND_MESSAGE, priority_of
from services.feeding import KNOWN_CARRIER_LIFETIME, carriers_for
from services.lanes import reserve_company_slots
from services.second_messages import MessageKey

# A workflow is started within moments of this.
STARTED_FOR = timedelta(minutes=1)

_CLOSED = (
    "n.delivered + n.undelivered + n.expired + n.carrier_undetermined + n.excluded + n.cancelled + n.unknown"
)

_OPEN = text(f"""
    WITH open_campaign AS MATERIALIZED (
        SELECT c.company_id, c.id, c.fed_at
        FROM campaign_counters n
        JOIN campaigns c ON c.company_id = n.company_id AND c.id = n.campaign_id
        WHERE n.total > {_CLOSED} AND c.status NOT IN ('draft', 'registered')
        GROUP BY c.company_id, c.id
    )
    SELECT m.company_id, m.id FROM open_campaign c
    CROSS JOIN LATERAL (
        SELECT m.company_id, m.id FROM messages m
        WHERE m.company_id = c.company_id AND m.campaign_id = c.id AND m.id > :after
          AND m.status IN ('accepted', 'sending', 'sent')
          AND coalesce(m.submitted_at, m.accepted_at) < clock_timestamp() - :started_for
          -- What has not been started yet is the campaign's to start, or the sweep's of second messages.
          AND (m.status <> 'accepted'
               OR (m.parent_message_id IS NULL AND c.fed_at < clock_timestamp() - :started_for)
               OR (m.parent_message_id IS NOT NULL AND NOT EXISTS (
                   SELECT FROM pending_starts s WHERE s.company_id = m.company_id AND s.message_id = m.id)))
        ORDER BY m.id LIMIT :batch
    ) m
    ORDER BY m.id LIMIT :batch
""")  # noqa: S608

_LOAD = text("""
    SELECT m.company_id, m.id, m.campaign_id, m.phone_number, m.parent_message_id, c.channel_plan, c.carriers,
           c.recycling_reference_on, n.total, k.carrier AS known, p.carrier AS first_carrier,
           p.channel AS first_channel, coalesce(a.tried, '{}') AS tried
    FROM unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[])) AS r(company_id, message_id)
    JOIN messages m ON m.company_id = r.company_id AND m.id = r.message_id
    JOIN campaigns c ON c.company_id = m.company_id AND c.id = m.campaign_id
    JOIN campaign_counters n ON n.company_id = c.company_id AND n.campaign_id = c.id AND n.sequence = 1
    LEFT JOIN messages p ON p.company_id = m.company_id AND p.id = m.parent_message_id
    LEFT JOIN known_carriers k ON k.phone_number = m.phone_number AND k.delivered_at > now() - :lifetime
    LEFT JOIN LATERAL (
        -- Those of the SMS first: they may hold one that +Message does not know, and that is asked before.
        SELECT array_agg(t.carrier ORDER BY t.channel = 'rcs', t.started_at) AS tried FROM submit_attempts t
        WHERE t.company_id = m.company_id AND t.message_id = m.id
    ) a ON true
    WHERE m.status IN ('accepted', 'sending', 'sent')
    ORDER BY m.company_id, m.id
""")


@dataclass(frozen=True, slots=True)
class OpenMessage:
    """A message to begin anew. ``slot``: a new one of the company's lane, if nothing was tried yet."""

    company_id: UUID
    campaign_id: UUID
    message_id: UUID
    plan: ChannelPlan
    carriers: tuple[Carrier, ...]
    is_restricted: bool
    checks_recycling: bool
    priority: int
    slot: datetime | None


async def open_messages(session: AsyncSession, after: UUID, limit: int) -> list[MessageKey]:
    """Return messages, in the order of their ids, that are open and were started some time ago."""
    parameters = {"after": after, "batch": limit, "started_for": STARTED_FOR}
    return [(row.company_id, row.id) for row in await session.execute(_OPEN, parameters)]


async def load_open(session: AsyncSession, messages: Sequence[MessageKey]) -> list[OpenMessage]:
    """Return what a workflow of each is to be told; those that have ended meanwhile are left out.

    Raises ``NoValidContract`` for a company that may not send and has something that was not tried yet.
    """
    rows = await session.execute(
        _LOAD,
        {
            "company_ids": [company for company, _ in messages],
            "message_ids": [message for _, message in messages],
            "lifetime": KNOWN_CARRIER_LIFETIME,
        },
    )
    loaded = []
    for company_id, group in groupby(rows.all(), key=lambda row: row.company_id):
        of_company = list(group)
        untried = sum(not row.tried for row in of_company)
        slots = await reserve_company_slots(session, company_id, untried) if untried else None
        taken = 0
        for row in of_company:
            slot = slots.slot(taken) if slots and not row.tried else None
            taken += not row.tried
            loaded.append(_open_message(row, slot))
    return loaded


def _open_message(row: Row[Any], slot: datetime | None) -> OpenMessage:
    is_second = row.parent_message_id is not None
    first_carrier = Carrier(row.first_carrier) if row.first_carrier else None
    plan = ChannelPlan(row.channel_plan)
    if is_second:
        plan = plan_of_second(plan, Channel(row.first_channel) if row.first_channel else None)
    tried = [Carrier(carrier) for carrier in row.tried]
    return OpenMessage(
        company_id=row.company_id,
        campaign_id=row.campaign_id,
        message_id=row.id,
        plan=plan,
        carriers=tuple(dict.fromkeys([*tried, *carriers_for(row, first_carrier)])),
        is_restricted=bool(row.carriers),
        checks_recycling=not is_second and row.recycling_reference_on is not None,
        priority=SECOND_MESSAGE if is_second else priority_of(row.total),
        slot=slot,
    )
