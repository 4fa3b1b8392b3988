"""Second messages: made in the transaction of what sets them off, started after its commit (P-7, P-8).

A row of ``pending_starts`` comes with each and goes once its workflow is started, so that a start that
was lost is found by the sweep. Starting twice does nothing.
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
from domain.follow_ups import SECOND_MESSAGE, FollowUpTrigger, plan_of_second
from domain.messages import ChannelPlan, MessageStatus
from services.campaign_counters import CounterChanges
from services.feeding import KNOWN_CARRIER_LIFETIME, carriers_for
from services.lanes import reserve_company_slots

MessageKey = tuple[UUID, UUID]
"""(company id, message id)."""

# A start follows its commit within milliseconds; the sweep looks after those that did not.
START_IS_LATE_AFTER = timedelta(seconds=5)
BATCH = 500

# Whoever has opted out since the first message is excluded whatever the campaign's options say: nobody
# writes to a person who has just asked not to be written to (O-3).
_CREATE = text("""
    WITH first AS (
        SELECT p.company_id, p.id FROM messages p
        JOIN unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[])) AS r(company_id, message_id)
            ON p.company_id = r.company_id AND p.id = r.message_id
        JOIN follow_ups f ON f.company_id = p.company_id AND f.campaign_id = p.campaign_id
            AND f.trigger = :trigger
        WHERE p.parent_message_id IS NULL AND p.second_message_id IS NULL
        ORDER BY p.company_id, p.id
        -- Two that are set off at once: the other one waits here, and then finds a second message.
        FOR NO KEY UPDATE OF p
    ), named AS (
        UPDATE messages p SET second_message_id = uuidv7() FROM first
        WHERE p.company_id = first.company_id AND p.id = first.id
        RETURNING p.*
    ), created AS (
        INSERT INTO messages (company_id, id, campaign_id, parent_message_id, row_number, phone_number,
                              variables, status, reason, accepted_at, closed_at)
        SELECT p.company_id, p.second_message_id, p.campaign_id, p.id, p.row_number, p.phone_number,
               p.variables, s.status, CASE s.status WHEN 'excluded' THEN 'opted_out' END, clock_timestamp(),
               CASE s.status WHEN 'accepted' THEN NULL ELSE clock_timestamp() END
        FROM named p
        JOIN campaigns c ON c.company_id = p.company_id AND c.id = p.campaign_id
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN c.status = 'cancelled' THEN 'cancelled'
                WHEN EXISTS (SELECT FROM opt_outs o
                             WHERE o.company_id = p.company_id AND o.phone_number = p.phone_number
                               AND (c.exclude_opt_outs OR o.created_at >= p.accepted_at)) THEN 'excluded'
                ELSE 'accepted' END AS status
        ) s
        RETURNING company_id, id, campaign_id, status
    ), pending AS (
        INSERT INTO pending_starts (company_id, message_id)
        SELECT company_id, id FROM created WHERE status = 'accepted'
    )
    SELECT company_id, id, campaign_id, status FROM created
""")

_TAKE = text("""
    SELECT m.company_id, m.id, m.campaign_id, m.phone_number, c.channel_plan, c.carriers,
           p.carrier AS first_carrier, p.channel AS first_channel, k.carrier AS known
    FROM unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[])) AS r(company_id, message_id)
    JOIN pending_starts s ON s.company_id = r.company_id AND s.message_id = r.message_id
    JOIN messages m ON m.company_id = r.company_id AND m.id = r.message_id AND m.status = 'accepted'
    JOIN messages p ON p.company_id = m.company_id AND p.id = m.parent_message_id
    JOIN campaigns c ON c.company_id = m.company_id AND c.id = m.campaign_id
    LEFT JOIN known_carriers k ON k.phone_number = m.phone_number AND k.delivered_at > now() - :lifetime
    ORDER BY m.company_id, m.id
""")

_FORGET = text("""
    DELETE FROM pending_starts s
    USING unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[])) AS r(company_id, message_id)
    WHERE s.company_id = r.company_id AND s.message_id = r.message_id
""")

_LATE = text("""
    SELECT company_id, message_id FROM pending_starts
    WHERE created_at < clock_timestamp() - :late ORDER BY created_at LIMIT :batch
""")


@dataclass(frozen=True, slots=True)
class SecondMessage:
    """A second message to start: on which plan, at which carriers in turn, in which slot of the lane."""

    company_id: UUID
    campaign_id: UUID
    message_id: UUID
    plan: ChannelPlan
    carriers: tuple[Carrier, ...]
    is_restricted: bool
    slot: datetime


async def create_second_messages(
    session: AsyncSession,
    first_messages: Sequence[MessageKey],
    trigger: FollowUpTrigger,
    counters: CounterChanges,
) -> list[MessageKey]:
    """Make the second message of each first one whose campaign has a follow-up with this trigger.

    Never two for one (``second_message_id``), however often this is called. Those of cancelled campaigns
    and of numbers that opted out meanwhile have ended with it, so that the log shows why nothing went out.
    Returns all that were made; they are to be started when the transaction is committed.
    """
    rows = (await session.execute(_CREATE, {**_columns(first_messages), "trigger": trigger.value})).all()
    for row in rows:
        campaign = (row.company_id, row.campaign_id)
        counters.add(campaign, "total", sequence=SECOND_MESSAGE)
        if MessageStatus(row.status).is_final:
            counters.add(campaign, row.status, sequence=SECOND_MESSAGE)
    return [(row.company_id, row.id) for row in rows]


async def take_second_messages(session: AsyncSession, messages: Sequence[MessageKey]) -> list[SecondMessage]:
    """Reserve slots in the companies' lanes for those that wait for their start, and return these (S-7)."""
    parameters = {**_columns(messages), "lifetime": KNOWN_CARRIER_LIFETIME}
    rows = (await session.execute(_TAKE, parameters)).all()
    taken = []
    for company_id, group in groupby(rows, key=lambda row: row.company_id):
        of_company = list(group)
        slots = await reserve_company_slots(session, company_id, len(of_company))
        taken += [_second_message(row, slots.slot(i)) for i, row in enumerate(of_company)]
    return taken


async def forget_starts(session: AsyncSession, messages: Sequence[MessageKey]) -> None:
    """Note that these have their workflows, or need none any more."""
    await session.execute(_FORGET, _columns(messages))


async def late_starts(session: AsyncSession) -> list[MessageKey]:
    """Return second messages that were committed some time ago and have not been started since."""
    rows = await session.execute(_LATE, {"late": START_IS_LATE_AFTER, "batch": BATCH})
    return [(row.company_id, row.message_id) for row in rows]


def _second_message(row: Row[Any], slot: datetime) -> SecondMessage:
    first_carrier = Carrier(row.first_carrier) if row.first_carrier else None
    return SecondMessage(
        company_id=row.company_id,
        campaign_id=row.campaign_id,
        message_id=row.id,
        plan=plan_of_second(
            ChannelPlan(row.channel_plan), Channel(row.first_channel) if row.first_channel else None
        ),
        carriers=carriers_for(row, first_carrier),
        is_restricted=bool(row.carriers),
        slot=slot,
    )


def _columns(keys: Sequence[MessageKey]) -> dict[str, Any]:
    return {"company_ids": [company for company, _ in keys], "message_ids": [message for _, message in keys]}
