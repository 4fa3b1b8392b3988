"""A signed-in browser. The cookie holds the token; the table only its hash."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from models.columns import id_column, owned_by, parent_company_column, time_column


class UserSession(SQLModel, table=True):
    """A server-side session; ``token_hash`` is SHA-256 of the cookie's random token."""

    __tablename__ = "user_sessions"
    __table_args__ = (owned_by("company_users", "user_id"),)

    company_id: UUID = parent_company_column()
    id: UUID = id_column()
    user_id: UUID = Field(index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    created_at: datetime = time_column(default_now=True)
    last_seen_at: datetime = time_column(default_now=True)
    expires_at: datetime = time_column(nullable=False)
