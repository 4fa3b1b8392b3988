"""Reservations in time: the company's hourly capacity and the spacing of SMS to one number."""

from datetime import datetime
from uuid import UUID

from sqlmodel import SQLModel

from domain.carriers import Carrier
from models.columns import company_column, enum_column, one_of, text_column, time_column


class CompanyLane(SQLModel, table=True):
    """When the company's next message may be submitted (S-7, R-11)."""

    __tablename__ = "company_lanes"

    company_id: UUID = company_column()
    next_at: datetime = time_column(default_now=True)


class NumberLane(SQLModel, table=True):
    """When the next SMS to a number may be submitted at a carrier that wants a pause (S-8).

    While ``message_id`` is set its receipt is outstanding and the pause has not begun. The rule is
    the carrier's, so the lane is shared by all companies.
    """

    __tablename__ = "number_lanes"
    __table_args__ = (one_of("carrier", Carrier),)

    carrier: Carrier = enum_column(Carrier, primary_key=True)
    phone_number: str = text_column(primary_key=True)
    free_at: datetime = time_column(nullable=False)
    message_id: UUID | None = None
