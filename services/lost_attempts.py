"""Submits whose answer nobody will bring any more: their worker is gone (I13).

They are never sent again; an answer that comes after all, or a receipt, still decides them.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

# A call to a carrier is taken for lost after two minutes, and its retry marks the attempt. The retry may wait
# in a queue of hours, or at a link that is stopped: then the sweep does it, within the five minutes of I13.
LOST_AFTER = timedelta(minutes=4)
BATCH = 500


def _lose(which: str) -> TextClause:
    # The segments that were to be tried again may be with the carrier now, and of a first try we know of no
    # segment at all: one stands for all, for a receipt to be adopted by.
    return text(f"""
        WITH lost AS (
            UPDATE submit_attempts SET state = 'unknown', outcome = 'unknown', ended_at = clock_timestamp()
            WHERE {which}
            RETURNING company_id, message_id, id, channel, carrier
        ), tried_again AS (
            UPDATE submit_segments s SET outcome = 'unknown' FROM lost
            WHERE s.company_id = lost.company_id AND s.message_id = lost.message_id AND s.attempt_id = lost.id
              AND s.outcome IN ('throttled', 'not_sent', 'capacity_exceeded')
        ), for_receipts AS (
            INSERT INTO submit_segments
                (company_id, message_id, attempt_id, segment, channel, carrier, outcome)
            SELECT company_id, message_id, id, 1, channel, carrier, 'unknown' FROM lost
            ON CONFLICT (company_id, message_id, attempt_id, segment) DO NOTHING
        )
        SELECT count(*) FROM lost
    """)  # noqa: S608


_ONE = _lose(
    "company_id = :company_id AND message_id = :message_id AND id = :attempt_id AND state = 'in_flight'"
)
_OVERDUE = _lose("""(company_id, message_id, id) IN (
    SELECT company_id, message_id, id FROM submit_attempts
    WHERE state = 'in_flight' AND started_at < clock_timestamp() - :lost_after
    ORDER BY started_at LIMIT :batch FOR UPDATE SKIP LOCKED
)""")


async def lose_attempt(session: AsyncSession, company_id: UUID, message_id: UUID, attempt_id: UUID) -> None:
    """Mark one submit in flight as unknown: whoever held it is gone."""
    key = {"company_id": company_id, "message_id": message_id, "attempt_id": attempt_id}
    await session.execute(_ONE, key)


async def lose_overdue_attempts(session: AsyncSession) -> int:
    """Mark submits in flight for too long as unknown; returns how many."""
    lost = await session.execute(_OVERDUE, {"lost_after": LOST_AFTER, "batch": BATCH})
    return int(lost.scalar_one())
