"""A key with which a company's own programs call the JSON API."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from domain.api_keys import KeyScope
from models.columns import company_column, enum_column, id_column, one_of, owned_by, text_column, time_column


class ApiKey(SQLModel, table=True):
    """A bearer key, shown once; ``key_hash`` is its SHA-256 (the key is random, so no salt is needed).

    ``hint`` is its end, to tell keys apart. It works only from ``networks`` (CIDR), if there are any.
    """

    __tablename__ = "api_keys"
    __table_args__ = (one_of("scope", KeyScope), owned_by("company_users", "created_by_user_id"))

    company_id: UUID = company_column()
    id: UUID = id_column()
    name: str = text_column()
    key_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    hint: str | None = text_column(default=None, nullable=True)
    scope: KeyScope = enum_column(KeyScope, default=KeyScope.SEND)
    networks: list[str] | None = Field(
        default=None,
        sa_type=ARRAY(Text),
        sa_column_kwargs={"server_default": text("'{}'::text[]"), "nullable": False},
    )
    created_by_user_id: UUID | None = None
    created_at: datetime = time_column(default_now=True)
    last_used_at: datetime | None = time_column()
    revoked_at: datetime | None = time_column()
