"""Drafts of campaigns, and taking a registered campaign back (P-3, P-9).

Reading: ``campaign_reports``; checking: ``campaign_check``; registering: ``campaign_registration``.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction
from domain.callers import Caller
from domain.campaigns import CampaignContent, CampaignStatus
from domain.carriers import Carrier
from domain.messages import ChannelPlan
from domain.templates import clean_text
from domain.visible_text import trim
from services.audit import record_audit
from services.campaign_counters import CounterChanges
from services.follow_ups import (
    FOLLOW_UP_COLUMNS,
    JOIN_FOLLOW_UP,
    SEQUENCE,
    follow_up_of,
    save_follow_up,
)


class CampaignNotFound(LookupError):
    """The company has no campaign with this id; whether another company has one is not told."""


class UploadNotFound(LookupError):
    """The company has no recipient list with this id."""


class NotEditable(Exception):
    """The campaign has started, ended, or is not in the state this change needs."""

    def __init__(self, status: CampaignStatus) -> None:
        super().__init__(status.value)
        self.status = status


class CampaignNotCancellable(Exception):
    """A draft has nothing to cancel, a completed campaign nothing left (P-3)."""

    def __init__(self, status: CampaignStatus) -> None:
        super().__init__(status.value)
        self.status = status


@dataclass(frozen=True, slots=True)
class Cancellation:
    """``cancelled`` messages never went out; ``already_handed_over`` ones a carrier has or is being given."""

    cancelled: int
    already_handed_over: int


_CONTENT = (
    "name, channel_plan, sms_text, rcs_text, upload_id, send_at, carriers, exclude_opt_outs, "
    "recycling_reference_on"
)
_LOAD = f"""
    SELECT c.id, c.status, {", ".join(f"c.{column}" for column in _CONTENT.split(", "))}, {FOLLOW_UP_COLUMNS}
    FROM campaigns c {JOIN_FOLLOW_UP} WHERE c.company_id = :company_id AND c.id = :campaign_id
"""  # noqa: S608

_INSERT = text(f"""
    INSERT INTO campaigns (company_id, created_by_user_id, status, {_CONTENT})
    VALUES (:company_id, :user_id, 'draft', :name, :channel_plan, :sms_text, :rcs_text, :upload_id, :send_at,
            CAST(:carriers AS text[]), :exclude_opt_outs, :recycling_reference_on)
    RETURNING id
""")  # noqa: S608

_UPDATE = text("""
    UPDATE campaigns
    SET name = :name, channel_plan = :channel_plan, sms_text = :sms_text, rcs_text = :rcs_text,
        upload_id = :upload_id, send_at = :send_at, carriers = CAST(:carriers AS text[]),
        exclude_opt_outs = :exclude_opt_outs, recycling_reference_on = :recycling_reference_on
    WHERE company_id = :company_id AND id = :campaign_id
""")

_HAS_UPLOAD = text("SELECT true FROM recipient_uploads WHERE company_id = :company_id AND id = :upload_id")

_DELETE_DRAFT = text("""
    DELETE FROM campaigns WHERE company_id = :company_id AND id = :campaign_id AND status = 'draft'
""")

# First in its transaction: a submit holds this row FOR SHARE, so either it has seen the cancel or the
# messages below show it as begun.
_CANCEL = text("""
    UPDATE campaigns SET status = 'cancelled', cancelled_at = :now
    WHERE company_id = :company_id AND id = :campaign_id AND status IN ('registered', 'sending')
    RETURNING id
""")

# Rows another transaction holds are being ended or begun at this moment; waiting for them could close
# a circle with the transaction that completes the campaign. Their workflows see the cancel.
_CANCEL_MESSAGES = text(f"""
    WITH waiting AS (
        SELECT id FROM messages
        WHERE company_id = :company_id AND campaign_id = :campaign_id AND status = 'accepted'
        FOR UPDATE SKIP LOCKED
    )
    UPDATE messages m SET status = 'cancelled', closed_at = :now
    FROM waiting WHERE m.company_id = :company_id AND m.id = waiting.id
    RETURNING {SEQUENCE} AS sequence
""")  # noqa: S608

_OUTCOME = text("""
    SELECT cancelled, total - cancelled - excluded AS handed_over FROM campaign_counters
    WHERE company_id = :company_id AND campaign_id = :campaign_id AND sequence = 1
