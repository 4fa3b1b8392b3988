"""A client company: the tenant that owns everything else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from models.columns import id_column, text_column, time_column


class Company(SQLModel, table=True):
    """A company using the portal (ご利用企業).

    Users with a role of ``second_factor_roles`` need a second factor to sign in.
    """

    __tablename__ = "companies"
    # The nil id stands for our own staff where transactions name their companies.
    __table_args__ = (CheckConstraint("id <> '00000000-0000-0000-0000-000000000000'::uuid", name="id"),)

    id: UUID = id_column()
    name: str = text_column()
    second_factor_roles: list[str] | None = Field(
        default=None,
        sa_type=ARRAY(Text),
        sa_column_kwargs={"server_default": text("'{company_admin}'::text[]"), "nullable": False},
    )
    created_at: datetime = time_column(default_now=True)
