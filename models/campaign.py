"""A campaign (案件) and its one row of counters."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from domain.campaigns import CampaignStatus
from domain.messages import ChannelPlan
from models.columns import (
    company_column,
    counter_column,
    enum_column,
    id_column,
    one_of,
    owned_by,
    parent_company_column,
    text_column,
    time_column,
)


class Campaign(SQLModel, table=True):
    """What is sent, when and under which options (P-9).

    ``send_at`` empty means now. ``carriers`` empty means all (P-4). A row in status ``registered``
    is the outbox: whatever has no workflow yet is started by a sweep. ``request_key`` makes a
    repeated request (double click, retried POST) find the first campaign; ``request_hash`` tells
    a repetition from a different request under the same key. ``version`` grows with every change, so that
    whoever saves what was shown before it is told. ``typed`` are the fields of a draft's steps, as they were
    typed, where its content cannot hold them; ``unread`` those that must be mended before a send.
    """

    __tablename__ = "campaigns"
    __table_args__ = (
        one_of("channel_plan", ChannelPlan),
        one_of("status", CampaignStatus),
        owned_by("recipient_uploads", "upload_id"),
        owned_by("company_users", "created_by_user_id"),
        Index("campaigns_request_key_key", "company_id", "request_key", unique=True),
        Index(
            "campaigns_open_idx",
            "registered_at",
            postgresql_where=text("status IN ('registered', 'sending')"),
        ),
    )

    company_id: UUID = company_column()
    id: UUID = id_column()
    name: str = text_column()
    channel_plan: ChannelPlan = enum_column(ChannelPlan)
    sms_text: str | None = text_column(default=None, nullable=True)
    rcs_text: str | None = text_column(default=None, nullable=True)
    upload_id: UUID | None = None
    send_at: datetime | None = time_column()
    carriers: list[str] | None = Field(default=None, sa_type=ARRAY(Text))
    exclude_opt_outs: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    recycling_reference_on: date | None = None
    status: CampaignStatus = enum_column(CampaignStatus, default=CampaignStatus.DRAFT)
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    typed: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        sa_type=JSONB,
        sa_column_kwargs={"server_default": text("'{}'"), "nullable": False},
    )
    unread: list[str] = Field(
        default_factory=list,
        sa_type=ARRAY(Text),
        sa_column_kwargs={"server_default": text("'{}'"), "nullable": False},
    )
    created_by_user_id: UUID | None = None
    request_key: str | None = text_column(default=None, nullable=True)
    request_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: datetime = time_column(default_now=True)
    registered_at: datetime | None = time_column()
    frozen_at: datetime | None = time_column()
    started_at: datetime | None = time_column()
    fed_at: datetime | None = time_column()
    completed_at: datetime | None = time_column()
    cancelled_at: datetime | None = time_column()


class CampaignCounters(SQLModel, table=True):
    """The numbers pages show, kept in the transactions that change messages, never counted anew.

    ``sequence`` 1 is a campaign's first messages; 2, its second ones, is there if it has a follow-up and
    its ``total`` grows as they are set off. ``submitted`` counts messages a carrier accepted at least
    once; the others count final statuses.
    """

    __tablename__ = "campaign_counters"
    __table_args__ = (owned_by("campaigns", "campaign_id"),)

    company_id: UUID = parent_company_column()
    campaign_id: UUID = Field(primary_key=True)
    sequence: int = Field(default=1, primary_key=True, sa_column_kwargs={"server_default": text("1")})
    total: int = counter_column()
    submitted: int = counter_column()
    delivered: int = counter_column()
    undelivered: int = counter_column()
    expired: int = counter_column()
    carrier_undetermined: int = counter_column()
    excluded: int = counter_column()
    cancelled: int = counter_column()
    unknown: int = counter_column()
    read: int = counter_column()
    billable_parts: int = counter_column()
