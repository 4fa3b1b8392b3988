"""What end users wrote (L-1, R-5). A phone number to look for is posted, it never stands in an address."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.permissions import Permission
from services.delivery_log import InvalidPhoneNumber
from services.message_replies import ReceivedMessage, received_messages
from services.paging import InvalidCursor, Page
from web.access import SignedIn, database_of, now, requires
from web.csrf import read_form
from web.forms.fields import text_of
from web.forms.log_search import unreadable_number
from web.pages import go, page
from web.wording.problems import FieldError

router = APIRouter()
Reporter = Annotated[SignedIn, Depends(requires(Permission.VIEW_REPORTS))]

PAGE_SIZE = 50


@router.get("/log/received")
async def show_received(request: Request, viewer: Reporter, cursor: str = "") -> Response:
    """Show what the company received in the last three months."""
    return await _show(request, viewer, "", cursor)


@router.post("/log/received")
async def search_received(request: Request, viewer: Reporter) -> Response:
    """The same of one phone number; this form changes nothing and may be sent again."""
    form = await read_form(request)
    number = text_of(form, "phone_number").strip()
    return await _show(request, viewer, number, text_of(form, "cursor")) if number else go("/log/received")


async def _show(request: Request, viewer: SignedIn, phone_number: str, cursor: str) -> Response:
    errors: list[FieldError] = []
    found: Page[ReceivedMessage] = Page((), None)
    try:
        async with database_of(request).transaction(viewer.caller.company_id) as session:
            found = await received_messages(
                session,
                viewer.caller,
                phone_number=phone_number or None,
                cursor=cursor or None,
                limit=PAGE_SIZE,
                now=now(),
            )
    except InvalidPhoneNumber as invalid:
        errors.append(unreadable_number(invalid.reason))
    except InvalidCursor:
        return go("/log/received")
    return page(
        request,
        "pages/received_messages.html",
        status=422 if errors else 200,
        errors=errors,
        phone_number=phone_number,
        cursor=cursor,
        replies=found.items,
        next_cursor=found.next_cursor,
    )
