"""One message to one recipient: what the delivery log shows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from domain.carriers import Carrier, Channel
from domain.messages import FallbackReason, MessageStatus, StatusReason
from models.columns import (
    by_month_of,
    enum_column,
    id_column,
    one_of,
    optional_enum_column,
    owned_by,
    parent_company_column,
    text_column,
    time_column,
)


class Message(SQLModel, table=True):
    """A recipient of a campaign and what became of the message (L-2).

    A second message (P-7, P-8) is a row of its own, ``parent_message_id`` its first one, which names it in
    ``second_message_id``: one column, so a first one never has two. Neither is a foreign key, since the two
    may lie in different months, and months are dropped whole (decision 0031).

    ``channel`` and ``carrier`` are the ones finally used (S-4). ``parts`` are the billable parts of
    what was sent; ``accepted_at`` is the registration. Its state changes only through the
    activities of its workflow, and once, for excluded and cancelled rows, with its campaign.
    """

    __tablename__ = "messages"
    __table_args__ = (
        owned_by("campaigns", "campaign_id"),
        one_of("status", MessageStatus),
        one_of("reason", StatusReason),
        one_of("channel", Channel),
        one_of("carrier", Carrier),
        one_of("fallback_reason", FallbackReason),
        Index("messages_campaign_idx", "company_id", "campaign_id", "id"),
        Index("messages_phone_number_idx", "company_id", "phone_number"),
        by_month_of("id"),
    )

    company_id: UUID = parent_company_column()
    id: UUID = id_column()
    campaign_id: UUID
    parent_message_id: UUID | None = None
    second_message_id: UUID | None = None
    row_number: int
    phone_number: str = text_column()
    variables: dict[str, str] = Field(
        sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'"), "nullable": False}
    )
    status: MessageStatus = enum_column(MessageStatus, default=MessageStatus.ACCEPTED)
    reason: StatusReason | None = optional_enum_column(StatusReason)
    channel: Channel | None = optional_enum_column(Channel)
    carrier: Carrier | None = optional_enum_column(Carrier)
    fallback_reason: FallbackReason | None = optional_enum_column(FallbackReason)
    parts: int | None = None
    accepted_at: datetime = time_column(default_now=True)
    submitted_at: datetime | None = time_column()
    delivered_at: datetime | None = time_column()
    read_at: datetime | None = time_column()
    closed_at: datetime | None = time_column()


class PendingStart(SQLModel, table=True):
    """A second message whose workflow has not been started: gone once it is (the outbox of the starts)."""

    __tablename__ = "pending_starts"
    __table_args__ = (
        owned_by("messages", "message_id"),
        Index("pending_starts_created_at_idx", "created_at"),
    )

    company_id: UUID = parent_company_column()
    message_id: UUID = Field(primary_key=True)
    created_at: datetime = time_column(default_now=True)
