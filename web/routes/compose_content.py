"""Step 2 of composing: the channel and the texts, with counts and a preview while writing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.campaigns import CampaignContent, endless_problems
from domain.messages import ChannelPlan
from domain.permissions import Permission
from services.campaign_reports import CampaignView
from services.contracts import Terms
from services.recipient_uploads import StoredUpload
from web.access import SignedIn, database_of, now, requires
from web.confirmations import go_confirming
from web.csrf import read_form
from web.drafts import changed, load_draft, recipients_of, save_changes, terms_today
from web.forms.fields import choice_of, text_of
from web.forms.follow_up import FOLLOW_UP_FIELDS, follow_up_in
from web.forms.problems import explained, problems_at
from web.pages import go, page
from web.previews import previews_of
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
    view, upload, terms = await _load(request, viewer, campaign_id)
    return _form(request, view, view.content, upload, terms, [])


@router.post("/campaigns/{campaign_id}/content")
async def save_content(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Save the texts and go on, save them as they are for later, or only count them."""
    form = await read_form(request)
    action = text_of(form, "action")
    view, upload, terms = await _load(request, viewer, campaign_id)
    content = content_of(form, view.content)
    if action == "preview":
        return _form(request, view, content, upload, terms, [])
    if action == "save":
        # However incomplete, but not what is too long to be read again.
        errors = explained(endless_problems(content))
    else:
        errors = problems_at(_FIELDS, content, upload.column_names if upload else None, now())
    if errors:
        return _form(request, view, content, upload, terms, errors, status=422)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        await save_changes(session, viewer, view, content)
    if action == "save":
        return go_confirming(request, f"/campaigns/{campaign_id}", Confirmation.DRAFT_SAVED)
    return go(f"/campaigns/{campaign_id}/options")


@router.post("/campaigns/{campaign_id}/content/preview")
async def preview_content(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Count and show the texts as they are being written; nothing is saved."""
    form = await read_form(request)
    view, upload, terms = await _load(request, viewer, campaign_id)
    content = content_of(form, view.content)
    return page(
        request,
        "pages/compose_content.html",
        block="preview",
        previews=previews_of(content.texts, upload, terms.part_table),
        second_previews=previews_of(content.second_texts, upload, terms.part_table),
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


async def _load(
    request: Request, viewer: SignedIn, campaign_id: UUID
) -> tuple[CampaignView, StoredUpload | None, Terms]:
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id)
        return view, await recipients_of(session, viewer, view), await terms_today(session, viewer)


def _form(
    request: Request,
    view: CampaignView,
    content: CampaignContent,
    upload: StoredUpload | None,
    terms: Terms,
    errors: list[FieldError],
    status: int = 200,
) -> Response:
    return page(
        request,
        "pages/compose_content.html",
        status=status,
        view=view,
        content=content,
        columns=upload.column_names if upload else (),
        previews=previews_of(content.texts, upload, terms.part_table),
        second_previews=previews_of(content.second_texts, upload, terms.part_table),
        is_update=False,
        plan_hints=CHANNEL_PLAN_HINTS,
        triggers=FOLLOW_UP_CHOICES,
        errors=errors,
    )
