"""The delivery log (L-1, P-5). A phone number to look for is posted and kept; no address holds it."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.carriers import Carrier, Channel
from domain.messages import MessageStatus
from domain.permissions import Permission
from services.campaigns import CampaignNotFound, load_campaign
from services.delivery_log import InvalidPhoneNumber, LogRow, count_messages, search_messages
from services.paging import InvalidCursor, Page, RowCount
from services.stored_searches import KeptFor
from web.access import SignedIn, database_of, now, requires
from web.csrf import read_form
from web.forms.fields import text_of
from web.forms.log_search import LogSearch, forgotten_search, typed_fields, unreadable_number
from web.forms.search_reading import SearchReader
from web.lists import MESSAGE_LISTS, SEARCH, kept_under, list_address, paging_of, typed_before
from web.pages import go, page
from web.wording import word
from web.wording.problems import UNREADABLE_PAGE, FieldError

router = APIRouter()
Reporter = Annotated[SignedIn, Depends(requires(Permission.VIEW_REPORTS))]

PAGE_SIZE = 50
_NOTHING: Page[LogRow] = Page((), None)


@router.get("/log")
async def show_log(request: Request, viewer: Reporter) -> Response:
    """Show messages of the last three months, filtered by what the address says."""
    reader = SearchReader(FormData(dict(request.query_params)))
    search = LogSearch.of(reader)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        number = await typed_before(request, session, viewer.user, KeptFor.NUMBER_SEARCH)
        if number is None:
            reader.errors.append(forgotten_search("phone_number", "電話番号"))
        search = search.of_number(number or "")
        campaign_name = await _campaign_name(session, viewer, search, reader)
        found, total = await _find(request, session, viewer, search, reader)
    return _page(request, search, reader, campaign_name, found, total)


@router.post("/log")
async def search_log(request: Request, viewer: Reporter) -> Response:
    """Keep the number that was typed, and lead on to an address without it."""
    form = await read_form(request)
    fields = typed_fields(form)
    if number := text_of(form, "phone_number").strip():
        async with database_of(request).transaction(viewer.caller.company_id) as session:
            fields[SEARCH] = await kept_under(request, session, viewer.user, KeptFor.NUMBER_SEARCH, number)
    return go(list_address("/log", fields))


async def _campaign_name(
    session: AsyncSession, viewer: SignedIn, search: LogSearch, reader: SearchReader
) -> str | None:
    if search.campaign_id is None:
        return None
    try:
        return str((await load_campaign(session, viewer.caller, search.campaign_id)).name)
    except CampaignNotFound:
        what, mend = "指定された案件が見つかりません。", "「外す」を選ぶと、すべての案件から探します。"
        reader.remarks.append(FieldError("chip-campaign", what, mend))
        return None


async def _find(
    request: Request, session: AsyncSession, viewer: SignedIn, search: LogSearch, reader: SearchReader
) -> tuple[Page[LogRow], RowCount | None]:
    if reader.errors:
        return _NOTHING, None
    wanted, at = search.log_filter(), now()
    cursor = request.query_params.get("cursor")
    try:
        total = await count_messages(session, viewer.caller, wanted, now=at)
        try:
            found = await search_messages(session, viewer.caller, wanted, cursor, PAGE_SIZE, now=at)
        except InvalidCursor:
            reader.remarks.append(UNREADABLE_PAGE)
            found = await search_messages(session, viewer.caller, wanted, None, PAGE_SIZE, now=at)
    except InvalidPhoneNumber as invalid:
        reader.errors.append(unreadable_number(invalid.reason))
        return _NOTHING, None
    return found, total


def _page(
    request: Request,
    search: LogSearch,
    reader: SearchReader,
    campaign_name: str | None,
    found: Page[LogRow],
    total: RowCount | None,
) -> Response:
    fields = search.fields()
    if kept := request.query_params.get(SEARCH):
        fields[SEARCH] = kept
    paging = paging_of(request, "/log", fields, found, total, PAGE_SIZE)
    response = page(
        request,
        "pages/delivery_log.html",
        status=422 if reader.errors else 200,
        errors=[*reader.errors, *reader.remarks],
        search=search,
        status_code=422 if reader.errors else 200,
        chips=[
            (name, words, list_address("/log", {key: value for key, value in fields.items() if key != name}))
            for name, words in search.chips(campaign_name)
        ],
        messages=found.items,
        paging=paging,
        statuses=_options(MessageStatus),
        channels=_options(Channel),
        carriers=_options(Carrier),
        sequences=[("first", "1通目"), ("second", "2通目")],
    )
    MESSAGE_LISTS.remember(response, request, paging.here)
    return response


def _options(members: type[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, word(member)) for member in members]
