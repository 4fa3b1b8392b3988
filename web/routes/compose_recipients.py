"""Step 1 of composing: name and recipients, then how the file was read and which column it is."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from domain.permissions import Permission
from services.campaign_reports import CampaignView
from services.campaigns import save_draft
from services.recipient_uploads import (
    FileRefused,
    StoredUpload,
    UnknownPhoneColumn,
    choose_phone_column,
    store_typed_numbers,
    store_upload,
)
from web.access import SignedIn, database_of, now, requires
from web.csrf import read_form
from web.drafts import EMPTY, changed, load_draft, recipients_of
from web.forms.fields import text_of
from web.forms.problems import problems_at
from web.forms.recipients import FILE, KEEP, TYPED, RecipientsForm, file_problem, refused
from web.pages import go, page
from web.wording.problems import FieldError

router = APIRouter()
Writer = Annotated[SignedIn, Depends(requires(Permission.SAVE_DRAFTS))]

_NEW = RecipientsForm("", FILE, "", "", None)


@router.get("/campaigns/new")
async def show_new(request: Request, viewer: Writer) -> Response:
    """Show an empty form."""
    return _form(request, _NEW, None, [])


@router.post("/campaigns/new")
async def create(request: Request, viewer: Writer) -> Response:
    """Make a draft with its recipients."""
    return await _save(request, viewer, None)


@router.get("/campaigns/{campaign_id}/recipients")
async def show_recipients(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Show the same form for a draft: its list is kept unless another is chosen."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id)
    form = RecipientsForm(view.content.name, KEEP if view.upload_id else FILE, "", "", None)
    return _form(request, form, view, [])


@router.post("/campaigns/{campaign_id}/recipients")
async def change_recipients(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Save name and recipients of a draft."""
    return await _save(request, viewer, campaign_id)


@router.get("/campaigns/{campaign_id}/file")
async def show_file(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Show how the list was read: encoding, header, first rows, the column with the numbers."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id)
        upload = await recipients_of(session, viewer, view)
    if upload is None:
        return go(f"/campaigns/{campaign_id}/recipients")
    return _file(request, view, upload, [])


@router.post("/campaigns/{campaign_id}/file")
async def choose_column(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Keep the chosen column and go on to the text."""
    chosen = text_of(await read_form(request), "phone_column")
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id)
        upload = await recipients_of(session, viewer, view)
        if upload is None:
            return go(f"/campaigns/{campaign_id}/recipients")
        try:
            await choose_phone_column(session, viewer.caller, upload.id, int(chosen))
        except (UnknownPhoneColumn, ValueError):
            error = FieldError(
                "phone_column", "電話番号の列が選ばれていません。", "番号が入っている列を選んでください。"
            )
            return _file(request, view, upload, [error], status=422)
    return go(f"/campaigns/{campaign_id}/content")


async def _save(request: Request, viewer: SignedIn, campaign_id: UUID | None) -> Response:
    form = await RecipientsForm.of(await read_form(request))
    view, upload_id = None, None
    try:
        async with database_of(request).transaction(viewer.caller.company_id) as session:
            if campaign_id is not None:
                view = await load_draft(session, viewer, campaign_id)
                upload_id = view.upload_id
            content = changed(view.content if view else EMPTY, name=form.name)
            errors = problems_at(("name",), content, None, now())
            keeps = form.source == KEEP and upload_id is not None
            missing = None if keeps else form.missing()
            errors += [missing] if missing else []
            if errors:
                return _form(request, form, view, errors, status=422)
            if not keeps:
                upload_id = (await _store(session, viewer, form)).id
            saved = await save_draft(
                session, viewer.caller, content, upload_id=upload_id, campaign_id=campaign_id
            )
    except FileRefused as error:
        return _form(request, form, view, refused(form, error), status=422)
    return go(f"/campaigns/{saved}/file")


async def _store(session: AsyncSession, viewer: SignedIn, form: RecipientsForm) -> StoredUpload:
    if form.source == TYPED:
        return await store_typed_numbers(session, viewer.caller, form.typed)
    return await store_upload(session, viewer.caller, form.file_name, form.content or b"")


def _form(
    request: Request,
    form: RecipientsForm,
    view: CampaignView | None,
    errors: list[FieldError],
    status: int = 200,
) -> Response:
    return page(request, "pages/compose_recipients.html", status=status, form=form, view=view, errors=errors)


def _file(
    request: Request,
    view: CampaignView,
    upload: StoredUpload,
    errors: list[FieldError],
    status: int = 200,
) -> Response:
    guessed = upload.shape.phone_column.index if upload.shape.phone_column else None
    notes = [file_problem(problem) for problem in upload.shape.problems]
    return page(
        request,
        "pages/compose_file.html",
        status=status,
        view=view,
        upload=upload,
        chosen=upload.phone_column if upload.phone_column is not None else guessed,
        notes=notes,
        errors=errors,
    )
