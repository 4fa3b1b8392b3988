"""Steps 4 and 5: what is wrong with which row, then everything once more before the paid action."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.permissions import Permission
from domain.recipient_files import ADDED_COLUMNS
from models.recipient_upload import UploadSource
from services.campaign_check import CampaignCheck, CheckChange, check_campaign
from services.campaign_registration import CampaignRefused, CheckOutdated, register_campaign
from services.campaign_reports import CampaignView
from services.campaigns import CampaignNotFound
from services.database import Database
from services.recipient_uploads import ErrorRow, StoredUpload, error_rows, upload_view
from web.access import SignedIn, database_of, delivery_of, now, requires
from web.confirmations import go_confirming
from web.csrf import read_form
from web.csv_files import csv_file_name, csv_stream
from web.drafts import load_draft, recipients_of
from web.forms.fields import text_of
from web.forms.follow_up import FOLLOW_UP_FIELDS
from web.forms.problems import explained
from web.pages import go, page
from web.wording.checks import (
    WARNINGS,
    changed_words,
    problem_column,
    problem_mend,
    problem_what,
    repair_word,
)
from web.wording.confirmations import Confirmation

router = APIRouter()
Writer = Annotated[SignedIn, Depends(requires(Permission.SAVE_DRAFTS))]
Sender = Annotated[SignedIn, Depends(requires(Permission.SEND_CAMPAIGNS))]

_STEP_OF_FIELD = {
    "name": "recipients",
    "recipients": "file",
    "sms_text": "content",
    "rcs_text": "content",
    **dict.fromkeys(FOLLOW_UP_FIELDS, "content"),
    "send_at": "options",
    "carriers": "options",
    "exclude_opt_outs": "options",
    "recycling_reference_on": "options",
}


@router.get("/campaigns/{campaign_id}/rows")
async def show_rows(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Show which rows cannot be sent to, and why; and what was repaired."""
    view, check = await _load(request, viewer, campaign_id)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        upload = await recipients_of(session, viewer, view)
    if check.needs_check:
        return go(f"/campaigns/{campaign_id}/check")
    return page(
        request,
        "pages/recipient_rows.html",
        view=view,
        check=check,
        is_typed=upload is not None and upload.source is UploadSource.TYPED,
        repairs={repair_word(kind): count for kind, count in (check.repairs or {}).items()},
    )


@router.get("/campaigns/{campaign_id}/error-rows.csv")
async def download_error_rows(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Hand out the refused rows with their reasons, to be mended and uploaded again (P-11)."""
    database = database_of(request)
    async with database.transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id)
        if view.upload_id is None:
            raise CampaignNotFound(str(campaign_id))
        upload = await upload_view(session, viewer.caller, view.upload_id)
    name = csv_file_name("送信できない行", view.row.name, at=now())
    return csv_stream(name, _error_lines(database, viewer, upload))


@router.get("/campaigns/{campaign_id}/check")
async def show_check(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Show people, parts, yen, exclusions, time and three samples before anything is sent."""
    view, check = await _load(request, viewer, campaign_id)
    return _check(request, view, check)


@router.post("/campaigns/{campaign_id}/send")
async def send(request: Request, campaign_id: UUID, viewer: Sender) -> Response:
    """Register the campaign with exactly the numbers that were shown; a second click finds the first."""
    form = await read_form(request)
    shown = text_of(form, "recipients")
    try:
        async with database_of(request).transaction(viewer.caller.company_id) as session:
            registration = await register_campaign(
                session,
                viewer.caller,
                campaign_id,
                expected_recipients=int(shown) if shown.isdecimal() else 0,
                check_token=text_of(form, "check_token"),
                now=now(),
            )
    except (CheckOutdated, CampaignRefused) as refusal:
        async with database_of(request).transaction(viewer.caller.company_id) as session:
            view = await load_draft(session, viewer, campaign_id)
        changes = [*refusal.check.changes_since(text_of(form, "check_token"))]
        if shown != str(refusal.check.recipients):
            changes.append(CheckChange.RECIPIENTS)
        outdated = changed_words(changes) if isinstance(refusal, CheckOutdated) else ""
        return _check(request, view, refusal.check, outdated=outdated, status=422)
    await delivery_of(request).start_campaign(viewer.caller.company_id, registration.campaign_id)
    if registration.repeated:
        return go(f"/campaigns/{campaign_id}")
    done = Confirmation.CAMPAIGN_SCHEDULED if registration.is_scheduled else Confirmation.CAMPAIGN_SENT
    return go_confirming(request, f"/campaigns/{campaign_id}", done)


async def _load(request: Request, viewer: SignedIn, campaign_id: UUID) -> tuple[CampaignView, CampaignCheck]:
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id)
        return view, await check_campaign(session, viewer.caller, campaign_id, now())


def _check(
    request: Request,
    view: CampaignView,
    check: CampaignCheck,
    *,
    outdated: str = "",
    status: int = 200,
) -> Response:
    steps = {found.field: _STEP_OF_FIELD.get(found.field, "options") for found in check.problems}
    return page(
        request,
        "pages/campaign_check.html",
        status=status,
        view=view,
        check=check,
        problems=[(error, steps[error.field]) for error in explained(check.problems)],
        warnings=[WARNINGS[warning] for warning in check.warnings],
        outdated=outdated,
    )


async def _error_lines(
    database: Database, viewer: SignedIn, upload: StoredUpload
) -> AsyncIterator[list[list[str | int]]]:
    columns = [column.name for column in upload.shape.columns]
    yield [[*columns, *ADDED_COLUMNS]]
    after = 0
    while True:
        async with database.transaction(viewer.caller.company_id) as session:
            rows = await error_rows(session, viewer.caller, upload.id, after=after)
        if not rows:
            return
        yield [_error_line(row, len(columns)) for row in rows]
        after = rows[-1].row_number


def _error_line(row: ErrorRow, width: int) -> list[str | int]:
    cells = [*row.cells, *[""] * (width - len(row.cells))][:width]
    return [
        *cells,
        row.row_number,
        "、".join(problem_column(problem) for problem in row.problems),
        "、".join(problem_what(problem) for problem in row.problems),
        "".join(dict.fromkeys(problem_mend(problem) for problem in row.problems)),
    ]
