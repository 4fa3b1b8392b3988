"""The departures of companies in the database: taken before a submit, given back when nothing left."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.departures import Departures, departure_gap

_HOLD = text("""
    WITH contract AS (
        SELECT hourly_capacity FROM contracts
        WHERE company_id = :company_id AND valid_from <= (now() AT TIME ZONE 'Asia/Tokyo')::date
        ORDER BY valid_from DESC LIMIT 1
    ), row_is_there AS (
        INSERT INTO company_lanes (company_id, next_at) SELECT :company_id, clock_timestamp() FROM contract
        ON CONFLICT (company_id) DO UPDATE SET next_at = company_lanes.next_at
        RETURNING departs_at
    )
    SELECT departs_at, hourly_capacity, clock_timestamp() AS now FROM row_is_there, contract
""")

_NOTE = text("UPDATE company_lanes SET departs_at = :departs_at WHERE company_id = :company_id")

_GIVE_BACK = text("""
    UPDATE company_lanes SET departs_at = departs_at - :unused WHERE company_id = :company_id
""")

_CAPACITY = text("""
    SELECT hourly_capacity FROM contracts
    WHERE company_id = :company_id AND valid_from <= (now() AT TIME ZONE 'Asia/Tokyo')::date
    ORDER BY valid_from DESC LIMIT 1
""")


async def hold_departures(session: AsyncSession, company_id: UUID) -> Departures | None:
    """Return the company's departures and hold their row until the transaction ends.

    ``None`` for a company without a valid contract.
    """
    row = (await session.execute(_HOLD, {"company_id": company_id})).one_or_none()
    if row is None:
        return None
    return Departures(departure_gap(row.hourly_capacity), row.now, row.departs_at)


async def note_departures(session: AsyncSession, company_id: UUID, departures: Departures | None) -> None:
    """Write down what was taken."""
    if departures and departures.taken:
        await session.execute(_NOTE, {"company_id": company_id, "departs_at": departures.next_at})


async def give_back_departures(session: AsyncSession, companies: Iterable[UUID]) -> None:
    """Return one departure for each mention of a company: a submit of its that did not leave."""
    # In one order everywhere, so that batches never wait for each other in a circle.
    for company_id, count in sorted(Counter(companies).items()):
        capacity = (await session.execute(_CAPACITY, {"company_id": company_id})).scalar_one_or_none()
        if capacity:
            unused = count * departure_gap(capacity)
            await session.execute(_GIVE_BACK, {"company_id": company_id, "unused": unused})
