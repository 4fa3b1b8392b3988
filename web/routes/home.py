"""The first page after signing in."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.campaigns import CampaignStatus
from domain.permissions import Permission
from services.campaign_reports import list_campaigns
from services.dashboards import home_numbers
from web.access import SignedIn, database_of, now, requires
from web.pages import page

router = APIRouter()


@router.get("/")
async def show_home(
    request: Request, viewer: Annotated[SignedIn, Depends(requires(Permission.VIEW_CAMPAIGNS))]
) -> Response:
    """Show what runs, what waits, what has ended, and the figures of today and of the month."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        numbers = await home_numbers(session, viewer.caller, now())
        done = await list_campaigns(session, viewer.caller, statuses=[CampaignStatus.COMPLETED], limit=5)
    return page(request, "pages/home.html", numbers=numbers, completed=done.items)
