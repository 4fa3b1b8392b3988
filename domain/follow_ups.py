"""The second message of a campaign: what sets it off, what it says, how long a reply counts (P-7, P-8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.carriers import Channel
from domain.messages import ChannelPlan

# As far back as the log reaches (L-1): what can no longer be looked up is not answered either.
MAX_VALID_HOURS = 24 * 90

FIRST_MESSAGE, SECOND_MESSAGE = 1, 2
"""Which message of a campaign to one recipient it is: the two are counted apart."""


class FollowUpTrigger(StrEnum):
    """What makes the second message of one recipient go out."""

    # 連続配信: the first message arrived (P-7).
    DELIVERED = "delivered"
    # 自動返信: the end user answered the first message (P-8).
    REPLY = "reply"


class ReplyOutcome(StrEnum):
    """What a message of an end user led to."""

    SECOND_MESSAGE = "second_message"
    # After the time in which an answer gets a second message (P-8).
    TOO_LATE = "too_late"
    ALREADY_ANSWERED = "already_answered"
    NO_FOLLOW_UP = "no_follow_up"
    # The company has sent this number nothing on this channel that it could be an answer to.
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A campaign's second message. ``valid_for_hours`` of a reply: from the delivery; ``None``: no limit."""

    trigger: FollowUpTrigger
    sms_text: str | None = None
    rcs_text: str | None = None
    valid_for_hours: int | None = None

    def texts(self, plan: ChannelPlan) -> dict[Channel, str]:
        """The texts that can be sent under the campaign's plan."""
        texts = {}
        if plan.starts_with_rcs:
            texts[Channel.RCS] = self.rcs_text or ""
        if plan.may_send_sms:
            texts[Channel.SMS] = self.sms_text or ""
        return texts


def is_in_time(valid_for_hours: int | None, delivered_at: datetime | None, replied_at: datetime) -> bool:
    """Whether a reply gets its second message (P-8). One that overtakes the delivery's report does."""
    if valid_for_hours is None or delivered_at is None:
        return True
    return replied_at <= delivered_at + timedelta(hours=valid_for_hours)


def plan_of_second(plan: ChannelPlan, arrived_by: Channel | None) -> ChannelPlan:
    """Return how the second message goes: the way the first one came, so that both stand together.

    A handset that got an SMS in place of the +Message is not asked for +Message again.
    """
    return ChannelPlan.SMS if arrived_by is Channel.SMS else plan
