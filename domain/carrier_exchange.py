"""What passes between the platform and a carrier: dataclass out, dataclass in.

The gateways speak each carrier's protocol and answer in these words; nothing above a gateway
knows SMPP or MaaP.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.carriers import Carrier, Channel
from domain.messages import StatusReason
from domain.rcs_contents import RcsContent

# The longest message id we keep and look up by; a longer one was never given out by a carrier.
LONGEST_MESSAGE_ID = 255


class SubmitOutcome(StrEnum):
    """What is known after a submit. Only the two last leave the way to send again open."""

    ACCEPTED = "accepted"
    WRONG_CARRIER = "wrong_carrier"
    NOT_CAPABLE = "not_capable"
    REJECTED = "rejected"
    CAPACITY_EXCEEDED = "capacity_exceeded"
    # It may have reached the carrier: never sent again, only a receipt can decide it.
    UNKNOWN = "unknown"
    # The carrier said "not now" (ESME_RTHROTTLED, HTTP 429): certainly not accepted.
    THROTTLED = "throttled"
    # It certainly did not leave: connection refused, DNS, TLS, link down before the write.
    NOT_SENT = "not_sent"

    @property
    def may_send_again(self) -> bool:
        """Whether the same submit can be repeated without a risk of sending twice."""
        return self in (SubmitOutcome.THROTTLED, SubmitOutcome.NOT_SENT)


@dataclass(frozen=True, slots=True)
class OutboundSms:
    """One SMS to hand to a carrier.

    ``phone_number`` is national (11 digits); ``text`` is final (variables expanded, NFC);
    ``reference`` (0–65535) joins the segments on the handset and stays the same over retries;
    ``segments`` are the 1-based segments still to be sent, ``None`` for all of them.
    """

    phone_number: str
    text: str
    sender: str
    reference: int
    segments: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class OutboundRcs:
    """One +Message to hand to a carrier.

    ``phone_number`` is national (11 digits). ``content`` is final (variables expanded); a plain text may be
    given as such. ``expires_at`` has a time zone.
    """

    phone_number: str
    bot_id: str
    content: RcsContent | str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """What became of one segment (an RCS message is one segment, number 1).

    ``carrier_code`` is the carrier's own code as received, kept for the trail.
    """

    segment: int
    outcome: SubmitOutcome
    carrier_message_id: str | None = None
    reason: StatusReason | None = None
    carrier_code: str | None = None


class Capability(StrEnum):
    """The answer to "can this number receive a +Message from us?" (R-7)."""

    CAPABLE = "capable"
    NOT_CAPABLE = "not_capable"
    WRONG_CARRIER = "wrong_carrier"
    # No usable answer: the carrier is down or spoke nonsense.
    UNAVAILABLE = "unavailable"


class RevokeOutcome(StrEnum):
    """The answer to a request to discard a +Message (R-8, R-9)."""

    REVOKED = "revoked"
    ALREADY_DELIVERED = "already_delivered"
    FAILED = "failed"


class RecyclingOutcome(StrEnum):
    """Whether a number changed hands since the reference date (M-1)."""

    NOT_RECYCLED = "not_recycled"
    RECYCLED = "recycled"
    LOOKUP_FAILED = "lookup_failed"


class ReceiptState(StrEnum):
    """What a delivery receipt or status event reports."""

    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    WRONG_CARRIER = "wrong_carrier"
    READ = "read"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """A carrier's report on one segment it accepted earlier.

    ``carrier_message_id`` is ``None`` only where the carrier's words could not be read; such a
    receipt is stored and acknowledged, never lost. ``phone_number`` is national and may be absent.
    ``bot_id`` is the official account the carrier names; a message of another company is not theirs to end.
    ``raw`` is the receipt as received, for the service desk.
    """

    channel: Channel
    carrier: Carrier
    carrier_message_id: str | None
    state: ReceiptState
    reason: StatusReason | None = None
    carrier_code: str | None = None
    occurred_at: datetime | None = None
    phone_number: str | None = None
    bot_id: str | None = None
    raw: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A text, reply or tap from an end user. ``postback_data`` is the suggestion's identifier (R-5).

    Whom it is for: ``bot_id`` of a +Message, ``destination`` (the address it was sent to) of an SMS.
    """

    channel: Channel
    carrier: Carrier
    phone_number: str
    bot_id: str | None
    carrier_message_id: str | None
    text: str | None
    postback_data: str | None
    occurred_at: datetime | None
    raw: str = field(default="", repr=False)
    destination: str | None = None