""")


async def load_campaign(
    session: AsyncSession, caller: Caller, campaign_id: UUID, *, lock: bool = False
) -> Row[Any]:
    """Return id, status and content; raise ``CampaignNotFound``. ``lock`` holds the row till the commit."""
    statement = _LOAD + (" FOR NO KEY UPDATE OF c" if lock else "")
    key = {"company_id": caller.company_id, "campaign_id": campaign_id}
    row = (await session.execute(text(statement), key)).one_or_none()
    if row is None:
        raise CampaignNotFound(str(campaign_id))
    return row


def content_of(row: Row[Any]) -> CampaignContent:
    """Return the content in a row of ``load_campaign``."""
    return CampaignContent(
        name=row.name,
        channel_plan=ChannelPlan(row.channel_plan),
        sms_text=row.sms_text,
        rcs_text=row.rcs_text,
        send_at=row.send_at,
        carriers=None if row.carriers is None else tuple(Carrier(carrier) for carrier in row.carriers),
        exclude_opt_outs=row.exclude_opt_outs,
        recycling_reference_on=row.recycling_reference_on,
        follow_up=follow_up_of(row),
    )


def content_columns(content: CampaignContent, upload_id: UUID | None) -> dict[str, Any]:
    """Return the parameters that write ``content``: texts cleaned, for PostgreSQL takes no NUL."""
    return {
        "name": trim(clean_text(content.name)),
        "channel_plan": content.channel_plan.value,
        "sms_text": None if content.sms_text is None else clean_text(content.sms_text),
        "rcs_text": None if content.rcs_text is None else clean_text(content.rcs_text),
        "upload_id": upload_id,
        "send_at": content.send_at,
        "carriers": None if content.carriers is None else [carrier.value for carrier in content.carriers],
        "exclude_opt_outs": content.exclude_opt_outs,
        "recycling_reference_on": content.recycling_reference_on,
    }


async def save_draft(
    session: AsyncSession,
    caller: Caller,
    content: CampaignContent,
    *,
    upload_id: UUID | None,
    campaign_id: UUID | None = None,
) -> UUID:
    """Save a draft, new or under its id, however incomplete (P-9); return its id.

    Raises ``CampaignNotFound``, ``UploadNotFound``, or ``NotEditable`` for what is no draft any more.
    """
    await require_upload(session, caller, upload_id)
    if campaign_id is None:
        columns = {**content_columns(content, upload_id), "company_id": caller.company_id}
        created = await session.execute(_INSERT, {**columns, "user_id": caller.user_id})
        new_id: UUID = created.scalar_one()
        key = {"company_id": caller.company_id, "campaign_id": new_id}
        await save_follow_up(session, key, content.follow_up)
        return new_id
    row = await load_campaign(session, caller, campaign_id, lock=True)
    if row.status != CampaignStatus.DRAFT:
        raise NotEditable(CampaignStatus(row.status))
    await write_content(session, caller, campaign_id, content, upload_id)
    return campaign_id


async def write_content(
    session: AsyncSession, caller: Caller, campaign_id: UUID, content: CampaignContent, upload_id: UUID | None
) -> None:
    """Replace the content of a campaign whose row the caller has locked."""
    key = {"company_id": caller.company_id, "campaign_id": campaign_id}
    await session.execute(_UPDATE, {**content_columns(content, upload_id), **key})
    await save_follow_up(session, key, content.follow_up)


async def require_upload(session: AsyncSession, caller: Caller, upload_id: UUID | None) -> None:
    """Raise ``UploadNotFound`` unless the company has this recipient list (``None`` passes)."""
    key: Mapping[str, Any] = {"company_id": caller.company_id, "upload_id": upload_id}
    if upload_id and not (await session.execute(_HAS_UPLOAD, key)).scalar_one_or_none():
        raise UploadNotFound(str(upload_id))


async def delete_draft(session: AsyncSession, caller: Caller, campaign_id: UUID) -> None:
    """Delete a draft; raises ``CampaignNotFound``, or ``NotEditable`` for anything registered."""
    row = await load_campaign(session, caller, campaign_id, lock=True)
    if row.status != CampaignStatus.DRAFT:
        raise NotEditable(CampaignStatus(row.status))
    key = {"company_id": caller.company_id, "campaign_id": campaign_id}
    await save_follow_up(session, key, None)
    await session.execute(_DELETE_DRAFT, key)
    before = {"name": row.name, "channel_plan": row.channel_plan}
    target = ("campaign", campaign_id)
    await record_audit(session, caller, AuditAction.DRAFT_DELETED, target=target, before=before)


async def cancel_campaign(
    session: AsyncSession, caller: Caller, campaign_id: UUID, now: datetime
) -> Cancellation:
    """Stop a registered or running campaign: what no carrier has been given yet is cancelled (P-3).

    Repeating it changes nothing and returns the same. Raises ``CampaignNotFound``, or
    ``CampaignNotCancellable`` for drafts and completed campaigns.
    """
    key = {"company_id": caller.company_id, "campaign_id": campaign_id}
    stopped = (await session.execute(_CANCEL, {**key, "now": now})).scalar_one_or_none()
    if stopped is None:
        status = CampaignStatus((await load_campaign(session, caller, campaign_id)).status)
        if status is not CampaignStatus.CANCELLED:
            raise CampaignNotCancellable(status)
    else:
        cancelled = Counter((await session.execute(_CANCEL_MESSAGES, {**key, "now": now})).scalars())
        counters = CounterChanges()
        for sequence, amount in cancelled.items():
            counters.add((caller.company_id, campaign_id), "cancelled", amount, sequence=sequence)
        await counters.write(session)
    outcome = (await session.execute(_OUTCOME, key)).one()
    cancellation = Cancellation(outcome.cancelled, outcome.handed_over)
    if stopped is not None:
        await record_audit(
            session,
            caller,
            AuditAction.CAMPAIGN_CANCELLED,
            target=("campaign", campaign_id),
            after={"cancelled": outcome.cancelled, "handed_over": outcome.handed_over},
        )
    return cancellation
