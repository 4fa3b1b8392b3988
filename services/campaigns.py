"""Drafts of campaigns (P-9), and a campaign's content as it is stored.

Reading: ``campaign_reports``; checking: ``campaign_check``; registering: ``campaign_registration``; cancel:
``campaign_cancel``.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias
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
from services.follow_ups import (
    FOLLOW_UP_COLUMNS,
    JOIN_FOLLOW_UP,
    cleaned,
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


class ChangedMeanwhile(Exception):
    """The campaign is not what was shown any more: somebody has changed it since. Nothing was done."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version}")
        self.version = version


Typed: TypeAlias = Mapping[str, Any]
"""Fields of a step of a draft as they were typed: a text, or a list of chosen words, by name."""


_CONTENT = (
    "name, channel_plan, sms_text, rcs_text, upload_id, send_at, carriers, exclude_opt_outs, "
    "recycling_reference_on, unread"
)
_LOAD = f"""
    SELECT c.id, c.status, c.version, c.typed, {", ".join(f"c.{column}" for column in _CONTENT.split(", "))},
           {FOLLOW_UP_COLUMNS}
    FROM campaigns c {JOIN_FOLLOW_UP} WHERE c.company_id = :company_id AND c.id = :campaign_id
"""  # noqa: S608

_INSERT = text(f"""
    INSERT INTO campaigns (company_id, created_by_user_id, status, typed, {_CONTENT})
    VALUES (:company_id, :user_id, 'draft', CAST(:typed AS jsonb), :name, :channel_plan, :sms_text, :rcs_text,
            :upload_id, :send_at, CAST(:carriers AS text[]), :exclude_opt_outs, :recycling_reference_on,
            CAST(:unread AS text[]))
    RETURNING id
""")  # noqa: S608

_UPDATE = text("""
    UPDATE campaigns
    SET name = :name, channel_plan = :channel_plan, sms_text = :sms_text, rcs_text = :rcs_text,
        upload_id = :upload_id, send_at = :send_at, carriers = CAST(:carriers AS text[]),
        exclude_opt_outs = :exclude_opt_outs, recycling_reference_on = :recycling_reference_on,
        unread = CAST(:unread AS text[]), typed = CAST(:typed AS jsonb), version = version + 1
    WHERE company_id = :company_id AND id = :campaign_id
""")

_HAS_UPLOAD = text("SELECT true FROM recipient_uploads WHERE company_id = :company_id AND id = :upload_id")

_NOTE_CHANGE = text("""
    UPDATE campaigns SET version = version + 1 WHERE company_id = :company_id AND id = :campaign_id
""")

_DELETE_DRAFT = text("""
    DELETE FROM campaigns WHERE company_id = :company_id AND id = :campaign_id AND status = 'draft'
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
        unread=tuple(row.unread),
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
        "unread": list(content.unread),
    }


async def save_draft(
    session: AsyncSession,
    caller: Caller,
    content: CampaignContent,
    *,
    upload_id: UUID | None,
    campaign_id: UUID | None = None,
    typed: Mapping[str, Typed] | None = None,
) -> UUID:
    """Save a draft, new or under its id, however incomplete (P-9); return its id.

    ``typed``: by step, what the content cannot hold. Saving what is saved already is no change.
    Raises ``CampaignNotFound``, ``UploadNotFound``, or ``NotEditable`` for what is no draft any more.
    """
    await require_upload(session, caller, upload_id)
    if campaign_id is None:
        columns = {**content_columns(content, upload_id), "company_id": caller.company_id}
        created = await session.execute(
            _INSERT, {**columns, "user_id": caller.user_id, "typed": _as_json(typed)}
        )
        new_id: UUID = created.scalar_one()
        key = {"company_id": caller.company_id, "campaign_id": new_id}
        await save_follow_up(session, key, content.follow_up)
        return new_id
    row = await load_campaign(session, caller, campaign_id, lock=True)
    if row.status != CampaignStatus.DRAFT:
        raise NotEditable(CampaignStatus(row.status))
    if not _is_saved(row, content, upload_id, typed):
        await write_content(session, caller, campaign_id, content, upload_id, typed)
    return campaign_id


async def write_content(
    session: AsyncSession,
    caller: Caller,
    campaign_id: UUID,
    content: CampaignContent,
    upload_id: UUID | None,
    typed: Mapping[str, Typed] | None = None,
) -> None:
    """Replace the content of a campaign whose row the caller has locked; it gets another version."""
    key = {"company_id": caller.company_id, "campaign_id": campaign_id}
    columns = content_columns(content, upload_id)
    await session.execute(_UPDATE, {**columns, "typed": _as_json(typed), **key})
    await save_follow_up(session, key, content.follow_up)


async def note_change(session: AsyncSession, caller: Caller, campaign_id: UUID) -> None:
    """Give a campaign another version: something beside its own row has changed, its list's column say."""
    await session.execute(_NOTE_CHANGE, {"company_id": caller.company_id, "campaign_id": campaign_id})


async def require_upload(session: AsyncSession, caller: Caller, upload_id: UUID | None) -> None:
    """Raise ``UploadNotFound`` unless the company has this recipient list (``None`` passes)."""
    key: Mapping[str, Any] = {"company_id": caller.company_id, "upload_id": upload_id}
    if upload_id and not (await session.execute(_HAS_UPLOAD, key)).scalar_one_or_none():
        raise UploadNotFound(str(upload_id))


def _is_saved(
    row: Row[Any], content: CampaignContent, upload_id: UUID | None, typed: Mapping[str, Typed] | None
) -> bool:
    follow_up = cleaned(content.follow_up) if content.follow_up else None
    same_columns = content_columns(content_of(row), row.upload_id) == content_columns(content, upload_id)
    return same_columns and row.typed == (typed or {}) and follow_up_of(row) == follow_up


def _as_json(typed: Mapping[str, Typed] | None) -> str:
    return json.dumps(typed or {}, ensure_ascii=False)


async def delete_draft(
    session: AsyncSession, caller: Caller, campaign_id: UUID, *, expected_version: int | None = None
) -> None:
    """Delete a draft, if it is still as it was shown.

    Raises ``CampaignNotFound``, ``ChangedMeanwhile``, or ``NotEditable`` for anything registered.
    """
    row = await load_campaign(session, caller, campaign_id, lock=True)
    if row.status != CampaignStatus.DRAFT:
        raise NotEditable(CampaignStatus(row.status))
    if expected_version not in (None, row.version):
        raise ChangedMeanwhile(row.version)
    key = {"company_id": caller.company_id, "campaign_id": campaign_id}
    await save_follow_up(session, key, None)
    await session.execute(_DELETE_DRAFT, key)
    before = {"name": row.name, "channel_plan": row.channel_plan}
    target = ("campaign", campaign_id)
    await record_audit(session, caller, AuditAction.DRAFT_DELETED, target=target, before=before)
