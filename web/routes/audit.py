"""Who did what, for the company's administrator: a page with filters, and a file (I11)."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.audit import COMPANY_ACTIONS
from domain.permissions import Permission
from web.access import SignedIn, requires
from web.audit_pages import AuditPlace, audit_file, audit_page
from web.wording.audit import COMPANY_LEAD

router = APIRouter()
Administrator = Annotated[SignedIn, Depends(requires(Permission.MANAGE_USERS))]
_PLACE = AuditPlace("/audit", COMPANY_LEAD, COMPANY_ACTIONS)


@router.get("/audit")
async def show_audit(request: Request, viewer: Administrator) -> Response:
    """Show the company's entries."""
    return await audit_page(request, viewer.caller, _PLACE)


@router.post("/audit/file")
async def download_audit(request: Request, viewer: Administrator) -> Response:
    """Hand out the company's entries that match as CSV."""
    return await audit_file(request, viewer.caller, _PLACE)
