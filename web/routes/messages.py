"""One message: what became of it and everything that happened on the way (L-2)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.permissions import Permission
from services.message_details import message_detail
from web.access import SignedIn, database_of, delivery_of, requires
from web.pages import page
from web.wording.messages import REASON_MEANINGS, STATUS_MEANINGS

router = APIRouter()


@router.get("/messages/{message_id}")
async def show_message(
    request: Request,
    message_id: UUID,
    viewer: Annotated[SignedIn, Depends(requires(Permission.VIEW_REPORTS))],
) -> Response:
    """Show one message with its timeline, and for operators the way to its workflow."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        detail = await message_detail(session, viewer.caller, message_id)
    reason = detail.row.reason
    return page(
        request,
        "pages/message.html",
        detail=detail,
        message=detail.row,
        status_meaning=STATUS_MEANINGS[detail.row.status],
        reason_meaning=REASON_MEANINGS[reason] if reason else None,
        operator_url=delivery_of(request).message_url(message_id),
    )
