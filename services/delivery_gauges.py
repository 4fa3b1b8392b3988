"""Figures of the whole platform that tell whether deliveries get on (N-5)."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Each part reads an index that holds open rows only, however large the tables are.
_GAUGES = text("""
    SELECT (SELECT count(*) FROM receipts WHERE applied_at IS NULL) AS receipts_waiting,
           f.submits_in_flight, f.oldest_submit_seconds,
           (SELECT count(*) FROM campaigns WHERE status = 'registered'
            AND coalesce(send_at, registered_at) < now() - interval '2 minutes') AS campaigns_overdue
    FROM (SELECT count(*) AS submits_in_flight,
                 coalesce(extract(epoch FROM clock_timestamp() - min(started_at)), 0)::float8
                     AS oldest_submit_seconds
          FROM submit_attempts WHERE state = 'in_flight') f
""")


@dataclass(frozen=True, slots=True)
class DeliveryGauges:
    """``oldest_submit_seconds``: age of the oldest submit without an answer on record, 0 if there is none."""

    receipts_waiting: int
    submits_in_flight: int
    oldest_submit_seconds: float
    campaigns_overdue: int


async def delivery_gauges(session: AsyncSession) -> DeliveryGauges:
    """Return the figures as they are now."""
    return DeliveryGauges(**(await session.execute(_GAUGES)).one()._asdict())
