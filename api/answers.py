"""What the API answers: the shapes, and how the services' results become them."""

from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from api.moments import Moment
from domain.campaigns import CampaignStatus
from domain.carriers import Carrier, Channel
from domain.follow_ups import FollowUpTrigger, ReplyOutcome
from domain.messages import ChannelPlan, FallbackReason, MessageStatus, StatusReason
from services import message_details
from services.campaign_reports import CampaignRow, CampaignView, Counters
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
    UNSHOWABLE_CHARACTER = "unshowable_character"


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


class FollowUpAnswer(BaseModel):
    """The second message of a campaign."""

    trigger: FollowUpTrigger
    sms_text: str | None
    rcs_text: str | None
    valid_for_hours: int | None


class CampaignSummary(BaseModel):
    """A campaign in a list."""

    id: UUID
    name: str
    channel: ChannelPlan
    status: CampaignStatus
    send_at: Moment | None
    created_at: Moment
    registered_at: Moment | None
    started_at: Moment | None
    completed_at: Moment | None
    cancelled_at: Moment | None
    counters: CampaignCounters


class CampaignDetail(CampaignSummary):
    """A campaign with its content.

    ``counters`` are of the first messages, which complete the campaign. ``second_counters`` are of the
    second ones, whose ``total`` grows as they are set off; null without a follow-up.
    """

    sms_text: str | None
    rcs_text: str | None
    carriers: list[Carrier] | None
    exclude_opt_outs: bool
    recycling_reference_on: date | None
    follow_up: FollowUpAnswer | None
    second_counters: CampaignCounters | None


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

    ``parts`` are the billable parts of what was sent. ``parent_id``: of a second message, the first one.
    """

    id: UUID
    parent_id: UUID | None
    phone_number: Annotated[str, Field(description="国内表記の数字のみ。", examples=["09012345678"])]
    channel: Channel | None
    carrier: Carrier | None
    status: MessageStatus
    reason: StatusReason | None
    parts: int | None
    accepted_at: Moment
    submitted_at: Moment | None
    delivered_at: Moment | None
    read_at: Moment | None
    closed_at: Moment | None


class Reply(BaseModel):
    """What the recipient answered; ``postback_data`` is the identifier of a button that was tapped."""

    received_at: Moment
    channel: Channel
    text: str | None
    postback_data: str | None
    outcome: Annotated[ReplyOutcome, Field(description="この返信で2通目を送るか、送らない理由。")]


class MessageDetail(MessageItem):
    """A message with where it belongs to, why the SMS went out instead of the +Message, and its answers."""

    campaign_id: UUID
    row: Annotated[int, Field(description="宛先の位置(1から)。ファイルの場合は行番号。")]
    fallback_reason: FallbackReason | None
    second_message_id: Annotated[UUID | None, Field(description="このメッセージに続く2通目。")]
    replies: list[Reply]


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
        recycling_reference_on=content.recycling_reference_on,
        follow_up=FollowUpAnswer(**asdict(content.follow_up)) if content.follow_up else None,
        second_counters=_counters(view.second_counters) if view.second_counters else None,
    )


def message_item(row: LogRow) -> MessageItem:
    """Return a line of the log."""
    return MessageItem(**_message_fields(row))


def message_answer(detail: message_details.MessageDetail) -> MessageDetail:
    """Return one message."""
    row = detail.row
    return MessageDetail(
        **_message_fields(row),
        campaign_id=row.campaign_id,
        row=row.row_number,
        fallback_reason=row.fallback_reason,
        second_message_id=detail.second.id if detail.second else None,
        replies=[
            Reply(
                received_at=reply.at,
                channel=reply.channel,
                text=reply.text,
                postback_data=reply.postback_data,
                outcome=reply.outcome,
            )
            for reply in detail.replies
        ],
    )


def _summary_fields(row: CampaignRow) -> dict[str, object]:
    same = ("id", "name", "status", "send_at", "created_at", "registered_at", "started_at")
    fields = {name: getattr(row, name) for name in (*same, "completed_at", "cancelled_at")}
    return {**fields, "channel": row.channel_plan, "counters": _counters(row.counters)}


def _counters(counters: Counters) -> CampaignCounters:
    return CampaignCounters(**{name: getattr(counters, name) for name in CampaignCounters.model_fields})


def _message_fields(row: LogRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in MessageItem.model_fields}
