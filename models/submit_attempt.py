"""Each try to hand a message to a carrier, written down before the carrier is called."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.carrier_exchange import Capability, ReceiptState, RevokeOutcome, SubmitOutcome
from domain.carriers import Carrier, Channel
from domain.messages import StatusReason
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


class AttemptState(StrEnum):
    """``IN_FLIGHT`` from before the call until its answer is on record."""

    WAITING = "waiting"
    IN_FLIGHT = "in_flight"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class SubmitAttempt(SQLModel, table=True):
    """One message on one channel at one carrier; the unique key is what prevents sending twice.

    ``body`` is the text exactly as submitted, ``parts`` what the contract's table counts for it,
    ``reference`` the number that joins the segments on the handset.
    ``WAITING`` means: certainly not with the carrier, to be (re)tried not before ``not_before`` (its slot in
    the company's lane) and ``departs_at`` (the departure it has taken).
    """

    __tablename__ = "submit_attempts"
    __table_args__ = (
        owned_by("messages", "message_id"),
        UniqueConstraint(
            "company_id", "message_id", "channel", "carrier", "number", name="submit_attempts_once_key"
        ),
        one_of("channel", Channel),
        one_of("carrier", Carrier),
        one_of("state", AttemptState),
        one_of("outcome", SubmitOutcome),
        one_of("reason", StatusReason),
        one_of("capability", Capability),
        one_of("receipt_state", ReceiptState),
        one_of("receipt_reason", StatusReason),
        one_of("revoke_outcome", RevokeOutcome),
        # For the sweep and the age of the oldest: those in flight are few at any time.
        Index("submit_attempts_in_flight_idx", "started_at", postgresql_where=text("state = 'in_flight'")),
        by_month_of("message_id"),
    )

    company_id: UUID = parent_company_column()
    message_id: UUID = Field(primary_key=True)
    id: UUID = id_column()
    channel: Channel = enum_column(Channel)
    carrier: Carrier = enum_column(Carrier)
    number: int = Field(default=1)
    state: AttemptState = enum_column(AttemptState)
    body: str = text_column()
    parts: int
    reference: int
    not_before: datetime | None = time_column()
    departs_at: datetime | None = time_column()
    capability: Capability | None = optional_enum_column(Capability)
    outcome: SubmitOutcome | None = optional_enum_column(SubmitOutcome)
    reason: StatusReason | None = optional_enum_column(StatusReason)
    carrier_code: str | None = text_column(default=None, nullable=True)
    started_at: datetime = time_column(default_now=True)
    ended_at: datetime | None = time_column()
    receipt_state: ReceiptState | None = optional_enum_column(ReceiptState)
    receipt_reason: StatusReason | None = optional_enum_column(StatusReason)
    receipt_at: datetime | None = time_column()
    revoke_requested_at: datetime | None = time_column()
    revoke_outcome: RevokeOutcome | None = optional_enum_column(RevokeOutcome)


class SubmitSegment(SQLModel, table=True):
    """One segment the carrier answered, and the receipt that came for it."""

    __tablename__ = "submit_segments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["company_id", "message_id", "attempt_id"],
            ["submit_attempts.company_id", "submit_attempts.message_id", "submit_attempts.id"],
        ),
        one_of("channel", Channel),
        one_of("carrier", Carrier),
        one_of("outcome", SubmitOutcome),
        one_of("receipt_state", ReceiptState),
        one_of("receipt_reason", StatusReason),
        Index("submit_segments_carrier_message_id_idx", "carrier_message_id", "carrier", "channel"),
        by_month_of("message_id"),
    )

    company_id: UUID = parent_company_column()
    message_id: UUID = Field(primary_key=True)
    attempt_id: UUID = Field(primary_key=True)
    segment: int = Field(primary_key=True)
    channel: Channel = enum_column(Channel)
    carrier: Carrier = enum_column(Carrier)
    outcome: SubmitOutcome = enum_column(SubmitOutcome)
    carrier_message_id: str | None = text_column(default=None, nullable=True)
    carrier_code: str | None = text_column(default=None, nullable=True)
    receipt_state: ReceiptState | None = optional_enum_column(ReceiptState)
    receipt_reason: StatusReason | None = optional_enum_column(StatusReason)
    receipt_at: datetime | None = time_column()
