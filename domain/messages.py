"""Words for a message: its channel plan, its status and why it ended so (L-2, L-3)."""

from enum import StrEnum


class ChannelPlan(StrEnum):
    """What a campaign sends to each recipient."""

    SMS = "sms"
    RCS = "rcs"
    RCS_WITH_SMS_FALLBACK = "rcs_with_sms_fallback"

    @property
    def starts_with_rcs(self) -> bool:
        """Whether a +Message is tried first."""
        return self is not ChannelPlan.SMS

    @property
    def may_send_sms(self) -> bool:
        """Whether an SMS can go out under this plan."""
        return self is not ChannelPlan.RCS


class MessageStatus(StrEnum):
    """The state of one message; every message ends in exactly one final status (L-3)."""

    ACCEPTED = "accepted"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    CARRIER_UNDETERMINED = "carrier_undetermined"
    EXCLUDED = "excluded"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether the message has ended."""
        return self in FINAL_STATUSES


OPEN_STATUSES = (MessageStatus.ACCEPTED, MessageStatus.SENDING, MessageStatus.SENT)
FINAL_STATUSES = tuple(status for status in MessageStatus if status not in OPEN_STATUSES)


class StatusReason(StrEnum):
    """Why a message was not delivered or not sent."""

    ABSENT = "absent"
    UNKNOWN_SUBSCRIBER = "unknown_subscriber"
    BARRED = "barred"
    REJECTED = "rejected"
    NOT_CAPABLE = "not_capable"
    CAPACITY_EXCEEDED = "capacity_exceeded"
    NETWORK_FAILURE = "network_failure"
    OPTED_OUT = "opted_out"
    RECYCLED = "recycled"
    LOOKUP_FAILED = "lookup_failed"
    DUPLICATE = "duplicate"
    OTHER_CARRIER = "other_carrier"
    CONTENT_INVALID = "content_invalid"
    NO_RECEIPT = "no_receipt"


class FallbackReason(StrEnum):
    """Why the SMS went out instead of the +Message (R-8, R-12)."""

    NOT_CAPABLE = "not_capable"
    NOT_DELIVERED_IN_TIME = "not_delivered_in_time"
    CAPACITY_EXCEEDED = "capacity_exceeded"
    REJECTED = "rejected"
    CARRIER_UNDETERMINED = "carrier_undetermined"
    RCS_UNDELIVERED = "rcs_undelivered"
