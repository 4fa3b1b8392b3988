"""From a draft to a registered campaign, and from one scheduled send to another (P-3, P-9).

Registered is all or nothing: the messages, the counters and the status change in one transaction. The
row in status ``registered`` is the outbox from which the workflow is started.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction
from domain.callers import Caller
from domain.campaigns import CampaignContent, CampaignStatus, ProblemFound
from domain.send_times import freeze_at
from services.audit import changes, record_audit
from services.campaign_check import CampaignCheck, build_check
from services.campaigns import ChangedMeanwhile, NotEditable, content_of, load_campaign, write_content
from services.database import allow_long_statements
from services.recipient_freeze import freeze_recipients
from services.row_checks import lock_upload


class CampaignRefused(Exception):
    """The campaign has problems; ``check`` holds them with whatever numbers there are."""

    def __init__(self, check: CampaignCheck) -> None:
        super().__init__(", ".join(found.problem.value for found in check.problems))
        self.check = check

    @property
    def problems(self) -> tuple[ProblemFound, ...]:
        """What has to be mended."""
        return self.check.problems


class CheckOutdated(Exception):
    """Something changed since the numbers were shown; ``check`` has the new ones, nothing was registered."""

    def __init__(self, check: CampaignCheck) -> None:
        super().__init__(f"{check.recipients} recipients now")
        self.check = check


@dataclass(frozen=True, slots=True)
class Registration:
    """``accepted`` messages are registered, excluded ones among them. ``repeated``: they were already.

    ``is_scheduled``: for a time of its own, not for now.
    """

    campaign_id: UUID
    accepted: int
    repeated: bool = False
    is_scheduled: bool = False


_INSERT_MESSAGES = text("""
    INSERT INTO messages (company_id, campaign_id, row_number, phone_number, variables, status, accepted_at)
    SELECT company_id, :campaign_id, row_number, phone_number, variables, 'accepted', now()
    FROM recipient_upload_rows
    WHERE company_id = :company_id AND upload_id = :upload_id AND problems IS NULL
    ORDER BY row_number
""")

_SET_COUNTERS = text("""
    INSERT INTO campaign_counters (company_id, campaign_id, total) VALUES (:company_id, :campaign_id, :total)
    ON CONFLICT (company_id, campaign_id, sequence) DO UPDATE SET total = excluded.total, excluded = 0
""")

_SET_SECOND_COUNTERS = text("""
    INSERT INTO campaign_counters (company_id, campaign_id, sequence) VALUES (:company_id, :campaign_id, 2)
    ON CONFLICT (company_id, campaign_id, sequence) DO NOTHING
""")

_REMOVE_SECOND_COUNTERS = text("""
    DELETE FROM campaign_counters
    WHERE company_id = :company_id AND campaign_id = :campaign_id AND sequence = 2
""")

_REGISTER = text("""
    UPDATE campaigns SET status = 'registered', registered_at = clock_timestamp(), frozen_at = NULL,
        typed = '{}', version = version + 1
    WHERE company_id = :company_id AND id = :campaign_id
    RETURNING registered_at
""")

_TOTAL = text("""
    SELECT total FROM campaign_counters
    WHERE company_id = :company_id AND campaign_id = :campaign_id AND sequence = 1
""")

# An edit touches only what it changes: mostly the text or the time, for up to 250,000 messages that stay.
_DELETE_OTHERS = text("""
    DELETE FROM messages m WHERE company_id = :company_id AND campaign_id = :campaign_id AND NOT EXISTS (
        SELECT FROM recipient_upload_rows r
        WHERE r.company_id = m.company_id AND r.upload_id = :upload_id AND r.row_number = m.row_number
          AND r.problems IS NULL AND r.phone_number = m.phone_number AND r.variables = m.variables
    )
