"""A member of a company's staff who signs in to the portal."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import SQLModel

from domain.permissions import Role
from models.columns import (
    company_column,
    counter_column,
    enum_column,
    id_column,
    one_of,
    text_column,
    time_column,
)


class CompanyUser(SQLModel, table=True):
    """A company user (企業ユーザー). ``password_hash`` is argon2id in its encoded form."""

    __tablename__ = "company_users"
    __table_args__ = (
        one_of("role", Role),
        Index("company_users_login_id_key", text("lower(login_id)"), unique=True),
    )

    company_id: UUID = company_column()
    id: UUID = id_column()
    login_id: str = text_column()
    name: str = text_column()
    role: Role = enum_column(Role)
    password_hash: str = text_column()
    failed_sign_ins: int = counter_column()
    locked_until: datetime | None = time_column()
    created_at: datetime = time_column(default_now=True)
