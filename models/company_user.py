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
    """A company user (企業ユーザー). ``password_hash`` is argon2id in its encoded form.

    ``login_id`` is the mail address. Until ``temporary_until`` (empty: for ever) the password lets in only to
    choose another one (C-2). A deleted user stays for the names in logs and keeps the login id from being
    used again, until the service desk frees it: ``released_at`` (C-5). ``taken_elsewhere_at`` is set for
    an invitation whose login id is another company's: it looks like any other and lets nobody in.
    """

    __tablename__ = "company_users"
    __table_args__ = (
        one_of("role", Role),
        Index(
            "company_users_login_id_key",
            text("lower(login_id)"),
            unique=True,
            postgresql_where=text("released_at IS NULL AND taken_elsewhere_at IS NULL"),
        ),
    )

    company_id: UUID = company_column()
    id: UUID = id_column()
    login_id: str = text_column()
    name: str = text_column()
    role: Role = enum_column(Role)
    password_hash: str = text_column()
    failed_sign_ins: int = counter_column()
    locked_until: datetime | None = time_column()
    temporary_until: datetime | None = time_column()
    password_changed_at: datetime | None = time_column()
    last_signed_in_at: datetime | None = time_column()
    deleted_at: datetime | None = time_column()
    released_at: datetime | None = time_column()
    created_at: datetime = time_column(default_now=True)
    taken_elsewhere_at: datetime | None = time_column()
