"""The terms of a company that hold on a day (B-1, S-7, N-3)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.message_parts import PartTable
from domain.prices import UnitPrices

_VALID_ON = text("""
    SELECT hourly_capacity, may_exceed_notice_threshold, part_table, sms_part_price_yen,
           rcs_message_price_yen, recycling_check_price_yen, opt_out_enabled, recycling_check_enabled
    FROM contracts WHERE company_id = :company_id AND valid_from <= :day
    ORDER BY valid_from DESC LIMIT 1
""")


class NoValidContract(Exception):
    """The company's first contract begins later."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A contract as rules need it. ``part_table``: most characters of 1, 2, 3 … billable parts."""

    hourly_capacity: int
    may_exceed_notice_threshold: bool
    part_table: PartTable
    prices: UnitPrices
    opt_out_enabled: bool
    recycling_check_enabled: bool


async def terms_on(session: AsyncSession, company_id: UUID, day: date) -> Terms:
    """Return the terms valid on ``day`` (a date in Japan); raise ``NoValidContract`` if there are none."""
    row = (await session.execute(_VALID_ON, {"company_id": company_id, "day": day})).one_or_none()
    if row is None:
        raise NoValidContract(str(day))
    return Terms(
        hourly_capacity=row.hourly_capacity,
        may_exceed_notice_threshold=row.may_exceed_notice_threshold,
        part_table=tuple(row.part_table),
        prices=UnitPrices(row.sms_part_price_yen, row.rcs_message_price_yen, row.recycling_check_price_yen),
        opt_out_enabled=row.opt_out_enabled,
        recycling_check_enabled=row.recycling_check_enabled,
    )
