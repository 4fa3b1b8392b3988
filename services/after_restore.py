"""What must not go on by itself in a database that came back as it was some time ago (I3, I7).

Whatever was due since then may have gone out, and the record of it is lost. So it is stopped, and a person
decides; what is on record as handed over goes on to its end.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# One that waits for a later time has sent nothing; it stays.
_DOUBTFUL = text("""
    SELECT company_id, id FROM campaigns
    WHERE status = 'sending'
       OR (status = 'registered' AND coalesce(send_at, registered_at) <= clock_timestamp())
    ORDER BY company_id, id
""")

_STOP_SECOND_MESSAGES = text("""
    WITH stopped AS (
        UPDATE messages m SET status = 'cancelled', closed_at = clock_timestamp()
        WHERE m.parent_message_id IS NOT NULL AND m.status = 'accepted' AND NOT EXISTS (
            SELECT FROM submit_attempts a WHERE a.company_id = m.company_id AND a.message_id = m.id)
        RETURNING m.company_id, m.id, m.campaign_id
    ), forgotten AS (
        DELETE FROM pending_starts s USING stopped
        WHERE s.company_id = stopped.company_id AND s.message_id = stopped.id
    ), counted AS (
        UPDATE campaign_counters n SET cancelled = n.cancelled + s.messages
        FROM (SELECT company_id, campaign_id, count(*) AS messages FROM stopped GROUP BY 1, 2) s
        WHERE n.company_id = s.company_id AND n.campaign_id = s.campaign_id AND n.sequence = 2
    )
    SELECT count(*) FROM stopped
""")


async def doubtful_campaigns(session: AsyncSession) -> list[tuple[UUID, UUID]]:
    """Return (company id, campaign id) of those that may have sent something nobody knows of any more."""
    return [(row.company_id, row.id) for row in await session.execute(_DOUBTFUL)]


async def stop_second_messages(session: AsyncSession) -> int:
    """End second messages that nothing is on record for, also of completed campaigns; return how many."""
    return int((await session.execute(_STOP_SECOND_MESSAGES)).scalar_one())
