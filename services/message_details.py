"""One message with everything that happened to it, in order (L-2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.billing import ChargeKind
from domain.callers import Caller
from domain.carrier_exchange import Capability, ReceiptState, RecyclingOutcome
from domain.carriers import Carrier, Channel
from domain.message_parts import count_characters
from domain.messages import ChannelPlan, StatusReason
from domain.templates import MalformedTemplate, MissingVariables, parse_template
from services.delivery_log import LOG_COLUMNS, LogRow, log_row


class MessageNotFound(LookupError):
    """The company has no message with this id; whether another company has one is not told."""


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
    BILLED = "billed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One event. ``outcome`` is a word of the enumeration that goes with ``kind``:

    ``RecyclingOutcome``, ``Capability``, ``SubmitOutcome``, ``ReceiptState``, ``RevokeOutcome`` (``None``
    while unanswered), ``ChargeKind``, ``MessageStatus``. ``carrier_code`` is the carrier's own code.
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


@dataclass(frozen=True, slots=True)
class MessageCharge:
    """A billing entry: parts charged and the first day of its usage month."""

    kind: ChargeKind
    channel: Channel | None
    parts: int
    usage_month: Any


@dataclass(frozen=True, slots=True)
class MessageDetail:
    """``text`` is what was submitted last, before a submit what will be; ``None`` if it cannot be told."""

    row: LogRow
    channel_plan: ChannelPlan
    text: str | None
    characters: int | None
    registered_by: str | None
    recycling: RecyclingOutcome | None
    charges: tuple[MessageCharge, ...]
    timeline: tuple[TimelineEvent, ...]


_MESSAGE = text(f"""
    SELECT {LOG_COLUMNS}, m.variables, c.channel_plan, c.sms_text, c.rcs_text, u.name AS registered_by,
           k.outcome AS recycling, k.carrier_code AS recycling_code, k.checked_at
    FROM messages m
    JOIN campaigns c ON c.company_id = m.company_id AND c.id = m.campaign_id
    LEFT JOIN company_users u ON u.company_id = c.company_id AND u.id = c.created_by_user_id
    LEFT JOIN recycling_checks k ON k.company_id = m.company_id AND k.message_id = m.id
    WHERE m.company_id = :company_id AND m.id = :message_id
""")  # noqa: S608

_ATTEMPTS = text("""
    SELECT channel, carrier, state, body, parts, not_before, capability, outcome, reason, carrier_code,
           started_at, ended_at, revoke_requested_at, revoke_outcome
    FROM submit_attempts WHERE company_id = :company_id AND message_id = :message_id ORDER BY started_at, id
""")

_RECEIPTS = text("""
    SELECT channel, carrier, state, reason, carrier_code, occurred_at, received_at
    FROM receipts WHERE company_id = :company_id AND message_id = :message_id ORDER BY received_at, id
""")

_CHARGES = text("""
    SELECT charge_kind, channel, parts, usage_month, created_at FROM billing_entries
    WHERE company_id = :company_id AND message_id = :message_id ORDER BY created_at
""")


async def message_detail(session: AsyncSession, caller: Caller, message_id: UUID) -> MessageDetail:
    """Return one message; raise ``MessageNotFound`` for an unknown id and another company's alike."""
    key = {"company_id": caller.company_id, "message_id": message_id}
    row = (await session.execute(_MESSAGE, key)).one_or_none()
    if row is None:
        raise MessageNotFound(str(message_id))
    attempts = (await session.execute(_ATTEMPTS, key)).all()
    receipts = (await session.execute(_RECEIPTS, key)).all()
    charges = (await session.execute(_CHARGES, key)).all()
    body = attempts[-1].body if attempts else _planned_text(row)
    events = [
        *_message_events(row),
        *(event for attempt in attempts for event in _attempt_events(attempt)),
        *_receipt_events(receipts, attempts),
        *(_charge_event(charge) for charge in charges),
    ]
    return MessageDetail(
        row=log_row(row),
        channel_plan=ChannelPlan(row.channel_plan),
        text=body,
        characters=None if body is None else count_characters(body),
        registered_by=row.registered_by,
        recycling=RecyclingOutcome(row.recycling) if row.recycling else None,
        charges=tuple(
            MessageCharge(ChargeKind(c.charge_kind), _channel(c.channel), c.parts, c.usage_month)
            for c in charges
        ),
        timeline=_in_order(events),
    )


def _planned_text(row: Row[Any]) -> str | None:
    plan = ChannelPlan(row.channel_plan)
    try:
        template = parse_template((row.rcs_text if plan.starts_with_rcs else row.sms_text) or "")
        return template.render(row.variables)
    except (MalformedTemplate, MissingVariables):
        return None


def _message_events(row: Row[Any]) -> list[TimelineEvent]:
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


def _attempt_events(attempt: Row[Any]) -> list[TimelineEvent]:
    where = (Channel(attempt.channel), Carrier(attempt.carrier))
    reason = StatusReason(attempt.reason) if attempt.reason else None
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
                reason,
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


def _receipt_events(receipts: Sequence[Row[Any]], attempts: Sequence[Row[Any]]) -> list[TimelineEvent]:
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


def _charge_event(charge: Row[Any]) -> TimelineEvent:
    return TimelineEvent(
        charge.created_at,
        TimelineKind.BILLED,
        _channel(charge.channel),
        outcome=charge.charge_kind,
        parts=charge.parts,
    )


_ORDER = {kind: index for index, kind in enumerate(TimelineKind)}


def _in_order(events: Sequence[TimelineEvent]) -> tuple[TimelineEvent, ...]:
    """By time; what has the same time (carriers report whole seconds) in the order it must have come."""
    return tuple(sorted(events, key=lambda event: (event.at, _ORDER[event.kind])))


def _channel(value: str | None) -> Channel | None:
    return Channel(value) if value else None
