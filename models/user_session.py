"""A signed-in browser. The cookie holds the token; the table only its hash."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from models.columns import id_column, owned_by, parent_company_column, text_column, time_column


class UserSession(SQLModel, table=True):
    """A server-side session; ``token_hash`` is SHA-256 of the cookie's random token.

    ``confirmed_at`` is when the password was last given, ``second_factor_at`` when the second factor was.
    ``challenge`` is what a passkey has to sign, once. ``device`` is what the browser calls itself.
    ``sealed_searches`` holds what was typed to search for by personal data (services/stored_searches.py).
    ``kept_form`` is what was typed at the page ``kept_path`` when the session before this one ended, sealed.
    """

    __tablename__ = "user_sessions"
    __table_args__ = (owned_by("company_users", "user_id"),)

    company_id: UUID = parent_company_column()
    id: UUID = id_column()
    user_id: UUID = Field(index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    created_at: datetime = time_column(default_now=True)
    confirmed_at: datetime = time_column(default_now=True)
    second_factor_at: datetime | None = time_column()
    challenge: bytes | None = Field(default=None, sa_type=LargeBinary)
    device: str | None = text_column(default=None, nullable=True)
    address: str | None = text_column(default=None, nullable=True)
    kept_path: str | None = text_column(default=None, nullable=True)
    kept_form: bytes | None = Field(default=None, sa_type=LargeBinary)
    last_seen_at: datetime = time_column(default_now=True)
    expires_at: datetime = time_column(nullable=False)
    sealed_searches: bytes | None = Field(default=None, sa_type=LargeBinary)
