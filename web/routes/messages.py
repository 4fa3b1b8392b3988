"""One message: what became of it and everything that happened on the way (L-2)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.audit import AuditAction
from domain.permissions import Permission
from services.audit import record_audit
from services.message_details import MessageDetail, message_detail
from services.stored_searches import KeptFor
from web.access import SignedIn, database_of, requires
from web.lists import MESSAGE_LISTS, SEARCH, kept_under, list_address, typed_before
from web.pages import go, page
from web.wording.messages import REASON_MEANINGS, STATUS_MEANINGS

router = APIRouter()


@router.get("/messages/{message_id}")
async def show_message(
    request: Request,
    message_id: UUID,
    viewer: Annotated[SignedIn, Depends(requires(Permission.VIEW_REPORTS))],
) -> Response:
    """Show one message with its timeline. Its workflow is shown to operators, on their side."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        detail = await message_detail(session, viewer.caller, message_id)
        asked_for = await typed_before(request, session, viewer.user, KeptFor.NUMBER_SHOWN)
    return _page(request, detail, shows_number=asked_for == str(message_id))


@router.post("/messages/{message_id}/number")
async def show_number(
    request: Request,
    message_id: UUID,
    viewer: Annotated[SignedIn, Depends(requires(Permission.VIEW_REPORTS))],
) -> Response:
    """Lead on to the page with the whole number; that it was looked at is on record."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        await message_detail(session, viewer.caller, message_id)
        target = ("message", message_id)
        await record_audit(session, viewer.caller, AuditAction.NUMBERS_SHOWN, target=target)
        word = await kept_under(request, session, viewer.user, KeptFor.NUMBER_SHOWN, str(message_id))
    back, _ = MESSAGE_LISTS.back(request)
    return go(list_address(f"/messages/{message_id}", {SEARCH: word, "back": back}))


def _page(request: Request, detail: MessageDetail, *, shows_number: bool = False) -> Response:
    reason = detail.row.reason
    back, back_words = MESSAGE_LISTS.back(request)
    return page(
        request,
        "pages/message.html",
        detail=detail,
        message=detail.row,
        status_meaning=STATUS_MEANINGS[detail.row.status],
        reason_meaning=REASON_MEANINGS[reason] if reason else None,
        shows_number=shows_number,
        back=back,
        back_words=back_words,
    )