""")

_INSERT_MISSING = text("""
    INSERT INTO messages (company_id, campaign_id, row_number, phone_number, variables, status, accepted_at)
    SELECT company_id, :campaign_id, row_number, phone_number, variables, 'accepted', now()
    FROM recipient_upload_rows r
    WHERE company_id = :company_id AND upload_id = :upload_id AND problems IS NULL AND NOT EXISTS (
        SELECT FROM messages m WHERE m.company_id = r.company_id AND m.campaign_id = :campaign_id
          AND m.row_number = r.row_number
    )
    ORDER BY row_number
""")

_INCLUDE_AGAIN = text("""
    UPDATE messages SET status = 'accepted', reason = NULL, closed_at = NULL
    WHERE company_id = :company_id AND campaign_id = :campaign_id AND status = 'excluded'
""")

_COUNT_MESSAGES = text("""
    SELECT count(*) FROM messages WHERE company_id = :company_id AND campaign_id = :campaign_id
""")

# Rows written moments ago are not in the planner's statistics: expecting one row, it would compare every
# recipient with every message.
_WITHOUT_NESTED_LOOPS = text("SELECT set_config('enable_nestloop', :setting, true)")


async def register_campaign(
    session: AsyncSession,
    caller: Caller,
    campaign_id: UUID,
    *,
    expected_recipients: int | None = None,
    check_token: str | None = None,
    now: datetime,
) -> Registration:
    """Register a draft with the numbers the user has seen (P-9).

    ``check_token`` is that of the shown check, ``expected_recipients`` the number on the button; if either
    is no longer so, ``CheckOutdated``. A second registration finds the first one's and returns it.
    Raises ``CampaignNotFound``, ``CampaignRefused``, ``NotEditable`` for a cancelled campaign.
    """
    row = await load_campaign(session, caller, campaign_id, lock=True)
    status = CampaignStatus(row.status)
    if status is CampaignStatus.CANCELLED:
        raise NotEditable(status)
    if status is not CampaignStatus.DRAFT:
        key = {"company_id": caller.company_id, "campaign_id": campaign_id}
        return Registration(campaign_id, (await session.execute(_TOTAL, key)).scalar_one(), repeated=True)
    content = content_of(row)
    check = await _check(session, caller, content, row.upload_id, now)
    if check_token not in (None, check.token) or expected_recipients not in (None, check.recipients):
        raise CheckOutdated(check)
    total = await register_rows(session, caller, campaign_id, check)
    await record_registration(session, caller, campaign_id, content, total)
    return Registration(campaign_id, total, is_scheduled=content.send_at is not None)


async def record_registration(
    session: AsyncSession, caller: Caller, campaign_id: UUID, content: CampaignContent, recipients: int
) -> None:
    """Put into the audit trail what was registered; the last step of a registration."""
    await record_audit(
        session,
        caller,
        AuditAction.CAMPAIGN_REGISTERED,
        target=("campaign", campaign_id),
        after={**_audited(content), "recipients": recipients},
    )


def _audited(content: CampaignContent) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(content).items() if name != "unread"}
    return {**fields, "carriers": content.carriers and list(content.carriers)}


async def edit_scheduled(
    session: AsyncSession,
    caller: Caller,
    campaign_id: UUID,
    content: CampaignContent,
    *,
    upload_id: UUID | None = None,
    check_token: str | None = None,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Registration:
    """Replace content, time and recipients of a registered campaign that has not started (P-3).

    ``upload_id`` empty keeps the list. Messages whose recipient stays keep their ids; the opt-out list
    is read again at its time (O-3). The row lock decides against the start: whichever comes first, the
    other finds it done. ``expected_version`` is that of the campaign the edit was made from: an edit
    somebody else has confirmed since is never overwritten unseen. Raises ``CampaignNotFound``,
    ``UploadNotFound``, ``CampaignRefused``, ``ChangedMeanwhile``, ``CheckOutdated``, and ``NotEditable`` for
    everything but a waiting campaign.
    """
    now = now or datetime.now(UTC)
    row = await load_campaign(session, caller, campaign_id, lock=True)
    _require_waiting(row, now, expected_version)
    upload_id = upload_id or row.upload_id
    check = await _check(session, caller, content, upload_id, now)
    if check_token not in (None, check.token):
        raise CheckOutdated(check)
    await write_content(session, caller, campaign_id, content, upload_id)
    key = {"company_id": caller.company_id, "campaign_id": campaign_id}
    recipients: int = (await session.execute(_TOTAL, key)).scalar_one()
    total = await _replace_messages(session, key, check)
    await _put_into_outbox(session, key, check, total)
    old = {**_audited(content_of(row)), "recipients": recipients, "upload_id": row.upload_id}
    new = {**_audited(content), "recipients": total, "upload_id": upload_id}
    before, after = changes(old, new)
    target = ("campaign", campaign_id)
    await record_audit(
        session, caller, AuditAction.CAMPAIGN_EDITED, target=target, before=before, after=after
    )
    return Registration(campaign_id, total)


def _require_waiting(row: Row[Any], now: datetime, expected_version: int | None) -> None:
    status = CampaignStatus(row.status)
    has_begun = row.send_at is None or row.send_at <= now
    if status is not CampaignStatus.REGISTERED or has_begun:
        raise NotEditable(status)
    if expected_version not in (None, row.version):
        raise ChangedMeanwhile(row.version)


async def register_rows(
    session: AsyncSession, caller: Caller, campaign_id: UUID, check: CampaignCheck
) -> int:
    """Make a message of every row the check found valid and put the campaign into the outbox.

    The campaign's row must be locked or new. Recipients are settled at once when the time for it is
    here: immediate sends, and scheduled ones less than 15 minutes ahead (O-3). Returns the messages.
    """
    key = {"company_id": caller.company_id, "campaign_id": campaign_id}
    await allow_long_statements(session)
    inserted = await session.execute(_INSERT_MESSAGES, {**key, "upload_id": check.upload_id})
    total: int = inserted.rowcount  # type: ignore[attr-defined]
    return await _put_into_outbox(session, key, check, total)


async def _replace_messages(session: AsyncSession, key: Mapping[str, UUID], check: CampaignCheck) -> int:
    """Make the messages of a campaign that has not started those of the checked list; return how many."""
    upload = {**key, "upload_id": check.upload_id}
    await allow_long_statements(session)
    await session.execute(_WITHOUT_NESTED_LOOPS, {"setting": "off"})
    await session.execute(_DELETE_OTHERS, upload)
    await session.execute(_INSERT_MISSING, upload)
    await session.execute(_WITHOUT_NESTED_LOOPS, {"setting": "on"})
    await session.execute(_INCLUDE_AGAIN, key)
    total: int = (await session.execute(_COUNT_MESSAGES, key)).scalar_one()
    return total


async def _put_into_outbox(
    session: AsyncSession, key: Mapping[str, UUID], check: CampaignCheck, total: int
) -> int:
    if total != check.valid_rows:
        raise RuntimeError(f"{total} messages where {check.valid_rows} rows were checked")
    await session.execute(_SET_COUNTERS, {**key, "total": total})
    has_second = check.content.follow_up is not None
    await session.execute(_SET_SECOND_COUNTERS if has_second else _REMOVE_SECOND_COUNTERS, key)
    # By the database's clock: whoever starts the campaign, or finds it overdue, compares with that one.
    now: datetime = (await session.execute(_REGISTER, key)).scalar_one()
    if freeze_at(check.content.send_at, now) <= now:
        await freeze_recipients(session, key["company_id"], key["campaign_id"], now)
    return total


async def _check(
    session: AsyncSession, caller: Caller, content: CampaignContent, upload_id: UUID | None, now: datetime
) -> CampaignCheck:
    upload = await lock_upload(session, caller, upload_id) if upload_id else None
    check = await build_check(session, caller, content, upload, now, run_rows=True)
    if not check.can_be_registered:
        raise CampaignRefused(check)
    return check
