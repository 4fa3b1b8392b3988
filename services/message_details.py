"""One message with everything that happened to it, in order (L-2)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.billing import ChargeKind
from domain.callers import Caller
from domain.carrier_exchange import RecyclingOutcome
from domain.carriers import Channel
from domain.follow_ups import plan_of_second
from domain.message_parts import count_characters
from domain.messages import ChannelPlan
from domain.templates import MalformedTemplate, MissingVariables, TextTooLong, parse_template
from services.delivery_log import LOG_COLUMNS, LogRow, log_row
from services.follow_ups import JOIN_FOLLOW_UP
from services.message_replies import ReceivedMessage, replies_to
from services.message_timeline import (
    TimelineEvent,
    attempt_events,
    channel_of,
    charge_event,
    in_order,
    message_events,
    receipt_events,
    second_events,
)


class MessageNotFound(LookupError):
    """The company has no message with this id; whether another company has one is not told."""


@dataclass(frozen=True, slots=True)
class MessageCharge:
    """A billing entry: parts charged and the first day of its usage month."""

    kind: ChargeKind
    channel: Channel | None
    parts: int
    usage_month: Any


@dataclass(frozen=True, slots=True)
class MessageDetail:
    """``text`` is what was submitted last, before a submit what will be; ``None`` if it cannot be told.

    ``second`` is the message this one has set off, ``replies`` are what the end user answered to it.
    """

    row: LogRow
    channel_plan: ChannelPlan
    text: str | None
    characters: int | None
    registered_by: str | None
    recycling: RecyclingOutcome | None
    charges: tuple[MessageCharge, ...]
    timeline: tuple[TimelineEvent, ...]
    second: LogRow | None
    replies: tuple[ReceivedMessage, ...]


_MESSAGE = text(f"""
    SELECT {LOG_COLUMNS}, m.variables, c.channel_plan, p.channel AS first_channel, u.name AS registered_by,
           CASE WHEN m.parent_message_id IS NULL THEN c.sms_text ELSE f.sms_text END AS sms_text,
           CASE WHEN m.parent_message_id IS NULL THEN c.rcs_text ELSE f.rcs_text END AS rcs_text,
           k.outcome AS recycling, k.carrier_code AS recycling_code, k.checked_at
    FROM messages m
    JOIN campaigns c ON c.company_id = m.company_id AND c.id = m.campaign_id
    {JOIN_FOLLOW_UP}
    LEFT JOIN messages p ON p.company_id = m.company_id AND p.id = m.parent_message_id
    LEFT JOIN company_users u ON u.company_id = c.company_id AND u.id = c.created_by_user_id
    LEFT JOIN recycling_checks k ON k.company_id = m.company_id AND k.message_id = m.id
    WHERE m.company_id = :company_id AND m.id = :message_id
""")  # noqa: S608

_SECOND = text(f"""
    SELECT {LOG_COLUMNS} FROM messages m
    JOIN campaigns c ON c.company_id = m.company_id AND c.id = m.campaign_id
    JOIN messages p ON p.company_id = m.company_id AND p.second_message_id = m.id
    WHERE p.company_id = :company_id AND p.id = :message_id
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
    second = (await session.execute(_SECOND, key)).one_or_none()
    replies = await replies_to(session, caller, message_id)
    body = attempts[-1].body if attempts else _planned_text(row)
    events = [
        *message_events(row),
        *(event for attempt in attempts for event in attempt_events(attempt)),
        *receipt_events(receipts, attempts),
        *(charge_event(charge) for charge in charges),
        *second_events(second, replies),
    ]
    return MessageDetail(
        row=log_row(row),
        channel_plan=_plan(row),
        text=body,
        characters=None if body is None else count_characters(body),
        registered_by=row.registered_by,
        recycling=RecyclingOutcome(row.recycling) if row.recycling else None,
        charges=tuple(
            MessageCharge(ChargeKind(c.charge_kind), channel_of(c.channel), c.parts, c.usage_month)
            for c in charges
        ),
        timeline=in_order(events),
        second=log_row(second) if second else None,
        replies=replies,
    )


def _plan(row: Row[Any]) -> ChannelPlan:
    """The campaign's; of a second message, the way it goes because of how the first one came."""
    return plan_of_second(ChannelPlan(row.channel_plan), channel_of(row.first_channel))


def _planned_text(row: Row[Any]) -> str | None:
    plan = _plan(row)
    try:
        template = parse_template((row.rcs_text if plan.starts_with_rcs else row.sms_text) or "")
        return template.render(row.variables)
    except (MalformedTemplate, MissingVariables, TextTooLong):
        return None
