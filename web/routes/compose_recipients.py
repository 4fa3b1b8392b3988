"""Step 1 of composing: name and recipients, then how the file was read and which column it is."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.campaigns import CampaignContent
from domain.permissions import Permission
from domain.text_limits import MAX_TEXT_LENGTH
from models.recipient_upload import UploadSource
from services.campaign_reports import CampaignView
from services.campaigns import note_change, save_draft
from services.recipient_uploads import (
    FileRefused,
    StoredUpload,
    UnknownPhoneColumn,
    choose_phone_column,
    store_typed_numbers,
    store_upload,
    typed_numbers,
)
from web.access import SignedIn, database_of, now, requires
from web.autosave import autosave_answer
from web.confirmations import go_confirming
from web.conflicts import conflict_page, is_conflict
from web.csrf import read_form
from web.drafts import EMPTY, changed, load_draft, recipients_of, save_changes
from web.forms.fields import id_of, text_of
from web.forms.problems import problems_at
from web.forms.reading import encoding_choices, header_choices, sheet_choices
from web.forms.recipients import KEEP, TYPED, RecipientsForm, file_problem, refused
from web.forms.steps import (
    RECIPIENTS,
    Fields,
    as_form,
    fields_of,
    kept_beside,
    shown_fields,
    too_long,
    typed_in,
    version_of,
)
from web.pages import go, page
from web.wording.confirmations import Confirmation
from web.wording.problems import FieldError

router = APIRouter()
Writer = Annotated[SignedIn, Depends(requires(Permission.SAVE_DRAFTS))]


@router.get("/campaigns/new")
async def show_new(request: Request, viewer: Writer) -> Response:
    """Show an empty form."""
    return _form(request, fields_of(RECIPIENTS, EMPTY), None)


@router.post("/campaigns/new")
async def create(request: Request, viewer: Writer) -> Response:
    """Make a draft with its recipients."""
    return await _save(request, viewer, None)


@router.post("/campaigns/new/autosave")
async def autosave_new(request: Request, viewer: Writer) -> Response:
    """Make a draft of what is being typed; the page goes on as that draft's."""
    return await _autosave(request, viewer, None)


