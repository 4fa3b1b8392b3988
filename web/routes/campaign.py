"""One campaign: draft, scheduled, running or done; its progress; copying and deleting."""

import time
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.campaign_names import copied_name
from domain.permissions import Permission
from domain.visible_text import is_blank
from services.campaign_reports import CampaignView, campaign_view
from services.campaigns import ChangedMeanwhile, delete_draft, save_draft
from web.access import SignedIn, database_of, now, requires
from web.confirmations import go_confirming
from web.csrf import read_form
from web.drafts import load_draft
from web.forms.fields import version_in
from web.lists import CAMPAIGN_LISTS
from web.pages import page
from web.progress import progress_of
from web.wording.confirmations import Confirmation
from web.wording.messages import STATUS_MEANINGS

router = APIRouter()
Viewer = Annotated[SignedIn, Depends(requires(Permission.VIEW_CAMPAIGNS))]
# A page that refreshes itself must not keep an abandoned screen signed in.
Watcher = Annotated[SignedIn, Depends(requires(Permission.VIEW_CAMPAIGNS, is_activity=False))]
Writer = Annotated[SignedIn, Depends(requires(Permission.SAVE_DRAFTS))]


@router.get("/campaigns/{campaign_id}")
async def show_campaign(request: Request, campaign_id: UUID, viewer: Viewer) -> Response:
    """Show one campaign in whatever state it is."""
    return await _show(request, campaign_id, viewer)


@router.get("/campaigns/{campaign_id}/progress")
async def show_progress(request: Request, campaign_id: UUID, viewer: Watcher) -> Response:
    """The part of the page that changes while it runs."""
    return await _show(request, campaign_id, viewer, block="progress")


@router.post("/campaigns/{campaign_id}/copy")
async def copy_campaign(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Make a draft with the same content and recipients, to be sent at once unless changed (P-9)."""
    shown = version_in(await read_form(request))
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await campaign_view(session, viewer.caller, campaign_id)
        is_changed = view.version != shown
        copied = copied_name(view.content.name)
        content = replace(view.content, name=copied.name, send_at=None)
        draft = await save_draft(session, viewer.caller, content, upload_id=view.upload_id, typed=view.typed)
    done = Confirmation.COPIED_AS_CHANGED if is_changed else Confirmation.CAMPAIGN_COPIED
    if copied.is_shortened:
        done = Confirmation.COPY_NAME_SHORTENED
    return go_confirming(request, f"/campaigns/{draft}/recipients", done)


@router.get("/campaigns/{campaign_id}/delete")
async def confirm_delete(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Ask before a draft is thrown away; what is registered by now leads to its page."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id)
    return page(request, "pages/campaign_delete.html", view=view, is_changed=False)


@router.post("/campaigns/{campaign_id}/delete")
async def delete(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Throw a draft away."""
    shown = version_in(await read_form(request))
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        try:
            await delete_draft(session, viewer.caller, campaign_id, expected_version=shown)
        except ChangedMeanwhile:
            view = await load_draft(session, viewer, campaign_id)
            return page(request, "pages/campaign_delete.html", status=409, view=view, is_changed=True)
    return go_confirming(request, "/campaigns", Confirmation.DRAFT_DELETED)


def next_step(view: CampaignView) -> str:
    """Return the first step of a draft that is not done."""
    content = view.content
    if not content.name or view.upload_id is None:
        return "recipients"
    if any(is_blank(text) for text in (*content.texts.values(), *content.second_texts.values())):
        return "content"
    return "options"


async def _show(request: Request, campaign_id: UUID, viewer: SignedIn, block: str | None = None) -> Response:
    begun = time.perf_counter()
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await campaign_view(session, viewer.caller, campaign_id)
    second = view.second_counters
    back, _ = CAMPAIGN_LISTS.back(request)
    made_in_ms = (time.perf_counter() - begun) * 1000
    return page(
        request,
        "pages/campaign.html",
        block=block,
        view=view,
        row=view.row,
        counters=view.row.counters,
        next_step=next_step(view),
        progress_now=progress_of(view.row, now(), made_in_ms, second_open=second.open if second else 0),
        final_statuses=[status for status in STATUS_MEANINGS if status.is_final],
        now=now(),
        is_update=block is not None,
        back=back,
    )
