"""What the API answers: the shapes, and how the services' results become them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from domain.campaigns import CampaignStatus
from domain.carriers import Carrier, Channel
from domain.messages import ChannelPlan, FallbackReason, MessageStatus, StatusReason
from services.campaign_reports import CampaignRow, CampaignView
from services.delivery_log import LogRow


class RejectionReason(StrEnum):
    """Why a recipient was left out."""

    NUMBER_EMPTY = "number_empty"
    NUMBER_NOT_A_NUMBER = "number_not_a_number"
    NUMBER_ROUNDED = "number_rounded"
    NUMBER_WRONG_LENGTH = "number_wrong_length"
    NUMBER_NOT_MOBILE = "number_not_mobile"
    NUMBER_MACHINE = "number_machine"
    NUMBER_FOREIGN = "number_foreign"
    DUPLICATE = "duplicate"
    MISSING_VARIABLE = "missing_variable"
    TOO_LONG = "too_long"


class RejectedRecipient(BaseModel):
    """A recipient that gets no message: its position from 1, and its number as given."""

    row: Annotated[int, Field(examples=[3])]
    phone_number: Annotated[str, Field(examples=["03-1234-5678"])]
    reason: RejectionReason


class RegisteredCampaign(BaseModel):
    """A campaign was registered: ``accepted`` messages, without the ``rejected`` recipients."""

    id: UUID
    status: Annotated[CampaignStatus, Field(examples=["registered"])]
    accepted: Annotated[int, Field(examples=[2])]
    rejected: list[RejectedRecipient]


class CampaignCounters(BaseModel):
    """Messages of a campaign.

    ``submitted``: accepted by a carrier at least once. ``read`` is part of the delivered ones. The others
    count final statuses, which together reach ``total`` when the campaign is completed.
    """

    total: int
    submitted: int
    delivered: int
    undelivered: int
    expired: int
    carrier_undetermined: int
    excluded: int
    cancelled: int
    unknown: int
    read: int
    billable_parts: int


class CampaignSummary(BaseModel):
    """A campaign in a list."""

    id: UUID
    name: str
    channel: ChannelPlan
    status: CampaignStatus
    send_at: datetime | None
    created_at: datetime
    registered_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    counters: CampaignCounters


class CampaignDetail(CampaignSummary):
    """A campaign with its content."""

    sms_text: str | None
    rcs_text: str | None
    carriers: list[Carrier] | None
    exclude_opt_outs: bool


class CampaignPage(BaseModel):
    """Campaigns, newest first; ``next_cursor`` is null on the last page."""

    items: list[CampaignSummary]
    next_cursor: str | None


class CancelledCampaign(BaseModel):
    """A campaign was cancelled; messages already handed over to a carrier still arrive."""

    id: UUID
    status: Annotated[CampaignStatus, Field(examples=["cancelled"])]
    cancelled: Annotated[int, Field(examples=[120])]
    already_handed_over: Annotated[int, Field(examples=[80])]


class MessageItem(BaseModel):
    """A message. ``channel`` and ``carrier`` are those finally used, null before the first submit.

    ``parts`` are the billable parts of what was sent.
    """

    id: UUID
    phone_number: Annotated[str, Field(description="国内表記の数字のみ。", examples=["09012345678"])]
    channel: Channel | None
    carrier: Carrier | None
    status: MessageStatus
    reason: StatusReason | None
    parts: int | None
    accepted_at: datetime
    submitted_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    closed_at: datetime | None


class MessageDetail(MessageItem):
    """A message with where it belongs to and why the SMS went out instead of the +Message."""

    campaign_id: UUID
    row: Annotated[int, Field(description="宛先の位置(1から)。ファイルの場合は行番号。")]
    fallback_reason: FallbackReason | None


class MessagePage(BaseModel):
    """Messages in the order of the recipients; ``next_cursor`` is null on the last page."""

    items: list[MessageItem]
    next_cursor: str | None


def campaign_summary(row: CampaignRow) -> CampaignSummary:
    """Return a line of the list."""
    return CampaignSummary(**_summary_fields(row))


def campaign_detail(view: CampaignView) -> CampaignDetail:
    """Return one campaign."""
    content = view.content
    return CampaignDetail(
        **_summary_fields(view.row),
        sms_text=content.sms_text,
        rcs_text=content.rcs_text,
        carriers=None if content.carriers is None else list(content.carriers),
        exclude_opt_outs=content.exclude_opt_outs,
    )


def message_item(row: LogRow) -> MessageItem:
    """Return a line of the log."""
    return MessageItem(**_message_fields(row))


def message_answer(row: LogRow) -> MessageDetail:
    """Return one message."""
    return MessageDetail(
        **_message_fields(row),
        campaign_id=row.campaign_id,
        row=row.row_number,
        fallback_reason=row.fallback_reason,
    )


def _summary_fields(row: CampaignRow) -> dict[str, object]:
    counters = {name: getattr(row.counters, name) for name in CampaignCounters.model_fields}
    same = ("id", "name", "status", "send_at", "created_at", "registered_at", "started_at")
    fields = {name: getattr(row, name) for name in (*same, "completed_at", "cancelled_at")}
    return {**fields, "channel": row.channel_plan, "counters": CampaignCounters(**counters)}


def _message_fields(row: LogRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in MessageItem.model_fields}
