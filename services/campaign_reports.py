"""Campaigns as pages and programs see them: lists, one campaign, its counters (P-2).

All numbers come from the one counter row of a campaign; messages are never counted here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller
from domain.campaigns import CampaignContent, CampaignStatus
from domain.follow_ups import SECOND_MESSAGE
from domain.messages import FINAL_STATUSES, ChannelPlan
from services.campaigns import CampaignNotFound, Typed, content_of
from services.follow_ups import FOLLOW_UP_COLUMNS, JOIN_FOLLOW_UP
from services.paging import Page, RowCount, count_rows, read_place

_COUNTERS = ("total", "submitted", *(status.value for status in FINAL_STATUSES), "read", "billable_parts")


@dataclass(frozen=True, slots=True)
class Counters:
    """Messages of one campaign. ``submitted``: a carrier accepted them at least once; ``total`` is all."""

    total: int = 0
    submitted: int = 0
    delivered: int = 0
    undelivered: int = 0
    expired: int = 0
    carrier_undetermined: int = 0
    excluded: int = 0
    cancelled: int = 0
    unknown: int = 0
    read: int = 0
    billable_parts: int = 0

    @property
    def closed(self) -> int:
        """Messages with a final status."""
        return sum(getattr(self, status.value) for status in FINAL_STATUSES)

    @property
    def open(self) -> int:
        """Messages without a final status."""
        return self.total - self.closed

    @property
    def failed(self) -> int:
        """Messages that were meant to arrive and did not, or may not have."""
        return self.undelivered + self.expired + self.carrier_undetermined + self.unknown

    @property
    def meant(self) -> int:
        """Messages to be sent: neither excluded nor cancelled."""
        return self.total - self.excluded - self.cancelled

    @property
    def handed_over(self) -> int:
        """Messages that were meant to be sent and have been, or whose sending has ended."""
        return self.meant - self.waiting

    @property
    def waiting(self) -> int:
        """Messages no carrier has accepted yet, as far as counters tell."""
        return max(self.open - self.in_transit, 0)

    @property
    def in_transit(self) -> int:
        """Messages a carrier has accepted that have not ended, as far as counters tell."""
        ended = self.delivered + self.undelivered + self.expired + self.unknown
        return min(max(self.submitted - ended, 0), self.open)


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A line of the campaign list. ``owner_name`` is ``None`` for campaigns of the API.

    ``fed_at``: when the last of its messages was started.
    """

    id: UUID
    name: str
    channel_plan: ChannelPlan
    status: CampaignStatus
    send_at: datetime | None
    created_at: datetime
    registered_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    owner_name: str | None
    counters: Counters
    fed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CampaignView:
    """One campaign whole: its line, its content, and where its recipients came from.

    ``second_counters`` are those of its second messages; their ``total`` grows as they are set off.
    ``typed``: by step of a draft, what was typed and the content cannot hold.
    """

    row: CampaignRow
    content: CampaignContent
    upload_id: UUID | None
    upload_name: str | None
    frozen_at: datetime | None
    fed_at: datetime | None
    second_counters: Counters | None
    version: int
    typed: Mapping[str, Typed]

    @property
    def is_scheduled(self) -> bool:
        """Whether it is registered for a time that has not come: it can be edited (P-3)."""
        return self.row.status is CampaignStatus.REGISTERED and self.content.send_at is not None


_SELECT = f"""
    SELECT c.id, c.name, c.channel_plan, c.status, c.send_at, c.created_at, c.registered_at, c.started_at,
           c.completed_at, c.cancelled_at, u.name AS owner_name, c.sms_text, c.rcs_text, c.carriers,
           c.exclude_opt_outs, c.recycling_reference_on, c.upload_id, c.frozen_at, c.fed_at,
           c.version, c.typed, c.unread,
           {FOLLOW_UP_COLUMNS},
           {", ".join(f"coalesce(n.{counter}, 0) AS n_{counter}" for counter in _COUNTERS)}
    FROM campaigns c
    LEFT JOIN company_users u ON u.company_id = c.company_id AND u.id = c.created_by_user_id
    LEFT JOIN campaign_counters n ON n.company_id = c.company_id AND n.campaign_id = c.id AND n.sequence = 1
    {JOIN_FOLLOW_UP}
    WHERE c.company_id = :company_id
"""  # noqa: S608

_ONE = text(f"{_SELECT} AND c.id = :campaign_id")

