"""What end users wrote: the answers to one message, and everything a company received (L-1, L-2, R-5)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller
from domain.carriers import Carrier, Channel
from domain.follow_ups import ReplyOutcome
from domain.log_months import ended_before
from domain.messages import MessageStatus
from domain.phone_numbers import NumberRefusal, read_phone_number
from services.delivery_log import InvalidPhoneNumber
from services.paging import Page, RowCount, count_rows, read_place


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message of an end user. ``postback_data`` is the identifier of what was tapped (識別子).

    ``at`` is the carrier's time, else that of its arrival here. ``message_id`` is the first message it
    answers, ``campaign_name`` that message's campaign; ``None`` if there is none, or none any more.
    """

    id: UUID
    at: datetime
    channel: Channel
    carrier: Carrier
    phone_number: str
    text: str | None
    postback_data: str | None
    outcome: ReplyOutcome
    message_id: UUID | None
    campaign_name: str | None
    second_status: MessageStatus | None = None


_SELECT = """
    SELECT i.id, least(i.occurred_at, i.received_at) AS at, i.channel, i.carrier, i.phone_number, i.text,
           i.postback_data, i.outcome, m.id AS message_id, c.name AS campaign_name,
           s.status AS second_status
    FROM inbound_messages i
    LEFT JOIN messages m ON m.company_id = i.company_id AND m.id = i.message_id
    LEFT JOIN campaigns c ON c.company_id = m.company_id AND c.id = m.campaign_id
    LEFT JOIN messages s ON s.company_id = m.company_id AND s.id = m.second_message_id
    WHERE i.company_id = :company_id
"""

_OF_MESSAGE = text(f"{_SELECT} AND i.message_id = :message_id ORDER BY i.id")


async def replies_to(session: AsyncSession, caller: Caller, message_id: UUID) -> tuple[ReceivedMessage, ...]:
    """Return the answers to one message of the company, the first one first."""
    key = {"company_id": caller.company_id, "message_id": message_id}
    return tuple(_received(row) for row in await session.execute(_OF_MESSAGE, key))


async def received_messages(
    session: AsyncSession,
    caller: Caller,
    *,
    phone_number: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
    now: datetime | None = None,
) -> Page[ReceivedMessage]:
    """Return what the company received in the three months before ``now``, newest first (L-1).

    ``phone_number`` as typed, found exactly. Raises ``InvalidPhoneNumber``, ``InvalidCursor``.
    """
    place = read_place(cursor)
    conditions, parameters = _conditions(caller, phone_number, now)
    wanted = " AND ".join([_SELECT, *conditions, *place.conditions("i.id")])
    rows = await session.execute(
        text(f"{wanted} {place.order('i.id')} LIMIT :limit"),
        {**parameters, "place": place.key, "limit": limit + 1},
    )
    return place.page(rows.all(), limit, _received)


async def count_received(
    session: AsyncSession, caller: Caller, *, phone_number: str | None = None, now: datetime | None = None
) -> RowCount | None:
    """Count what matches, as far as that is cheap. Raises ``InvalidPhoneNumber``."""
    conditions, parameters = _conditions(caller, phone_number, now)
    rows = " AND ".join(["SELECT FROM inbound_messages i WHERE i.company_id = :company_id", *conditions])
    return await count_rows(session, rows, parameters)


def _conditions(
    caller: Caller, phone_number: str | None, now: datetime | None
) -> tuple[list[str], dict[str, Any]]:
    conditions = ["i.received_at >= :earliest"]
    parameters: dict[str, Any] = {
        "company_id": caller.company_id,
        "earliest": ended_before(now or datetime.now(UTC)),
    }
    if phone_number:
        number = read_phone_number(phone_number)
        if isinstance(number, NumberRefusal):
            raise InvalidPhoneNumber(number)
        conditions.append("i.phone_number = :phone_number")
        parameters["phone_number"] = number.national
    return conditions, parameters


def _received(row: Row[Any]) -> ReceivedMessage:
    return ReceivedMessage(
        id=row.id,
        at=row.at,
        channel=Channel(row.channel),
        carrier=Carrier(row.carrier),
        phone_number=row.phone_number,
        text=row.text,
        postback_data=row.postback_data,
        outcome=ReplyOutcome(row.outcome),
        message_id=row.message_id,
        campaign_name=row.campaign_name,
        second_status=MessageStatus(row.second_status) if row.second_status else None,
    )
