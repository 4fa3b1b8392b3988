"""Step 2 of composing: the channel and the texts, with counts and a preview while writing."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.campaigns import CampaignContent
from domain.messages import ChannelPlan
from domain.permissions import Permission
from services.campaign_reports import CampaignView
from web.access import SignedIn, database_of, now, requires
from web.autosave import autosave_step
from web.confirmations import go_confirming
from web.conflicts import conflict_page, is_conflict
from web.csrf import read_form
from web.drafts import changed, load_draft, recipients_of, save_changes, terms_today
from web.forms.fields import choice_of, text_of
from web.forms.follow_up import FOLLOW_UP_FIELDS, follow_up_in
from web.forms.problems import problems_at
from web.forms.steps import (
    CONTENT,
    Fields,
    as_form,
    kept_beside,
    shown_fields,
    too_long,
    typed_in,
    version_of,
)
from web.pages import go, page
from web.previews import first_values, previews_of
from web.wording.campaigns import CHANNEL_PLAN_HINTS
from web.wording.confirmations import Confirmation
from web.wording.follow_ups import FOLLOW_UP_CHOICES
from web.wording.problems import FieldError

router = APIRouter()
Writer = Annotated[SignedIn, Depends(requires(Permission.SAVE_DRAFTS))]

_FIELDS = ("sms_text", "rcs_text", *FOLLOW_UP_FIELDS)


@router.get("/campaigns/{campaign_id}/content")
async def show_content(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Show the texts of a draft."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id)
        return await _form(request, session, viewer, view, shown_fields(CONTENT, view))


@router.post("/campaigns/{campaign_id}/content")
async def save_content(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Save the texts, finished or not, and go on, back, or away; or only count them.

    Only going on needs texts that can be sent (P-9).
    """
    form = await read_form(request)
    action = text_of(form, "action")
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id, lock=True)
        typed = typed_in(CONTENT, form, shown_fields(CONTENT, view))
        if action in ("preview", "edit"):
            return await _form(request, session, viewer, view, typed, kept=text_of(form, "version"))
        if errors := too_long(CONTENT, typed):
            return await _form(request, session, viewer, view, typed, errors, kept=text_of(form, "version"))
        if is_conflict(CONTENT, view, form, typed):
            address = f"/campaigns/{campaign_id}/content"
            return await conflict_page(
                request, session, viewer, view, CONTENT, typed, address=address, then=action or "next"
            )
        view = await _save(session, viewer, view, typed)
        upload = await recipients_of(session, viewer, view)
        errors = problems_at(_FIELDS, view.content, upload.column_names if upload else None, now())
        if errors and action not in ("save", "back"):
            return await _form(request, session, viewer, view, typed, errors)
    if action == "save":
        return go_confirming(request, f"/campaigns/{campaign_id}", Confirmation.DRAFT_SAVED)
    return go(f"/campaigns/{campaign_id}/{'file' if action == 'back' else 'options'}")


@router.post("/campaigns/{campaign_id}/content/autosave")
async def autosave_content(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Save the texts while they are being written."""
    return await autosave_step(request, viewer, campaign_id, CONTENT, _save)


@router.post("/campaigns/{campaign_id}/content/preview")
async def preview_content(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Count and show the texts as they are being written; nothing is saved."""
    form = await read_form(request)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id)
        upload, terms = await recipients_of(session, viewer, view), await terms_today(session, viewer)
        values = await first_values(session, viewer, upload)
    content = content_of(form, view.content)
    return page(
        request,
        "pages/compose_content.html",
        block="preview",
        previews=previews_of(content.texts, values, terms.part_table),
        second_previews=previews_of(content.second_texts, values, terms.part_table),
        is_update=True,
    )


def content_of(form: FormData, content: CampaignContent) -> CampaignContent:
    """Return the content with the posted channel and texts. A text the plan does not use is kept."""
    return changed(
        content,
        channel_plan=choice_of(form, "channel_plan", ChannelPlan) or content.channel_plan,
        sms_text=text_of(form, "sms_text") or None,
        rcs_text=text_of(form, "rcs_text") or None,
        follow_up=follow_up_in(form),
    )


async def _save(session: AsyncSession, viewer: SignedIn, view: CampaignView, typed: Fields) -> CampaignView:
    content = content_of(as_form(typed), view.content)
    return await save_changes(session, viewer, view, content, kept_beside(CONTENT, view, typed, content))


async def _form(
    request: Request,
    session: AsyncSession,
    viewer: SignedIn,
    view: CampaignView,
    typed: Fields,
    errors: Sequence[FieldError] = (),
    kept: str = "",
) -> Response:
    """Show ``typed``. ``kept`` is the version the typing began from, where nothing was saved since."""
    upload, terms = await recipients_of(session, viewer, view), await terms_today(session, viewer)
    values = await first_values(session, viewer, upload)
    content = content_of(as_form(typed), view.content)
    return page(
        request,
        "pages/compose_content.html",
        status=422 if errors else 200,
        view=view,
        shown=typed,
        version=kept or version_of(CONTENT, view),
        columns=upload.column_names if upload else (),
        previews=previews_of(content.texts, values, terms.part_table),
        second_previews=previews_of(content.second_texts, values, terms.part_table),
        is_update=False,
        plan_hints=CHANNEL_PLAN_HINTS,
        triggers=FOLLOW_UP_CHOICES,
        errors=errors,
    )
