"""The carrier that last delivered to a number, where it differs from the first guess."""

from datetime import datetime

from sqlmodel import SQLModel

from domain.carriers import Carrier
from models.columns import enum_column, one_of, text_column, time_column


class KnownCarrier(SQLModel, table=True):
    """What number portability taught us; older than its time to live, it is only a weak guess."""

    __tablename__ = "known_carriers"
    __table_args__ = (one_of("carrier", Carrier),)

    phone_number: str = text_column(primary_key=True)
    carrier: Carrier = enum_column(Carrier)
    delivered_at: datetime = time_column(nullable=False)
