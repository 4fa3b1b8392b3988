"""A list of recipients on its way into a campaign: the file as it came and each row as it was checked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.columns import company_column, counter_column, id_column, text_column, time_column


class RecipientUpload(SQLModel, table=True):
    """An uploaded file or a typed list. ``shape`` and ``summary`` are what reading and checking found.

    The bytes are kept so that a change of content or column is checked against the same file.
    """

    __tablename__ = "recipient_uploads"

    company_id: UUID = company_column()
    id: UUID = id_column()
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
    """One checked row: either a phone number with its variables and parts, or an error.

    ``row_number`` counts as the file's editor does (the header is row 1).
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
    error_code: str | None = text_column(default=None, nullable=True)
    error_column: str | None = text_column(default=None, nullable=True)
    error_value: str | None = text_column(default=None, nullable=True)
