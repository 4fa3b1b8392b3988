"""Editing a scheduled send: one form, a page that shows what would change, then the change (P-3)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.campaigns import CampaignContent, CampaignStatus
from domain.permissions import Permission
from services.campaign_check import CampaignCheck, check_content
from services.campaign_registration import CampaignRefused, CheckOutdated, edit_scheduled
from services.campaign_reports import CampaignView, campaign_view
from services.campaigns import NotEditable
from services.check_tokens import changes_between
from services.contracts import Terms
from services.recipient_uploads import FileRefused, choose_phone_column, store_upload, upload_view
from web.access import SignedIn, database_of, delivery_of, now, requires
from web.confirmations import go_confirming
from web.csrf import read_form
from web.drafts import recipients_of, terms_today
from web.forms.fields import id_of, text_of
from web.forms.options import option_errors, shown_options
from web.forms.problems import explained
from web.forms.recipients import RecipientsForm, refused
from web.forms.scheduled import edited_content, passed_on
from web.pages import page
from web.previews import previews_of
from web.routes.compose_options import carrier_options
from web.wording.campaigns import CHANNEL_PLAN_HINTS
from web.wording.checks import OUTDATED, WARNINGS
from web.wording.confirmations import Confirmation
from web.wording.follow_ups import FOLLOW_UP_CHOICES
from web.wording.problems import FieldError

router = APIRouter()
Sender = Annotated[SignedIn, Depends(requires(Permission.SEND_CAMPAIGNS))]


@router.get("/campaigns/{campaign_id}/edit")
async def show_edit(request: Request, campaign_id: UUID, viewer: Sender) -> Response:
    """Show a scheduled send as a form."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await _scheduled(session, viewer, campaign_id)
        frame = await _frame(session, viewer, view, view.content)
    return _form(request, frame, shown_options(None, view.content), [])


@router.post("/campaigns/{campaign_id}/edit")
async def check_edit(request: Request, campaign_id: UUID, viewer: Sender) -> Response:
    """Check the edit and show it beside what holds now; nothing has changed yet."""
    form = await read_form(request)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await _scheduled(session, viewer, campaign_id)
        terms = await terms_today(session, viewer)
        content = edited_content(form, view.content, terms)
        frame = await _frame(session, viewer, view, content)
        errors = option_errors(form, content, terms, now())
        try:
            upload_id = await _new_list(session, viewer, form) or view.upload_id
            check = await check_content(session, viewer.caller, content, upload_id, now())
        except FileRefused as error:
            errors += refused(await RecipientsForm.of(form), error)
        else:
            known = {error.field for error in errors}
            errors += [error for error in explained(check.problems) if error.field not in known]
    if errors:
        return _form(request, frame, shown_options(form, content), errors, status=422)
    return await _confirm(request, viewer, view, check, form)


@router.post("/campaigns/{campaign_id}/edit/confirm")
async def edit(request: Request, campaign_id: UUID, viewer: Sender) -> Response:
    """Replace the scheduled send by what was shown, or show what has changed meanwhile."""
    form = await read_form(request)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await _scheduled(session, viewer, campaign_id)
        terms = await terms_today(session, viewer)
    content = edited_content(form, view.content, terms)
    try:
        async with database_of(request).transaction(viewer.caller.company_id) as session:
            await edit_scheduled(
                session,
                viewer.caller,
                campaign_id,
                content,
                upload_id=id_of(form, "upload_id"),
                check_token=text_of(form, "check_token"),
                now=now(),
            )
    except CheckOutdated as outdated:
        return await _confirm(request, viewer, view, outdated.check, form, status=422)
    except CampaignRefused as refusal:
        async with database_of(request).transaction(viewer.caller.company_id) as session:
            frame = await _frame(session, viewer, view, content)
        errors = explained(refusal.problems)
        return _form(request, frame, shown_options(form, content), errors, status=422)
    await delivery_of(request).schedule_changed(campaign_id)
    return go_confirming(request, f"/campaigns/{campaign_id}", Confirmation.SCHEDULE_CHANGED)


async def _scheduled(session: AsyncSession, viewer: SignedIn, campaign_id: UUID) -> CampaignView:
    view = await campaign_view(session, viewer.caller, campaign_id)
    if not view.is_scheduled:
        raise NotEditable(CampaignStatus(view.row.status))
    return view


async def _new_list(session: AsyncSession, viewer: SignedIn, form: FormData) -> UUID | None:
    """Store a newly chosen file; a column that is not beyond doubt is taken as guessed."""
    posted = await RecipientsForm.of(form)
    if posted.content is None:
        return None
    upload = await store_upload(session, viewer.caller, posted.file_name, posted.content)
    if upload.phone_column is None and upload.shape.phone_column is not None:
        await choose_phone_column(session, viewer.caller, upload.id, upload.shape.phone_column.index)
    return upload.id


async def _frame(
    session: AsyncSession, viewer: SignedIn, view: CampaignView, content: CampaignContent
) -> dict[str, Any]:
    """Return what the form shows besides its fields."""
    upload = await recipients_of(session, viewer, view)
    terms: Terms = await terms_today(session, viewer)
    return {
        "view": view,
        "content": content,
        "terms": terms,
        "columns": upload.column_names if upload else (),
        "previews": previews_of(content.texts, upload, terms.part_table),
        "second_previews": previews_of(content.second_texts, upload, terms.part_table),
        "triggers": FOLLOW_UP_CHOICES,
        "carriers": carrier_options(view),
        "plan_hints": CHANNEL_PLAN_HINTS,
    }


def _form(
    request: Request,
    frame: dict[str, Any],
    shown: dict[str, Any],
    errors: list[FieldError],
    status: int = 200,
) -> Response:
    return page(request, "pages/campaign_edit.html", status=status, shown=shown, errors=errors, **frame)


async def _confirm(
    request: Request,
    viewer: SignedIn,
    view: CampaignView,
    check: CampaignCheck,
    form: FormData,
    status: int = 200,
) -> Response:
    upload = None
    if check.upload_id is not None:
        async with database_of(request).transaction(viewer.caller.company_id) as session:
            upload = await upload_view(session, viewer.caller, check.upload_id)
    change = changes_between(text_of(form, "check_token"), check.token)
    return page(
        request,
        "pages/campaign_edit_confirm.html",
        status=status,
        view=view,
        check=check,
        upload_name=upload.file_name if upload else None,
        fields=[*passed_on(form), ("upload_id", str(check.upload_id or ""))],
        warnings=[WARNINGS[warning] for warning in check.warnings],
        outdated=OUTDATED[change] if status != 200 else None,
    )
