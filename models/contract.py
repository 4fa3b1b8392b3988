"""What a company has agreed: capacity, prices, options, each with a validity period (B-1, S-7, N-3)."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Integer, Numeric, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from models.columns import company_column, id_column


class Contract(SQLModel, table=True):
    """One period of a company's terms. The one valid on a day is the latest with ``valid_from`` ≤ day.

    ``part_table`` holds the most characters of 1, 2, 3 … billable parts. Unit prices are yen
    without tax and may have fractions; sums are rounded on the invoice only.
    """

    __tablename__ = "contracts"

    company_id: UUID = company_column()
    id: UUID = id_column()
    valid_from: date
    hourly_capacity: int = Field(default=40_000, gt=0)
    may_exceed_notice_threshold: bool = Field(default=False)
    part_table: list[int] = Field(sa_type=ARRAY(Integer))
    sms_part_price_yen: Decimal = Field(sa_type=Numeric(10, 2))
    rcs_message_price_yen: Decimal = Field(sa_type=Numeric(10, 2))
    recycling_check_price_yen: Decimal = Field(sa_type=Numeric(10, 2))
    opt_out_enabled: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    recycling_check_enabled: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
