"""The list of campaigns."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.campaigns import MAX_NAME_CHARACTERS, CampaignStatus
from domain.permissions import Permission
from services.campaign_reports import CampaignRow, campaign_status_counts, count_campaigns, list_campaigns
from services.paging import InvalidCursor, Page, RowCount
from web.access import SignedIn, database_of, requires
from web.forms.fields import text_of
from web.forms.search_reading import SearchReader
from web.lists import CAMPAIGN_LISTS, paging_of
from web.pages import page
from web.wording.problems import UNREADABLE_PAGE, over_limit

router = APIRouter()
Viewer = Annotated[SignedIn, Depends(requires(Permission.VIEW_CAMPAIGNS))]

PAGE_SIZE = 30


@router.get("/campaigns")
async def show_campaigns(request: Request, viewer: Viewer) -> Response:
    """Show campaigns, newest first, of one status or all, found by a part of their name."""
    reader = SearchReader(FormData(dict(request.query_params)))
    chosen, name = reader.choice("status", "状態", CampaignStatus), text_of(reader.form, "q").strip()
    if len(name) > MAX_NAME_CHARACTERS:
        reader.errors.append(over_limit("q", "案件名", len(name), MAX_NAME_CHARACTERS))
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        counts = await campaign_status_counts(session, viewer.caller)
        found, total = await _find(request, session, viewer, chosen, name, reader)
    given = {"status": chosen.value if chosen else "", "q": name if not reader.errors else ""}
    fields = {key: value for key, value in given.items() if value}
    paging = paging_of(request, "/campaigns", fields, found, total, PAGE_SIZE)
    response = page(
        request,
        "pages/campaigns.html",
        status=422 if reader.errors else 200,
        errors=[*reader.errors, *reader.remarks],
        campaigns=found.items,
        counts=counts,
        chosen=chosen,
        search=name,
        paging=paging,
    )
    CAMPAIGN_LISTS.remember(response, request, paging.here)
    return response


async def _find(
    request: Request,
    session: AsyncSession,
    viewer: SignedIn,
    chosen: CampaignStatus | None,
    name: str,
    reader: SearchReader,
) -> tuple[Page[CampaignRow], RowCount | None]:
    if reader.errors:
        return Page((), None), None
    statuses, caller, wanted = [chosen] if chosen else None, viewer.caller, name or None
    total = await count_campaigns(session, caller, statuses=statuses, search=wanted)
    cursor: str | None = request.query_params.get("cursor")
    try:
        found = await list_campaigns(
            session, caller, statuses=statuses, search=wanted, cursor=cursor, limit=PAGE_SIZE
        )
    except InvalidCursor:
        reader.remarks.append(UNREADABLE_PAGE)
        found = await list_campaigns(session, caller, statuses=statuses, search=wanted, limit=PAGE_SIZE)
    return found, total