# A name is found however wide its characters are and in whatever case; nothing in it is a wildcard.
_MATCHES = """(CAST(:statuses AS text[]) IS NULL OR c.status = ANY(CAST(:statuses AS text[])))
      AND (CAST(:search AS text) IS NULL
           OR strpos(lower(normalize(c.name, NFKC)), lower(normalize(CAST(:search AS text), NFKC))) > 0)"""

_UPLOAD_NAME = text("""
    SELECT file_name FROM recipient_uploads WHERE company_id = :company_id AND id = :upload_id
""")

_SECOND_COUNTERS = text(f"""
    SELECT {", ".join(_COUNTERS)} FROM campaign_counters
    WHERE company_id = :company_id AND campaign_id = :campaign_id AND sequence = {SECOND_MESSAGE}
""")  # noqa: S608

_STATUS_COUNTS = text("SELECT status, count(*) FROM campaigns WHERE company_id = :company_id GROUP BY status")


async def list_campaigns(
    session: AsyncSession,
    caller: Caller,
    *,
    statuses: Sequence[CampaignStatus] | None = None,
    search: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[CampaignRow]:
    """Return the company's campaigns, newest first; ``search`` finds a part of the name.

    Raises ``InvalidCursor``.
    """
    # Ids are made in order of time, so the newest come first.
    place = read_place(cursor)
    wanted = " AND ".join([_SELECT, _MATCHES, *place.conditions("c.id")])
    rows = await session.execute(
        text(f"{wanted} {place.order('c.id')} LIMIT :limit"),
        {**_sought(caller, statuses, search), "place": place.key, "limit": limit + 1},
    )
    return place.page(rows.all(), limit, _row)


async def count_campaigns(
    session: AsyncSession,
    caller: Caller,
    *,
    statuses: Sequence[CampaignStatus] | None = None,
    search: str | None = None,
) -> RowCount | None:
    """Count the campaigns that match."""
    rows = f"SELECT FROM campaigns c WHERE c.company_id = :company_id AND {_MATCHES}"
    return await count_rows(session, rows, _sought(caller, statuses, search))


async def campaign_view(session: AsyncSession, caller: Caller, campaign_id: UUID) -> CampaignView:
    """Return one campaign; raise ``CampaignNotFound`` for an unknown id and another company's alike."""
    key = {"company_id": caller.company_id, "campaign_id": campaign_id}
    row = (await session.execute(_ONE, key)).one_or_none()
    if row is None:
        raise CampaignNotFound(str(campaign_id))
    second = (await session.execute(_SECOND_COUNTERS, key)).one_or_none()
    upload_name = None
    if row.upload_id:
        key = {"company_id": caller.company_id, "upload_id": row.upload_id}
        upload_name = (await session.execute(_UPLOAD_NAME, key)).scalar_one()
    return CampaignView(
        row=_row(row),
        content=content_of(row),
        upload_id=row.upload_id,
        upload_name=upload_name,
        frozen_at=row.frozen_at,
        fed_at=row.fed_at,
        second_counters=Counters(**second._mapping) if second else None,
        version=row.version,
        typed=row.typed,
    )


async def campaign_status_counts(session: AsyncSession, caller: Caller) -> dict[CampaignStatus, int]:
    """Return how many campaigns the company has in each status, zeros included (for the chips)."""
    rows = (await session.execute(_STATUS_COUNTS, {"company_id": caller.company_id})).all()
    found = {CampaignStatus(status): count for status, count in rows}
    return {status: found.get(status, 0) for status in CampaignStatus}


def _row(row: Row[Any]) -> CampaignRow:
    return CampaignRow(
        id=row.id,
        name=row.name,
        channel_plan=ChannelPlan(row.channel_plan),
        status=CampaignStatus(row.status),
        send_at=row.send_at,
        created_at=row.created_at,
        registered_at=row.registered_at,
        started_at=row.started_at,
        completed_at=row.completed_at,
        cancelled_at=row.cancelled_at,
        owner_name=row.owner_name,
        counters=Counters(**{counter: getattr(row, f"n_{counter}") for counter in _COUNTERS}),
        fed_at=row.fed_at,
    )


def _sought(
    caller: Caller, statuses: Sequence[CampaignStatus] | None, search: str | None
) -> dict[str, object]:
    return {
        "company_id": caller.company_id,
        "statuses": [status.value for status in statuses] if statuses else None,
        "search": (search or "").strip().replace("\x00", "") or None,
    }
