"""What happened to one message, event by event, in order (L-2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from domain.carrier_exchange import Capability, ReceiptState
from domain.carriers import Carrier, Channel
from domain.messages import StatusReason
from services.delivery_log import log_row
from services.message_replies import ReceivedMessage


class TimelineKind(StrEnum):
    """What happened."""

    ACCEPTED = "accepted"
    RECYCLING_CHECKED = "recycling_checked"
    CAPABILITY_CHECKED = "capability_checked"
    # To be tried later: the lane, or the pause after an SMS to the same number (S-7, S-8).
    WAITING = "waiting"
    SUBMIT_STARTED = "submit_started"
    SUBMIT_ANSWERED = "submit_answered"
    RECEIPT = "receipt"
    REVOKE_REQUESTED = "revoke_requested"
    READ = "read"
    REPLY = "reply"
    SECOND_MESSAGE = "second_message"
    BILLED = "billed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One event. ``outcome`` is a word of the enumeration that goes with ``kind``:

    ``RecyclingOutcome``, ``Capability``, ``SubmitOutcome``, ``ReceiptState``, ``RevokeOutcome`` (``None``
    while unanswered), ``ReplyOutcome``, ``ChargeKind``, ``MessageStatus`` (of a second message: as it is
    now). ``carrier_code`` is the carrier's own code.
    ``parts``: of the text submitted, charged, or reported on by receipts that say the same.
    """

    at: datetime
    kind: TimelineKind
    channel: Channel | None = None
    carrier: Carrier | None = None
    outcome: str | None = None
    reason: StatusReason | None = None
    carrier_code: str | None = None
    parts: int | None = None


def message_events(row: Row[Any]) -> list[TimelineEvent]:
    """The acceptance, the misdelivery check and the end."""
    events = [TimelineEvent(row.accepted_at, TimelineKind.ACCEPTED)]
    if row.checked_at:
        events.append(
            TimelineEvent(
                row.checked_at,
                TimelineKind.RECYCLING_CHECKED,
                outcome=row.recycling,
                carrier_code=row.recycling_code,
            )
        )
    if row.closed_at:
        line = log_row(row)
        events.append(
            TimelineEvent(
                row.closed_at, TimelineKind.CLOSED, line.channel, line.carrier, line.status, line.reason
            )
        )
    return events


def attempt_events(attempt: Row[Any]) -> list[TimelineEvent]:
    """One try at one carrier: asked, waited, handed over, answered, taken back."""
    where = (Channel(attempt.channel), Carrier(attempt.carrier))
    events = []
    if attempt.capability:
        # Asked and answered before the submit it belongs to.
        events.append(
            TimelineEvent(
                attempt.started_at, TimelineKind.CAPABILITY_CHECKED, *where, outcome=attempt.capability
            )
        )
    if attempt.capability not in (None, Capability.CAPABLE):
        return events  # nothing was submitted
    if attempt.state == "waiting":
        events.append(TimelineEvent(attempt.not_before or attempt.started_at, TimelineKind.WAITING, *where))
    else:
        events.append(
            TimelineEvent(attempt.started_at, TimelineKind.SUBMIT_STARTED, *where, parts=attempt.parts)
        )
    if attempt.ended_at and attempt.outcome:
        events.append(
            TimelineEvent(
                attempt.ended_at,
                TimelineKind.SUBMIT_ANSWERED,
                *where,
                attempt.outcome,
                StatusReason(attempt.reason) if attempt.reason else None,
                attempt.carrier_code,
            )
        )
    if attempt.revoke_requested_at:
        events.append(
            TimelineEvent(
                attempt.revoke_requested_at,
                TimelineKind.REVOKE_REQUESTED,
                *where,
                attempt.revoke_outcome,
            )
        )
    return events


def receipt_events(receipts: Sequence[Row[Any]], attempts: Sequence[Row[Any]]) -> list[TimelineEvent]:
    """One event for what was reported of a message, however many segments it had."""
    events: dict[tuple[Any, ...], TimelineEvent] = {}
    for receipt in receipts:
        same = (receipt.channel, receipt.carrier, receipt.state, receipt.reason, receipt.carrier_code)
        if earlier := events.get(same):
            parts = (earlier.parts or 1) + 1
            events[same] = replace(earlier, at=_reported_at(receipt, attempts), parts=parts)
            continue
        events[same] = TimelineEvent(
            _reported_at(receipt, attempts),
            TimelineKind.READ if receipt.state == ReceiptState.READ else TimelineKind.RECEIPT,
            Channel(receipt.channel),
            Carrier(receipt.carrier),
            receipt.state,
            StatusReason(receipt.reason) if receipt.reason else None,
            receipt.carrier_code,
        )
    return list(events.values())


def _reported_at(receipt: Row[Any], attempts: Sequence[Row[Any]]) -> datetime:
    """When it happened; a carrier's clock of whole seconds or minutes never puts it before the submit."""
    at: datetime = receipt.occurred_at or receipt.received_at
    for attempt in attempts:
        if (attempt.channel, attempt.carrier) == (receipt.channel, receipt.carrier):
            at = max(at, attempt.started_at)
            if attempt.ended_at and attempt.ended_at <= receipt.received_at:
                at = max(at, attempt.ended_at)
    return at


def charge_event(charge: Row[Any]) -> TimelineEvent:
    """A billing entry."""
    return TimelineEvent(
        charge.created_at,
        TimelineKind.BILLED,
        channel_of(charge.channel),
        outcome=charge.charge_kind,
        parts=charge.parts,
    )


def second_events(second: Row[Any] | None, replies: Sequence[ReceivedMessage]) -> list[TimelineEvent]:
    """What the end user answered, what came of it (P-8: also why nothing did), and the second message."""
    events = [
        TimelineEvent(reply.at, TimelineKind.REPLY, reply.channel, reply.carrier, reply.outcome)
        for reply in replies
    ]
    if second:
        line = log_row(second)
        kind = TimelineKind.SECOND_MESSAGE
        events.append(TimelineEvent(line.accepted_at, kind, outcome=line.status, reason=line.reason))
    return events


_ORDER = {kind: index for index, kind in enumerate(TimelineKind)}


def in_order(events: Sequence[TimelineEvent]) -> tuple[TimelineEvent, ...]:
    """By time; what has the same time (carriers report whole seconds) in the order it must have come."""
    return tuple(sorted(events, key=lambda event: (event.at, _ORDER[event.kind])))


def channel_of(value: str | None) -> Channel | None:
    """The channel a column names, if it names one."""
    return Channel(value) if value else None
