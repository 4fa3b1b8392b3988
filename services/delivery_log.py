"""The delivery log: which messages were sent and what became of them (L-1, L-2, P-5).

PostgreSQL only. Pages are keyset pages over the time-ordered message ids, newest first, so that they
stay put while messages are added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller
from domain.carriers import Carrier, Channel
from domain.log_months import ended_before, first_message_id, first_registered
from domain.messages import FallbackReason, MessageStatus, StatusReason
from domain.phone_numbers import NumberRefusal, read_phone_number
from services.campaigns import load_campaign
from services.paging import Page, RowCount, count_rows, page_of, read_cursor, read_place

# An id is made when its row is inserted, the acceptance is the begin of that transaction: the largest
# registration takes less than this.
_REGISTRATION_TAKES = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What to look for; ``None`` and empty mean any. ``phone_number`` as typed, found exactly.

    ``accepted_from`` is included, ``accepted_until`` is not.
    """

    accepted_from: datetime | None = None
    accepted_until: datetime | None = None
    campaign_id: UUID | None = None
    phone_number: str | None = None
    statuses: Sequence[MessageStatus] = ()
    channel: Channel | None = None
    carrier: Carrier | None = None
    is_second: bool | None = None


@dataclass(frozen=True, slots=True)
class LogRow:
    """A line of the log. ``phone_number`` is national and whole: masking is up to the page.

    ``parent_id``: of a second message, the first one (P-7, P-8).
    """

    id: UUID
    campaign_id: UUID
    campaign_name: str
    parent_id: UUID | None
    row_number: int
    phone_number: str
    channel: Channel | None
    carrier: Carrier | None
    status: MessageStatus
    reason: StatusReason | None
    fallback_reason: FallbackReason | None
    parts: int | None
    accepted_at: datetime
    submitted_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    closed_at: datetime | None

    @property
    def charged_parts(self) -> int | None:
        """Parts on the invoice: those of a delivered message, else none; ``None`` while it is open."""
        if not self.status.is_final:
            return None
        return self.parts if self.status is MessageStatus.DELIVERED else 0


LOG_COLUMNS = """
    m.id, m.campaign_id, c.name AS campaign_name, m.parent_message_id, m.row_number, m.phone_number,
    m.channel, m.carrier, m.status, m.reason, m.fallback_reason, m.parts, m.accepted_at,
    m.submitted_at, m.delivered_at, m.read_at, m.closed_at
"""
_SELECT = f"""
    SELECT {LOG_COLUMNS} FROM messages m
    JOIN campaigns c ON c.company_id = m.company_id AND c.id = m.campaign_id
    WHERE m.company_id = :company_id
"""  # noqa: S608


