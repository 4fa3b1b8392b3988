"""Reading a list in another way than it was found: encoding, header, sheet, hidden rows (P-11)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.permissions import Permission
from models.recipient_upload import UploadSource
from services.campaigns import note_change
from services.recipient_uploads import FileRefused, read_again
from web.access import SignedIn, database_of, requires
from web.csrf import read_form
from web.drafts import load_draft, recipients_of
from web.forms.reading import wanted_reading
from web.forms.recipients import file_problem
from web.pages import go
from web.routes.compose_recipients import file_page

router = APIRouter()
Writer = Annotated[SignedIn, Depends(requires(Permission.SAVE_DRAFTS))]


@router.post("/campaigns/{campaign_id}/reading")
async def change_reading(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Read the list as the form says and show the result; if that cannot be, say why and change nothing."""
    form = await read_form(request)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id, lock=True)
        upload = await recipients_of(session, viewer, view)
        if upload is None or upload.source is not UploadSource.FILE:
            return go(f"/campaigns/{campaign_id}/recipients")
        try:
            await read_again(session, viewer.caller, upload.id, wanted_reading(form, upload.shape))
            await note_change(session, viewer.caller, campaign_id)
        except FileRefused as refusal:
            errors = [file_problem(problem, "reading") for problem in refusal.problems if problem.code.blocks]
            return file_page(request, view, upload, errors, status=422)
    return go(f"/campaigns/{campaign_id}/file")
