"""A message of an end user to a company (L-1, R-5)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from domain.carriers import Carrier, Channel
from domain.follow_ups import ReplyOutcome
from models.columns import (
    company_column,
    enum_column,
    id_column,
    one_of,
    text_column,
    time_column,
)


class InboundMessageRow(SQLModel, table=True):
    """A text or a tap as a carrier handed it over. ``message_id``: the first message it answers, if any;
    its month may have been dropped since.

    ``postback_data`` is the identifier of what was tapped (識別子). ``occurred_at`` is the carrier's time.
    ``carrier_key`` is the carrier's id, or stands for the content where it gives none (SMS): carriers
    repeat what they think was not taken, and the unique key drops the repetition.
    """

    __tablename__ = "inbound_messages"
    __table_args__ = (
        UniqueConstraint("company_id", "channel", "carrier", "carrier_key"),
        one_of("channel", Channel),
        one_of("carrier", Carrier),
        one_of("outcome", ReplyOutcome),
        Index("inbound_messages_message_idx", "company_id", "message_id"),
        Index("inbound_messages_phone_number_idx", "company_id", "phone_number"),
    )

    company_id: UUID = company_column()
    id: UUID = id_column()
    channel: Channel = enum_column(Channel)
    carrier: Carrier = enum_column(Carrier)
    carrier_key: str = text_column()
    phone_number: str = text_column()
    message_id: UUID | None = None
    text: str | None = text_column(default=None, nullable=True)
    postback_data: str | None = text_column(default=None, nullable=True)
    outcome: ReplyOutcome = enum_column(ReplyOutcome)
    occurred_at: datetime | None = time_column()
    received_at: datetime = time_column(default_now=True)
