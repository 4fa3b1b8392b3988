"""The list of campaigns."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.campaigns import CampaignStatus
from domain.permissions import Permission
from services.campaign_reports import campaign_status_counts, list_campaigns
from services.paging import InvalidCursor
from web.access import SignedIn, database_of, requires
from web.forms.fields import member_of
from web.pages import go, page

router = APIRouter()
Viewer = Annotated[SignedIn, Depends(requires(Permission.VIEW_CAMPAIGNS))]

PAGE_SIZE = 30


@router.get("/campaigns")
async def show_campaigns(
    request: Request, viewer: Viewer, status: str = "", q: str = "", cursor: str = ""
) -> Response:
    """Show campaigns, newest first, of one status or all, found by a part of their name."""
    chosen = member_of(status, CampaignStatus)
    try:
        async with database_of(request).transaction(viewer.caller.company_id) as session:
            counts = await campaign_status_counts(session, viewer.caller)
            found = await list_campaigns(
                session,
                viewer.caller,
                statuses=[chosen] if chosen else None,
                search=q.strip()[:100] or None,
                cursor=cursor or None,
                limit=PAGE_SIZE,
            )
    except InvalidCursor:
        return go("/campaigns")
    same = {key: value for key, value in (("status", status), ("q", q)) if value}
    following = urlencode({**same, "cursor": found.next_cursor}) if found.next_cursor else None
    return page(
        request,
        "pages/campaigns.html",
        campaigns=found.items,
        counts=counts,
        chosen=chosen,
        search=q,
        next_href=f"/campaigns?{following}" if following else None,
        first_href=f"/campaigns?{urlencode(same)}" if cursor else None,
    )
