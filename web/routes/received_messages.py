"""What end users wrote (L-1, R-5). A phone number to look for is posted and kept; no address holds it."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from domain.permissions import Permission
from services.delivery_log import InvalidPhoneNumber
from services.message_replies import ReceivedMessage, count_received, received_messages
from services.paging import InvalidCursor, Page, RowCount
from services.stored_searches import KeptFor
from web.access import SignedIn, database_of, now, requires
from web.csrf import read_form
from web.forms.fields import text_of
from web.forms.log_search import forgotten_search, unreadable_number
from web.lists import MESSAGE_LISTS, SEARCH, kept_under, list_address, paging_of, typed_before
from web.pages import go, page
from web.wording.problems import UNREADABLE_PAGE, FieldError

router = APIRouter()
Reporter = Annotated[SignedIn, Depends(requires(Permission.VIEW_REPORTS))]

PAGE_SIZE = 50
ADDRESS = "/log/received"


@router.get(ADDRESS)
async def show_received(request: Request, viewer: Reporter) -> Response:
    """Show what the company received in the last three months."""
    errors: list[FieldError] = []
    found: Page[ReceivedMessage] = Page((), None)
    total: RowCount | None = None
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        number = await typed_before(request, session, viewer.user, KeptFor.NUMBER_SEARCH)
        if number is None:
            errors.append(forgotten_search("phone_number", "電話番号"))
        else:
            try:
                found, total = await _find(request, session, viewer, number, errors)
            except InvalidPhoneNumber as invalid:
                errors.append(unreadable_number(invalid.reason))
    kept = request.query_params.get(SEARCH)
    paging = paging_of(request, ADDRESS, {SEARCH: kept} if kept else {}, found, total, PAGE_SIZE)
    response = page(
        request,
        "pages/received_messages.html",
        status=422 if errors and errors != [UNREADABLE_PAGE] else 200,
        errors=errors,
        phone_number=number or "",
        replies=found.items,
        paging=paging,
    )
    MESSAGE_LISTS.remember(response, request, paging.here)
    return response


@router.post(ADDRESS)
async def search_received(request: Request, viewer: Reporter) -> Response:
    """Keep the number that was typed, and lead on to an address without it."""
    number = text_of(await read_form(request), "phone_number").strip()
    if not number:
        return go(ADDRESS)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        kept = await kept_under(request, session, viewer.user, KeptFor.NUMBER_SEARCH, number)
    return go(list_address(ADDRESS, {SEARCH: kept}))


async def _find(
    request: Request, session: AsyncSession, viewer: SignedIn, number: str, errors: list[FieldError]
) -> tuple[Page[ReceivedMessage], RowCount | None]:
    cursor, at, wanted = request.query_params.get("cursor"), now(), number or None
    total = await count_received(session, viewer.caller, phone_number=wanted, now=at)
    try:
        found = await received_messages(
            session, viewer.caller, phone_number=wanted, cursor=cursor, limit=PAGE_SIZE, now=at
        )
    except InvalidCursor:
        errors.append(UNREADABLE_PAGE)
        found = await received_messages(session, viewer.caller, phone_number=wanted, limit=PAGE_SIZE, now=at)
    return found, total
