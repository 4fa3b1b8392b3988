"""What an attempt's row says about a submit, without asking anybody."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from domain.campaigns import CampaignStatus
from domain.carrier_exchange import ReceiptState, SegmentResult, SubmitOutcome
from domain.delivery import ReceiptNotice, Submission, SubmissionOutcome, SubmitOrder
from domain.messages import MessageStatus, StatusReason
from models.submit_attempt import AttemptState


def is_withdrawn(row: Row[Any]) -> bool:
    """Whether the message was cancelled, closed or delivered; what has partly left is sent to its end.

    A delivery may be on record and not be known to the workflow yet: nothing follows it (R-8).
    """
    if MessageStatus(row.message_status).is_final or row.is_delivered:
        return True
    has_left = any(
        r.outcome in (SubmitOutcome.ACCEPTED, SubmitOutcome.UNKNOWN) for r in answered_segments(row)
    )
    return row.campaign_status == CampaignStatus.CANCELLED and not has_left


def answered_segments(row: Row[Any]) -> tuple[SegmentResult, ...]:
    """What the carrier said in earlier tries to the segments that are not sent again."""
    results = (
        SegmentResult(
            s["segment"],
            SubmitOutcome(s["outcome"]),
            s["carrier_message_id"],
            carrier_code=s["carrier_code"],
        )
        for s in row.segments or ()
    )
    return tuple(result for result in results if not result.outcome.may_send_again)


def known_answer(order: SubmitOrder, row: Row[Any]) -> Submission:
    """Answer from the record: never a second call for what may have left."""
    at: datetime = row.ended_at or row.started_at
    if row.state in (AttemptState.IN_FLIGHT, AttemptState.UNKNOWN):
        outcome = SubmissionOutcome.UNKNOWN
    else:
        outcome = SubmissionOutcome.of(SubmitOutcome(row.outcome))
    receipt = None
    if row.receipt_state is not None:
        receipt = ReceiptNotice(
            order.channel,
            order.carrier,
            ReceiptState(row.receipt_state),
            StatusReason(row.receipt_reason) if row.receipt_reason else None,
            row.receipt_at,
        )
    reason = StatusReason(row.reason) if row.reason else None
    return Submission(outcome, at, reason, receipt)
