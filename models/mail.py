"""Mails to a company's users: what is to be sent, and what came of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from domain.mails import MailKind, MailState
from models.columns import (
    enum_column,
    id_column,
    one_of,
    owned_by,
    parent_company_column,
    text_column,
    time_column,
)


class Mail(SQLModel, table=True):
    """A mail, written in the transaction of the change it tells of: the row is the outbox.

    ``address`` is the recipient's as it was then. ``sealed_secret`` is a password or code, readable only with
    the key of the settings, and gone when the mail has left or ``expires_at`` has passed.
    """

    __tablename__ = "mails"
    __table_args__ = (
        one_of("kind", MailKind),
        one_of("state", MailState),
        owned_by("company_users", "user_id"),
        Index("mails_queued_idx", "created_at", postgresql_where=text("state = 'queued'")),
    )

    company_id: UUID = parent_company_column()
    id: UUID = id_column()
    kind: MailKind = enum_column(MailKind)
    user_id: UUID = Field(index=True)
    address: str = text_column()
    details: dict[str, str] | None = Field(default=None, sa_type=JSONB)
    sealed_secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    expires_at: datetime | None = time_column()
    state: MailState = enum_column(MailState, default=MailState.QUEUED)
    failure_code: str | None = text_column(default=None, nullable=True)
    created_at: datetime = time_column(default_now=True)
    closed_at: datetime | None = time_column()
