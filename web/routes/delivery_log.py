"""The delivery log (L-1, P-5). A phone number to look for is posted, it never stands in an address."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.carriers import Carrier, Channel
from domain.messages import MessageStatus
from domain.permissions import Permission
from services.delivery_log import InvalidPhoneNumber, LogRow, search_messages
from services.paging import InvalidCursor, Page
from web.access import SignedIn, database_of, now, requires
from web.csrf import read_form
from web.forms.log_search import LogSearch, unreadable_number
from web.pages import go, page
from web.wording import word
from web.wording.problems import FieldError

router = APIRouter()
Reporter = Annotated[SignedIn, Depends(requires(Permission.VIEW_REPORTS))]

PAGE_SIZE = 50


@router.get("/log")
async def show_log(request: Request, viewer: Reporter) -> Response:
    """Show messages of the last three months, filtered by what the address says."""
    return await _show(request, viewer, LogSearch.of(FormData(dict(request.query_params))))


@router.post("/log")
async def search_log(request: Request, viewer: Reporter) -> Response:
    """The same with a phone number; this form changes nothing and may be sent again."""
    search = LogSearch.of(await read_form(request))
    if search.phone_number:
        return await _show(request, viewer, search)
    return go(f"/log?{search.query()}" if search.query() else "/log")


async def _show(request: Request, viewer: SignedIn, search: LogSearch) -> Response:
    errors: list[FieldError] = []
    found: Page[LogRow] = Page((), None)
    try:
        async with database_of(request).transaction(viewer.caller.company_id) as session:
            found = await search_messages(
                session,
                viewer.caller,
                search.log_filter(),
                now=now(),
                cursor=search.cursor or None,
                limit=PAGE_SIZE,
            )
    except InvalidPhoneNumber as invalid:
        errors.append(unreadable_number(invalid.reason))
    except InvalidCursor:
        return go("/log")
    return page(
        request,
        "pages/delivery_log.html",
        status=422 if errors else 200,
        errors=errors,
        search=search,
        messages=found.items,
        next_cursor=found.next_cursor,
        statuses=_options(MessageStatus),
        channels=_options(Channel),
        carriers=_options(Carrier),
        sequences=[("first", "1通目"), ("second", "2通目")],
    )


def _options(members: type[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, word(member)) for member in members]