class InvalidPhoneNumber(ValueError):
    """What was typed to search for is no mobile number; ``reason`` says why."""

    def __init__(self, reason: NumberRefusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


async def search_messages(
    session: AsyncSession,
    caller: Caller,
    log_filter: LogFilter,
    cursor: str | None = None,
    limit: int = 50,
    *,
    now: datetime | None = None,
) -> Page[LogRow]:
    """Return the company's messages that match, newest first; ended ones for three months (L-1).

    Raises ``InvalidPhoneNumber``, ``InvalidCursor``.
    """
    place = read_place(cursor)
    conditions, parameters = _conditions(log_filter, now or datetime.now(UTC))
    wanted = " AND ".join([_SELECT, *conditions, *place.conditions("m.id")])
    rows = await session.execute(
        text(f"{wanted} {place.order('m.id')} LIMIT :limit"),
        {**parameters, "company_id": caller.company_id, "place": place.key, "limit": limit + 1},
    )
    return place.page(rows.all(), limit, log_row)


async def count_messages(
    session: AsyncSession, caller: Caller, log_filter: LogFilter, *, now: datetime | None = None
) -> RowCount | None:
    """Count the messages that match, as far as that is cheap. Raises ``InvalidPhoneNumber``."""
    conditions, parameters = _conditions(log_filter, now or datetime.now(UTC))
    rows = " AND ".join(["SELECT FROM messages m WHERE m.company_id = :company_id", *conditions])
    return await count_rows(session, rows, {**parameters, "company_id": caller.company_id})


async def campaign_messages(
    session: AsyncSession, caller: Caller, campaign_id: UUID, *, cursor: str | None = None, limit: int = 100
) -> Page[LogRow]:
    """Return a campaign's messages in the order of its recipients, second messages as they came about.

    Raises ``CampaignNotFound``, ``InvalidCursor``.
    """
    after = read_cursor(cursor)
    await load_campaign(session, caller, campaign_id)
    statement = f"{_SELECT} AND m.campaign_id = :campaign_id AND m.id > :after ORDER BY m.id LIMIT :limit"
    rows = await session.execute(
        text(statement),
        {
            "company_id": caller.company_id,
            "campaign_id": campaign_id,
            "after": after or UUID(int=0),
            "limit": limit + 1,
        },
    )
    return _page(rows.all(), limit)


def log_row(row: Row[Any]) -> LogRow:
    """Return the line in a row that has ``LOG_COLUMNS``."""
    return LogRow(
        id=row.id,
        campaign_id=row.campaign_id,
        campaign_name=row.campaign_name,
        parent_id=row.parent_message_id,
        row_number=row.row_number,
        phone_number=row.phone_number,
        channel=Channel(row.channel) if row.channel else None,
        carrier=Carrier(row.carrier) if row.carrier else None,
        status=MessageStatus(row.status),
        reason=StatusReason(row.reason) if row.reason else None,
        fallback_reason=FallbackReason(row.fallback_reason) if row.fallback_reason else None,
        parts=row.parts,
        accepted_at=row.accepted_at,
        submitted_at=row.submitted_at,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
        closed_at=row.closed_at,
    )


def _conditions(log_filter: LogFilter, now: datetime) -> tuple[list[str], dict[str, Any]]:
    """Return only the conditions that are asked for, so that each combination is planned for its index."""
    # Registered before the three months, scheduled for a day within them: in the log as any other.
    conditions = ["m.id >= :first_id", "(m.closed_at IS NULL OR m.closed_at >= :ended_before)"]
    first_at = first_registered(now)
    if log_filter.accepted_from is not None:
        first_at = max(log_filter.accepted_from, first_at)
        conditions.append("m.accepted_at >= :accepted_from")
    parameters: dict[str, Any] = {
        "first_id": first_message_id(first_at),
        "accepted_from": first_at,
        "ended_before": ended_before(now),
    }
    if log_filter.accepted_until is not None:
        conditions += ["m.id < :last_id", "m.accepted_at < :accepted_until"]
        parameters["accepted_until"] = log_filter.accepted_until
        parameters["last_id"] = first_message_id(log_filter.accepted_until + _REGISTRATION_TAKES)
    if log_filter.phone_number:
        number = read_phone_number(log_filter.phone_number)
        if isinstance(number, NumberRefusal):
            raise InvalidPhoneNumber(number)
        conditions.append("m.phone_number = :phone_number")
        parameters["phone_number"] = number.national
    if log_filter.statuses:
        conditions.append("m.status = ANY(CAST(:statuses AS text[]))")
        parameters["statuses"] = [status.value for status in log_filter.statuses]
    if log_filter.is_second is not None:
        conditions.append(f"m.parent_message_id IS {'NOT ' if log_filter.is_second else ''}NULL")
    exact = {
        "campaign_id": log_filter.campaign_id,
        "channel": log_filter.channel,
        "carrier": log_filter.carrier,
    }
    for column, value in exact.items():
        if value is not None:
            conditions.append(f"m.{column} = :{column}")
            parameters[column] = value
    return conditions, parameters


def _page(rows: Sequence[Row[Any]], limit: int) -> Page[LogRow]:
    return page_of([log_row(row) for row in rows], [row.id for row in rows], limit)
