"""The company's list of numbers that want no more messages (O-2)."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller

_COUNT = text("SELECT count(*) FROM opt_outs WHERE company_id = :company_id")


async def count_opt_outs(session: AsyncSession, caller: Caller) -> int:
    """Return how many numbers are on the list (at most 10,000 unless the contract says more)."""
    count: int = (await session.execute(_COUNT, {"company_id": caller.company_id})).scalar_one()
    return count
