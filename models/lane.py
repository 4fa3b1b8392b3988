"""Reservations: a company's hourly capacity, the spacing of SMS to one number, its references."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Interval
from sqlmodel import Field, SQLModel

from domain.carriers import Carrier
from models.columns import company_column, enum_column, one_of, text_column, time_column


class CompanyLane(SQLModel, table=True):
    """When the company's next message may be submitted (S-7, R-11).

    ``next_at`` is the next slot that can be reserved ahead, ``departs_at`` the next departure
    (``domain/departures.py``).
    """

    __tablename__ = "company_lanes"

    company_id: UUID = company_column()
    next_at: datetime = time_column(default_now=True)
    departs_at: datetime | None = time_column()


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
    # What the message that holds the number was told to leave after its arrival; ``None``: the rule's.
    pause: timedelta | None = Field(default=None, sa_type=Interval, nullable=True)


class NumberReference(SQLModel, table=True):
    """The last reference a long SMS to a number took; the handset joins its segments by it.

    What must be told apart is on the handset, so the count is shared by all companies.
    """

    __tablename__ = "number_references"

    phone_number: str = text_column(primary_key=True)
    last_reference: int
    used_at: datetime = time_column(nullable=False)
