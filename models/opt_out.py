"""A number that wants no more messages from a company (O-1, O-2)."""

from datetime import datetime
from uuid import UUID

from sqlmodel import SQLModel

from models.columns import company_column, text_column, time_column


class OptOut(SQLModel, table=True):
    """An entry of the company's one opt-out list."""

    __tablename__ = "opt_outs"

    company_id: UUID = company_column()
    phone_number: str = text_column(primary_key=True)
    created_at: datetime = time_column(default_now=True)
