"""What passes into, between and out of the steps of one delivery. Ids and flags only, no personal data."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.carrier_exchange import ReceiptState, SubmitOutcome
from domain.carriers import Carrier, Channel
from domain.messages import ChannelPlan, FallbackReason, MessageStatus, StatusReason
from domain.number_spacing import NUMBER_PAUSE


@dataclass(frozen=True, kw_only=True)
class WaitingTimes:
    """How long a message waits for its delivery, in seconds. By keyword only: five alike, easily mistaken.

    ``fallback_after``: from the submit of a +Message to the SMS in its place (R-8);
    ``expires_after``: from the submit to giving up (R-9, S-9);
    ``number_pause``: from the arrival of an SMS to the next to that number, at carriers that want one (S-8);
    ``carrier_call``: from the start of a call to a carrier to giving the call up;
    ``carrier_silence``: from the last sign of life of a call to taking its worker for lost.
    """

    fallback_after: float = timedelta(minutes=10).total_seconds()
    expires_after: float = timedelta(hours=72).total_seconds()
    # Longer than any gateway's own limits, so that the answer is on record before a retry begins.
    carrier_call: float = timedelta(minutes=2).total_seconds()
    # Five signs of life: a worker that is merely starved is not taken for a dead one.
    carrier_silence: float = timedelta(seconds=20).total_seconds()
    number_pause: float = NUMBER_PAUSE.total_seconds()


@dataclass(frozen=True, slots=True)
class DeliveryOrder:
    """The input of one message's workflow.

    ``carriers`` is the order of guesses: all carriers, or those the campaign is restricted to
    (``is_restricted``, P-4). ``not_before`` is the message's slot in
    the company's lane. ``priority`` is Temporal's: 1 first, 5 last.
    """

    company_id: UUID
    campaign_id: UUID
    message_id: UUID
    plan: ChannelPlan
    carriers: tuple[Carrier, ...]
    is_restricted: bool = False
    not_before: datetime | None = None
    checks_recycling: bool = False
    priority: int = 3
    waiting: WaitingTimes = field(default_factory=WaitingTimes)


class SubmissionOutcome(StrEnum):
    """What a submit came to, as far as the flow of the delivery needs to know."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    WRONG_CARRIER = "wrong_carrier"
    NOT_CAPABLE = "not_capable"
    REJECTED = "rejected"
    CAPACITY_EXCEEDED = "capacity_exceeded"
    # The message was cancelled before anything left; nothing was or will be sent.
    WITHDRAWN = "withdrawn"

    @classmethod
    def of(cls, outcome: SubmitOutcome) -> "SubmissionOutcome":
        """Translate a finished submit; ``ValueError`` for one that is still to be repeated."""
        return cls(outcome.value)


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """Hand one message to one carrier on one channel.

    ``reserves_slot``: an earlier submit of this message used up its slot in the company's lane, so
    this one takes a new slot. ``capacity_is_final``: a full carrier is an answer (there is an SMS
    to fall back on), not a reason to try again later.
    """

    company_id: UUID
    message_id: UUID
    channel: Channel
    carrier: Carrier
    not_before: datetime | None = None
    reserves_slot: bool = False
    capacity_is_final: bool = False
    expires_after: float = WaitingTimes.expires_after
    number_pause: float = WaitingTimes.number_pause


@dataclass(frozen=True, slots=True)
class ReceiptNotice:
    """A carrier's final word on a submitted message, sent to its workflow as a signal."""

    channel: Channel
    carrier: Carrier
    state: ReceiptState
    reason: StatusReason | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """The answer to a ``SubmitOrder``; ``receipt`` when the carrier's final word is already there."""

    outcome: SubmissionOutcome
    submitted_at: datetime
    reason: StatusReason | None = None
    receipt: ReceiptNotice | None = None


@dataclass(frozen=True, slots=True)
class RevokeOrder:
    """Ask a carrier to discard a +Message it has not delivered yet."""

    company_id: UUID
    message_id: UUID
    carrier: Carrier


@dataclass(frozen=True, slots=True)
class RecyclingOrder:
    """Ask the directory whether the number changed hands since the campaign's reference date."""

    company_id: UUID
    message_id: UUID


@dataclass(frozen=True, slots=True)
class MessageClosing:
    """How a message ended; written once, with its charge, by ``close_message``."""

    company_id: UUID
    message_id: UUID
    status: MessageStatus
    reason: StatusReason | None = None
    channel: Channel | None = None
    carrier: Carrier | None = None
    fallback_reason: FallbackReason | None = None
    delivered_at: datetime | None = None
    # The first guess was wrong: worth remembering which carrier the number really has.
    carrier_learned: bool = False


@dataclass(frozen=True, slots=True)
class CampaignOrder:
    """The input of a campaign's workflow; everything else is read from the database."""

    company_id: UUID
    campaign_id: UUID
    fed_up_to: UUID | None = None


@dataclass(frozen=True, slots=True)
class CampaignSchedule:
    """When a campaign freezes its recipients and begins. ``None``: there is nothing (more) to send."""

    freeze_at: datetime
    send_at: datetime
    is_frozen: bool


@dataclass(frozen=True, slots=True)
class FeedOrder:
    """Start the messages of a campaign after ``fed_up_to``, at most ``limit`` of them."""

    company_id: UUID
    campaign_id: UUID
    fed_up_to: UUID | None
    limit: int


@dataclass(frozen=True, slots=True)
class FeedProgress:
    """How far a feed has come; ``finished`` when no message is left to start."""

    fed_up_to: UUID | None
    started: int
    finished: bool
