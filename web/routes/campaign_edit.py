"""Editing a scheduled send: one form, a page that shows what would change, then the change (P-3)."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.campaigns import CampaignStatus
from domain.permissions import Permission
from services.campaign_check import CampaignCheck, CheckChange, check_content
from services.campaign_registration import CampaignRefused, CheckOutdated, edit_scheduled
from services.campaign_reports import CampaignView, campaign_view
from services.campaigns import ChangedMeanwhile, NotEditable, load_campaign
from services.recipient_uploads import FileRefused, choose_phone_column, store_upload, upload_view
from web.access import SignedIn, database_of, delivery_of, now, requires
from web.confirmations import go_confirming
from web.conflicts import conflict_page, is_conflict
from web.csrf import read_form
from web.drafts import terms_today
from web.forms.fields import text_of, version_in
from web.forms.options import option_errors
from web.forms.problems import explained
from web.forms.recipients import RecipientsForm, refused
from web.forms.scheduled import edited_content, edited_list
from web.forms.steps import EDIT, Fields, as_pairs, shown_fields, too_long, typed_in, version_of
from web.pages import page
from web.previews import first_values, previews_of
from web.routes.compose_options import carrier_options
from web.wording.campaigns import CHANNEL_PLAN_HINTS
from web.wording.checks import WARNINGS, changed_words
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
        return await _form(request, session, viewer, view, shown_fields(EDIT, view))


@router.post("/campaigns/{campaign_id}/edit")
async def check_edit(request: Request, campaign_id: UUID, viewer: Sender) -> Response:
    """Check the edit and show it beside what holds now; nothing has changed yet."""
    form = await read_form(request)
    shown = text_of(form, "version")
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await _scheduled(session, viewer, campaign_id)
        typed = typed_in(EDIT, form, shown_fields(EDIT, view))
        errors = too_long(EDIT, typed)
        if not errors:
            errors += await _take_list(session, viewer, form, typed)
        if errors or text_of(form, "action") == "edit":
            return await _form(request, session, viewer, view, typed, errors, kept=shown)
        if is_conflict(EDIT, view, form, typed):
            return await _conflict(request, session, viewer, view, typed)
        content = edited_content(typed, view.content, await terms_today(session, viewer))
        check = await check_content(
            session, viewer.caller, content, edited_list(typed) or view.upload_id, now()
        )
        errors = option_errors(content, now())
        known = {error.field for error in errors}
        errors += [error for error in explained(check.problems) if error.field not in known]
        if errors:
            return await _form(request, session, viewer, view, typed, errors, kept=shown)
        return await _confirm(request, session, viewer, view, check, typed)


@router.post("/campaigns/{campaign_id}/edit/confirm")
async def edit(request: Request, campaign_id: UUID, viewer: Sender) -> Response:
    """Replace the scheduled send by what was shown, or show what has changed meanwhile."""
    form = await read_form(request)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        # Locked: what is compared here is what is replaced below.
        await load_campaign(session, viewer.caller, campaign_id, lock=True)
        view = await _scheduled(session, viewer, campaign_id)
        typed = typed_in(EDIT, form, shown_fields(EDIT, view))
        content = edited_content(typed, view.content, await terms_today(session, viewer))
        try:
            await edit_scheduled(
                session,
                viewer.caller,
                campaign_id,
                content,
                upload_id=edited_list(typed),
                check_token=text_of(form, "check_token"),
                expected_version=version_in(form),
                now=now(),
            )
        except ChangedMeanwhile:
            return await _conflict(request, session, viewer, view, typed)
        except CheckOutdated as outdated:
            changes = outdated.check.changes_since(text_of(form, "check_token"))
            return await _confirm(request, session, viewer, view, outdated.check, typed, changes)
        except CampaignRefused as refusal:
            return await _form(request, session, viewer, view, typed, explained(refusal.problems))
    await delivery_of(request).schedule_changed(campaign_id)
    return go_confirming(request, f"/campaigns/{campaign_id}", Confirmation.SCHEDULE_CHANGED)


async def _scheduled(session: AsyncSession, viewer: SignedIn, campaign_id: UUID) -> CampaignView:
    view = await campaign_view(session, viewer.caller, campaign_id)
    if not view.is_scheduled:
        raise NotEditable(CampaignStatus(view.row.status))
    return view


async def _take_list(
    session: AsyncSession, viewer: SignedIn, form: FormData, typed: Fields
) -> list[FieldError]:
    """Store a newly chosen file; a column that is not beyond doubt is taken as guessed."""
    posted = await RecipientsForm.of(form)
    if posted.content is None:
        return []
    try:
        upload = await store_upload(session, viewer.caller, posted.file_name, posted.content)
    except FileRefused as error:
        return refused(posted, error)
    if upload.phone_column is None and upload.shape.phone_column is not None:
        await choose_phone_column(session, viewer.caller, upload.id, upload.shape.phone_column.index)
    typed["upload_id"] = str(upload.id)
    return []


async def _conflict(
    request: Request, session: AsyncSession, viewer: SignedIn, view: CampaignView, typed: Fields
) -> Response:
    address = f"/campaigns/{view.row.id}/edit"
    return await conflict_page(request, session, viewer, view, EDIT, typed, address=address)


async def _form(
    request: Request,
    session: AsyncSession,
    viewer: SignedIn,
    view: CampaignView,
    typed: Fields,
    errors: Sequence[FieldError] = (),
    kept: str = "",
) -> Response:
    """Show ``typed``. ``kept`` is the version the typing began from."""
    terms = await terms_today(session, viewer)
    content = edited_content(typed, view.content, terms)
    upload_id = edited_list(typed) or view.upload_id
    upload = await upload_view(session, viewer.caller, upload_id) if upload_id else None
    values = await first_values(session, viewer, upload)
    return page(
        request,
        "pages/campaign_edit.html",
        status=422 if errors else 200,
        view=view,
        shown=typed,
        version=kept or version_of(EDIT, view),
        terms=terms,
        upload=upload,
        columns=upload.column_names if upload else (),
        previews=previews_of(content.texts, values, terms.part_table),
        second_previews=previews_of(content.second_texts, values, terms.part_table),
        triggers=FOLLOW_UP_CHOICES,
        carriers=carrier_options(content.channel_plan),
        plan_hints=CHANNEL_PLAN_HINTS,
        errors=errors,
    )


async def _confirm(
    request: Request,
    session: AsyncSession,
    viewer: SignedIn,
    view: CampaignView,
    check: CampaignCheck,
    typed: Fields,
    changes: Sequence[CheckChange] = (),
) -> Response:
    upload = None
    if check.upload_id is not None:
        upload = await upload_view(session, viewer.caller, check.upload_id)
    return page(
        request,
        "pages/campaign_edit_confirm.html",
        status=422 if changes else 200,
        view=view,
        check=check,
        upload_name=upload.file_name if upload else None,
        version=version_of(EDIT, view),
        fields=as_pairs({**typed, "upload_id": str(check.upload_id or "")}),
        warnings=[WARNINGS[warning] for warning in check.warnings],
        outdated=changed_words(changes) if changes else "",
    )