@router.get("/campaigns/{campaign_id}/recipients")
async def show_recipients(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Show the same form for a draft: its list is kept unless another is chosen."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id)
        typed = await _with_numbers(session, viewer, view, shown_fields(RECIPIENTS, view))
    return _form(request, typed, view)


@router.post("/campaigns/{campaign_id}/recipients")
async def change_recipients(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Save name and recipients of a draft."""
    return await _save(request, viewer, campaign_id)


@router.post("/campaigns/{campaign_id}/recipients/autosave")
async def autosave_recipients(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Save the name and the numbers while they are being typed; a file is taken with the button."""
    return await _autosave(request, viewer, campaign_id)


@router.get("/campaigns/{campaign_id}/file")
async def show_file(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Show how the list was read: encoding, header, first rows, the column with the numbers."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id)
        upload = await recipients_of(session, viewer, view)
    if upload is None or upload.source is UploadSource.TYPED:
        # Typed numbers are no file: they are mended where they were typed.
        return go(f"/campaigns/{campaign_id}/recipients")
    return file_page(request, view, upload, [])


@router.post("/campaigns/{campaign_id}/file")
async def choose_column(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Keep the chosen column and go on to the text."""
    form = await read_form(request)
    chosen = text_of(form, "phone_column")
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id, lock=True)
        upload = await recipients_of(session, viewer, view)
        if upload is None:
            return go(f"/campaigns/{campaign_id}/recipients")
        if changed_meanwhile := _changed_meanwhile(form, upload):
            return file_page(request, view, upload, [changed_meanwhile], status=409)
        try:
            await choose_phone_column(session, viewer.caller, upload.id, int(chosen))
            if upload.phone_column != int(chosen):
                await note_change(session, viewer.caller, campaign_id)
        except (UnknownPhoneColumn, ValueError):
            error = FieldError(
                "phone_column", "電話番号の列が選ばれていません。", "番号が入っている列を選んでください。"
            )
            return file_page(request, view, upload, [error], status=422)
    return go(f"/campaigns/{campaign_id}/content")


def _changed_meanwhile(form: FormData, upload: StoredUpload) -> FieldError | None:
    """Return what somebody else has done to the list since its columns were shown."""
    column, shown = upload.phone_column, text_of(form, "shown_column")
    if text_of(form, "upload_id") != str(upload.id):
        what = "画面を開いた後に、宛先が差し替えられました。"
    elif column is not None and str(column) not in (shown, text_of(form, "phone_column")):
        what = f"画面を開いた後に、電話番号の列が「{upload.shape.columns[column].name}」に変更されました。"
    else:
        return None
    return FieldError("phone_column", what, "下の今の内容を確かめて、電話番号の列を選び直してください。")


async def _save(request: Request, viewer: SignedIn, campaign_id: UUID | None) -> Response:
    posted = await read_form(request)
    form, action = await RecipientsForm.of(posted), text_of(posted, "action")
    view, typed, kept = None, fields_of(RECIPIENTS, EMPTY), text_of(posted, "version")
    try:
        async with database_of(request).transaction(viewer.caller.company_id) as session:
            if campaign_id is not None:
                view = await load_draft(session, viewer, campaign_id, lock=True)
                typed = shown_fields(RECIPIENTS, view)
            typed = typed_in(RECIPIENTS, posted, typed)
            if action == "edit":
                return _form(request, typed, view, kept=kept)
            errors = await _take_list(session, viewer, form, typed)
            if view is not None and is_conflict(RECIPIENTS, view, posted, typed):
                return await conflict_page(
                    request, session, viewer, view, RECIPIENTS, typed, address=request.url.path, then=action
                )
            refused_fields = too_long(RECIPIENTS, typed)
            errors = [*problems_at(("name",), _named(view, typed), None, now()), *errors]
            if refused_fields or (errors and action != "save" and view is None):
                return _form(request, typed, view, refused_fields or errors, kept=kept)
            view = await _keep(session, viewer, view, typed)
            if errors and action != "save":
                return _form(request, await _with_numbers(session, viewer, view, typed), view, errors)
            upload = await recipients_of(session, viewer, view)
    except FileRefused as error:
        return _form(request, typed, view, refused(form, error), kept=kept)
    if action == "save":
        return go_confirming(request, f"/campaigns/{view.row.id}", Confirmation.DRAFT_SAVED)
    step = "content" if upload is not None and upload.source is UploadSource.TYPED else "file"
    return go(f"/campaigns/{view.row.id}/{step}")


async def _autosave(request: Request, viewer: SignedIn, campaign_id: UUID | None) -> Response:
    posted = await read_form(request)
    view, typed = None, fields_of(RECIPIENTS, EMPTY)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        if campaign_id is not None:
            view = await load_draft(session, viewer, campaign_id, lock=True)
            typed = shown_fields(RECIPIENTS, view)
        typed = typed_in(RECIPIENTS, posted, typed)
        refused_fields = too_long(RECIPIENTS, typed)
        if not refused_fields and (view is None or not is_conflict(RECIPIENTS, view, posted, typed)):
            view = await _keep(session, viewer, view, typed)
            page_of_draft = f"/campaigns/{view.row.id}/recipients"
            return autosave_answer(version_of(RECIPIENTS, view), address=page_of_draft)
    return autosave_answer(None, refused_fields)


async def _take_list(
    session: AsyncSession, viewer: SignedIn, form: RecipientsForm, typed: Fields
) -> list[FieldError]:
    """Store a new list if one is given, and make it that of the draft; return what was forgotten."""
    if form.source == KEEP and typed["upload_id"]:
        return []
    missing = form.missing()
    if missing is None:
        stored = await _store(session, viewer, form)
        typed |= {"upload_id": str(stored.id), "source": KEEP, "typed": ""}
    return [missing] if missing else []


async def _with_numbers(session: AsyncSession, viewer: SignedIn, view: CampaignView, typed: Fields) -> Fields:
    """Return the fields with the numbers of a typed list, so that one wrong digit is mended in place."""
    if view.upload_id is None or typed["source"] != KEEP:
        return typed
    numbers = await typed_numbers(session, viewer.caller, view.upload_id)
    if numbers is None or len(numbers) > MAX_TEXT_LENGTH:
        return typed
    return {**typed, "source": TYPED, "typed": numbers}


def _named(view: CampaignView | None, typed: Fields) -> CampaignContent:
    return changed(view.content if view else EMPTY, name=str(typed["name"]))


async def _keep(
    session: AsyncSession, viewer: SignedIn, view: CampaignView | None, typed: Fields
) -> CampaignView:
    """Save name and list, finished or not, in a draft that is there or in a new one; return it."""
    content, upload_id = _named(view, typed), id_of(as_form(typed), "upload_id")
    if view is None:
        made = await save_draft(session, viewer.caller, content, upload_id=upload_id)
        view = await load_draft(session, viewer, made)
    kept = kept_beside(RECIPIENTS, view, typed, content)
    return await save_changes(session, viewer, view, content, kept, upload_id=upload_id)


async def _store(session: AsyncSession, viewer: SignedIn, form: RecipientsForm) -> StoredUpload:
    if form.source == TYPED:
        return await store_typed_numbers(session, viewer.caller, form.typed)
    return await store_upload(session, viewer.caller, form.file_name, form.content or b"")


def _form(
    request: Request,
    typed: Fields,
    view: CampaignView | None,
    errors: Sequence[FieldError] = (),
    kept: str = "",
) -> Response:
    """Show ``typed``. ``kept`` is the version the typing began from, where nothing was saved since."""
    return page(
        request,
        "pages/compose_recipients.html",
        status=422 if errors else 200,
        form=typed,
        view=view,
        version=kept or (version_of(RECIPIENTS, view) if view else ""),
        errors=errors,
    )


def file_page(
    request: Request,
    view: CampaignView,
    upload: StoredUpload,
    errors: list[FieldError],
    status: int = 200,
) -> Response:
    """Show how a list was read, the column with the numbers, and the ways to read it otherwise."""
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
        encodings=encoding_choices(upload.shape),
        headers=header_choices(upload.shape),
        sheets=sheet_choices(upload.shape),
    )
