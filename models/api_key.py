"""A key with which a company's own programs call the JSON API."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from models.columns import company_column, id_column, text_column, time_column


class ApiKey(SQLModel, table=True):
    """A bearer key, shown once; ``key_hash`` is its SHA-256 (the key is random, so no salt is needed)."""

    __tablename__ = "api_keys"

    company_id: UUID = company_column()
    id: UUID = id_column()
    name: str = text_column()
    key_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    created_at: datetime = time_column(default_now=True)
    revoked_at: datetime | None = time_column()
