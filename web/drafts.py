"""What the steps of composing share: loading a draft, saving a step of it, telling that somebody else did."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.campaigns import CampaignContent, CampaignStatus
from domain.messages import ChannelPlan
from domain.send_times import to_jst
from services.campaign_reports import CampaignView, campaign_view
from services.campaigns import NotEditable, load_campaign, save_draft
from services.contracts import Terms, terms_on
from services.recipient_uploads import StoredUpload, upload_view
from web.access import SignedIn, now

EMPTY = CampaignContent(name="", channel_plan=ChannelPlan.SMS, sms_text=None, rcs_text=None)


async def load_draft(
    session: AsyncSession, viewer: SignedIn, campaign_id: UUID, *, lock: bool = False
) -> CampaignView:
    """Return a draft; raise ``NotEditable`` once it is registered, ``CampaignNotFound``.

    ``lock``: nobody else changes it before the transaction ends; what is saved was made from this.
    """
    if lock:
        await load_campaign(session, viewer.caller, campaign_id, lock=True)
    view = await campaign_view(session, viewer.caller, campaign_id)
    if view.row.status is not CampaignStatus.DRAFT:
        raise NotEditable(view.row.status)
    return view


async def save_changes(
    session: AsyncSession,
    viewer: SignedIn,
    view: CampaignView,
    content: CampaignContent,
    typed: Mapping[str, Mapping[str, Any]],
    *,
    upload_id: UUID | None = None,
) -> CampaignView:
    """Save a draft with other content, the recipients it has (or ``upload_id``); return it as it is now."""
    await save_draft(
        session,
        viewer.caller,
        content,
        upload_id=upload_id or view.upload_id,
        campaign_id=view.row.id,
        typed=typed,
    )
    return await campaign_view(session, viewer.caller, view.row.id)


async def recipients_of(session: AsyncSession, viewer: SignedIn, view: CampaignView) -> StoredUpload | None:
    """Return the list of recipients of a campaign, if it has one."""
    return await upload_view(session, viewer.caller, view.upload_id) if view.upload_id else None


async def terms_today(session: AsyncSession, viewer: SignedIn) -> Terms:
    """Return the company's contract as of today in Japan."""
    return await terms_on(session, viewer.caller.company_id, to_jst(now()).date())


def changed(content: CampaignContent, **changes: Any) -> CampaignContent:
    """Return the content with some fields replaced."""
    return replace(content, **changes)
