"""A client company: the tenant that owns everything else."""

from datetime import datetime
from uuid import UUID

from sqlmodel import SQLModel

from models.columns import id_column, text_column, time_column


class Company(SQLModel, table=True):
    """A company using the portal (ご利用企業)."""

    __tablename__ = "companies"

    id: UUID = id_column()
    name: str = text_column()
    created_at: datetime = time_column(default_now=True)
