"""The one clock that decides when something may go: the database's, which all processes share."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_NOW = text("SELECT clock_timestamp()")


async def database_now(session: AsyncSession) -> datetime:
    """Return what the database's clock says at this moment."""
    now: datetime = (await session.execute(_NOW)).scalar_one()
    return now
