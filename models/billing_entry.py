"""What a company owes for one message; written in the transaction that closes the message."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from domain.billing import ChargeKind
from domain.carriers import Channel
from models.columns import (
    company_column,
    enum_column,
    id_column,
    one_of,
    optional_enum_column,
    time_column,
)


class BillingEntry(SQLModel, table=True):
    """One charge: a delivery (in parts) or a misdelivery check. Never two of a kind per message (B-7).

    Kept when the log's month is dropped: ``message_id`` then names a message that is no more.
    """

    __tablename__ = "billing_entries"
    __table_args__ = (
        UniqueConstraint("company_id", "message_id", "charge_kind"),
        one_of("charge_kind", ChargeKind),
        one_of("channel", Channel),
        Index("billing_entries_usage_month_idx", "company_id", "usage_month"),
    )

    company_id: UUID = company_column()
    id: UUID = id_column()
    message_id: UUID
    charge_kind: ChargeKind = enum_column(ChargeKind)
    channel: Channel | None = optional_enum_column(Channel)
    parts: int
    usage_month: date
    created_at: datetime = time_column(default_now=True)
