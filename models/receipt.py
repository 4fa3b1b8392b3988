"""The inbox of carrier reports: committed first, then acknowledged, then applied."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier, Channel
from domain.messages import StatusReason
from models.columns import enum_column, id_column, one_of, optional_enum_column, text_column, time_column


class Receipt(SQLModel, table=True):
    """A report as it came from a carrier; not yet any company's until it is matched.

    ``company_id``/``message_id`` appear when the submit it belongs to is known (it can arrive
    first); ``company_id`` earlier if the carrier named an official account, and then only that company's
    messages can be meant. ``applied_at`` when nothing is left to do for it. The unique key drops duplicates;
    of what cannot be read, ``times_received`` counts them.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("carrier_message_id", "carrier", "channel", "state"),
        one_of("channel", Channel),
        one_of("carrier", Carrier),
        one_of("state", ReceiptState),
        one_of("reason", StatusReason),
        Index("receipts_message_idx", "company_id", "message_id"),
        # What cannot be read has no id: one row for each text.
        Index(
            "receipts_unreadable_key",
            "carrier",
            "channel",
            text("md5(raw)"),
            unique=True,
            postgresql_where=text("carrier_message_id IS NULL"),
        ),
        Index(
            "receipts_unreadable_idx",
            "carrier",
            "channel",
            "received_at",
            postgresql_where=text("carrier_message_id IS NULL"),
        ),
        Index("receipts_open_idx", "received_at", postgresql_where=text("applied_at IS NULL")),
    )

    id: UUID = id_column()
    channel: Channel = enum_column(Channel)
    carrier: Carrier = enum_column(Carrier)
    carrier_message_id: str | None = text_column(default=None, nullable=True)
    state: ReceiptState = enum_column(ReceiptState)
    reason: StatusReason | None = optional_enum_column(StatusReason)
    carrier_code: str | None = text_column(default=None, nullable=True)
    occurred_at: datetime | None = time_column()
    phone_number: str | None = text_column(default=None, nullable=True)
    raw: str = text_column()
    received_at: datetime = time_column(default_now=True)
    times_received: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    company_id: UUID | None = None
    message_id: UUID | None = None
    applied_at: datetime | None = time_column()
