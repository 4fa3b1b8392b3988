"""The first page after signing in."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.permissions import Permission
from services.dashboards import home_numbers
from web.access import SignedIn, database_of, now, requires
from web.pages import page

router = APIRouter()


@router.get("/")
async def show_home(
    request: Request, viewer: Annotated[SignedIn, Depends(requires(Permission.VIEW_CAMPAIGNS))]
) -> Response:
    """Show what runs, what waits, and the figures of today and of the month."""
    async with database_of(request).transaction() as session:
        numbers = await home_numbers(session, viewer.caller, now())
    return page(request, "pages/home.html", numbers=numbers, today=now())
