"""A list of recipients on its way into a campaign: the file as it came and each row as it was checked."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.columns import (
    company_column,
    counter_column,
    enum_column,
    id_column,
    one_of,
    text_column,
    time_column,
)


class UploadSource(StrEnum):
    """Where a list came from (P-10). An API request has rows from the start and no file."""

    FILE = "file"
    TYPED = "typed"
    API = "api"


class RecipientUpload(SQLModel, table=True):
    """An uploaded file or a typed list. ``shape`` and ``summary`` are what reading and checking found.

    The bytes are kept so that a change of content or column is checked against the same file.
    ``summary`` says for which texts and column it holds; the rows are those of the same check.
    """

    __tablename__ = "recipient_uploads"
    __table_args__ = (one_of("source", UploadSource),)

    company_id: UUID = company_column()
    id: UUID = id_column()
    source: UploadSource = enum_column(UploadSource)
    file_name: str = text_column()
    content: bytes = Field(sa_type=LargeBinary)
    shape: dict[str, Any] = Field(sa_type=JSONB)
    phone_column: int | None = None
    summary: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    valid_rows: int = counter_column()
    error_rows: int = counter_column()
    checked_at: datetime | None = time_column()
    created_at: datetime = time_column(default_now=True)


class RecipientUploadRow(SQLModel, table=True):
    """One checked row: either a phone number with its variables and parts, or its problems and cells.

    ``row_number`` counts as the file's editor does (the header is row 1); in an API request it is the
    position of the recipient, from 1. ``problems`` is empty exactly for rows that can be sent to.
    """

    __tablename__ = "recipient_upload_rows"
    __table_args__ = (
        ForeignKeyConstraint(
            ["company_id", "upload_id"],
            ["recipient_uploads.company_id", "recipient_uploads.id"],
            ondelete="CASCADE",
        ),
    )

    company_id: UUID = Field(primary_key=True)
    upload_id: UUID = Field(primary_key=True)
    row_number: int = Field(primary_key=True)
    phone_number: str | None = text_column(default=None, nullable=True)
    variables: dict[str, str] = Field(
        sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'"), "nullable": False}
    )
    parts: int | None = None
    second_parts: int | None = None
    problems: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB)
    cells: list[str] | None = Field(default=None, sa_type=JSONB)
