"""The answer of the number-recycling directory for one message (M-1, M-3)."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from domain.carrier_exchange import RecyclingOutcome
from models.columns import (
    by_month_of,
    enum_column,
    one_of,
    owned_by,
    parent_company_column,
    text_column,
    time_column,
)


class RecyclingCheck(SQLModel, table=True):
    """Whether the number changed hands since the campaign's reference date."""

    __tablename__ = "recycling_checks"
    __table_args__ = (
        owned_by("messages", "message_id"),
        one_of("outcome", RecyclingOutcome),
        by_month_of("message_id"),
    )

    company_id: UUID = parent_company_column()
    message_id: UUID = Field(primary_key=True)
    outcome: RecyclingOutcome = enum_column(RecyclingOutcome)
    carrier_code: str | None = text_column(default=None, nullable=True)
    checked_at: datetime = time_column(default_now=True)
