"""What an attempt's row says about a submit, without asking anybody."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from domain.campaigns import CampaignStatus
from domain.carrier_exchange import ReceiptState, SegmentResult, SubmitOutcome
from domain.delivery import ReceiptNotice, Submission, SubmissionOutcome, SubmitOrder
from domain.messages import MessageStatus, StatusReason
from models.submit_attempt import AttemptState

# One row for each order, in their order: the message, its text, and its attempt at this carrier, if any.
LOAD_SUBMITS = text("""
    SELECT m.id AS message_id, m.company_id, m.phone_number, m.variables, m.status AS message_status,
           c.status AS campaign_status, k.part_table,
           CASE WHEN m.parent_message_id IS NULL
                THEN CASE r.channel WHEN 'sms' THEN c.sms_text ELSE c.rcs_text END
                ELSE CASE r.channel WHEN 'sms' THEN f.sms_text ELSE f.rcs_text END END AS template,
           CASE r.channel WHEN 'sms' THEN s.sender ELSE o.bot_id END AS sender,
           a.id AS attempt_id, a.state, a.body, a.reference, a.outcome, a.reason, a.not_before,
           a.departs_at, a.ended_at,
           a.started_at, a.receipt_state, a.receipt_reason, a.receipt_at, clock_timestamp() AS now,
           d.is_delivered, d.may_arrive_otherwise,
           (SELECT jsonb_agg(to_jsonb(g) ORDER BY g.segment) FROM submit_segments g
            WHERE g.company_id = a.company_id AND g.message_id = a.message_id AND g.attempt_id = a.id)
               AS segments
    FROM unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[]), CAST(:channels AS text[]),
                CAST(:carriers AS text[]))
         WITH ORDINALITY AS r(company_id, message_id, channel, carrier, position)
    JOIN messages m ON m.company_id = r.company_id AND m.id = r.message_id
    JOIN campaigns c ON c.company_id = m.company_id AND c.id = m.campaign_id
    LEFT JOIN follow_ups f ON f.company_id = c.company_id AND f.campaign_id = c.id
    LEFT JOIN LATERAL (SELECT sender FROM sms_accounts WHERE company_id = m.company_id ORDER BY id LIMIT 1) s
        ON true
    LEFT JOIN LATERAL (
        SELECT bot_id FROM official_accounts WHERE company_id = m.company_id ORDER BY id LIMIT 1
    ) o ON true
    LEFT JOIN LATERAL (
        SELECT part_table FROM contracts WHERE company_id = m.company_id
        AND valid_from <= (m.accepted_at AT TIME ZONE 'Asia/Tokyo')::date ORDER BY valid_from DESC LIMIT 1
    ) k ON true
    LEFT JOIN submit_attempts a ON a.company_id = m.company_id AND a.message_id = m.id
        AND a.channel = r.channel AND a.carrier = r.carrier AND a.number = 1
    LEFT JOIN LATERAL (
        -- The last guard: an SMS that may have left is not followed by another, nor by a +Message, unless its
        -- carrier disowns it; whatever order of carriers a workflow that begins anew was given.
        SELECT bool_or(t.receipt_state = 'delivered') IS TRUE AS is_delivered,
               bool_or(t.channel IN ('sms', r.channel) AND (t.channel, t.carrier) <> (r.channel, r.carrier)
                       AND t.state IN ('accepted', 'unknown', 'in_flight')
                       AND t.receipt_state IS DISTINCT FROM 'wrong_carrier') IS TRUE AS may_arrive_otherwise
        FROM submit_attempts t WHERE t.company_id = m.company_id AND t.message_id = m.id
    ) d ON true
    ORDER BY r.position
    -- Orders this submit against a cancel: either it sees the cancel, or the cancel waits for its commit.
    FOR SHARE OF c
""")


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
