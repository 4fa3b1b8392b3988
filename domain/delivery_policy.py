"""How an answer or a receipt ends a message, and which endings an SMS may still turn round."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier, Channel
from domain.delivery import MessageClosing, ReceiptNotice, Submission, SubmissionOutcome
from domain.messages import FallbackReason, MessageStatus, StatusReason


@dataclass(frozen=True, slots=True)
class Ending:
    """How a message would end if nothing else were tried."""

    status: MessageStatus
    reason: StatusReason | None = None
    channel: Channel | None = None
    carrier: Carrier | None = None
    delivered_at: datetime | None = None


_REASON_OF_REFUSAL = {
    SubmissionOutcome.NOT_CAPABLE: StatusReason.NOT_CAPABLE,
    SubmissionOutcome.CAPACITY_EXCEEDED: StatusReason.CAPACITY_EXCEEDED,
    SubmissionOutcome.REJECTED: StatusReason.REJECTED,
}

_STATUS_OF_RECEIPT = {
    ReceiptState.DELIVERED: MessageStatus.DELIVERED,
    ReceiptState.UNDELIVERED: MessageStatus.UNDELIVERED,
    ReceiptState.REVOKED: MessageStatus.EXPIRED,
    ReceiptState.UNKNOWN: MessageStatus.UNKNOWN,
    ReceiptState.WRONG_CARRIER: MessageStatus.CARRIER_UNDETERMINED,
}

_FALLBACK_OF_REASON = {
    StatusReason.NOT_CAPABLE: FallbackReason.NOT_CAPABLE,
    StatusReason.CAPACITY_EXCEEDED: FallbackReason.CAPACITY_EXCEEDED,
}

_FALLBACK_OF_STATUS = {
    MessageStatus.EXPIRED: FallbackReason.NOT_DELIVERED_IN_TIME,
    MessageStatus.CARRIER_UNDETERMINED: FallbackReason.CARRIER_UNDETERMINED,
    MessageStatus.UNKNOWN: FallbackReason.NOT_DELIVERED_IN_TIME,
}

# A recipient who refuses the sender, or a message the platform refuses, is refused by SMS as well.
_LAST_WORDS = frozenset({StatusReason.BARRED, StatusReason.REJECTED})


def ending_of_refusal(submission: Submission, channel: Channel, carrier: Carrier) -> Ending:
    """Return how a message ends that the carrier did not take (or that was withdrawn before)."""
    if submission.outcome is SubmissionOutcome.WITHDRAWN:
        return Ending(MessageStatus.CANCELLED)
    if submission.outcome is SubmissionOutcome.WRONG_CARRIER:
        return Ending(MessageStatus.CARRIER_UNDETERMINED, channel=channel, carrier=carrier)
    reason = submission.reason or _REASON_OF_REFUSAL[submission.outcome]
    return Ending(MessageStatus.UNDELIVERED, reason, channel, carrier)


def ending_of_receipt(receipt: ReceiptNotice, now: datetime) -> Ending:
    """Return how a message ends by its carrier's final word; ``now`` stands in for a missing time."""
    delivered = receipt.state is ReceiptState.DELIVERED
    return Ending(
        _STATUS_OF_RECEIPT[receipt.state],
        receipt.reason,
        receipt.channel,
        receipt.carrier,
        (receipt.occurred_at or now) if delivered else None,
    )


def overruling(closing: MessageClosing, receipts: Sequence[ReceiptNotice]) -> ReceiptNotice | None:
    """Return the carrier's word on record that forbids a message to end so; ``None``: it may (I2, B-7).

    A delivery forbids every other end, the earliest one first. Time that ran out is no end for what its
    carrier has decided: the word counts, however late it is read.
    """
    if closing.status is MessageStatus.DELIVERED:
        return None
    if delivered := [receipt for receipt in receipts if receipt.state is ReceiptState.DELIVERED]:
        return min(delivered, key=lambda receipt: (receipt.occurred_at is None, receipt.occurred_at))
    ran_out = closing.status is MessageStatus.EXPIRED or closing.reason is StatusReason.NO_RECEIPT
    own = (r for r in receipts if (r.channel, r.carrier) == (closing.channel, closing.carrier))
    return next((r for r in own if ran_out and _STATUS_OF_RECEIPT.get(r.state) is not closing.status), None)


def fallback_reason_of(ending: Ending) -> FallbackReason | None:
    """Return why an SMS takes over from a +Message that would end so; ``None``: it must not (R-8, R-12)."""
    if ending.reason is StatusReason.OTHER_CARRIER:
        # None of the chosen carriers took the +Message; one without +Message may take the SMS (P-4, R-6).
        return FallbackReason.CARRIER_UNDETERMINED
    if ending.status in _FALLBACK_OF_STATUS:
        return _FALLBACK_OF_STATUS[ending.status]
    if ending.status is not MessageStatus.UNDELIVERED or ending.reason in _LAST_WORDS:
        return None
    if ending.reason in _FALLBACK_OF_REASON:
        return _FALLBACK_OF_REASON[ending.reason]
    return FallbackReason.RCS_UNDELIVERED
