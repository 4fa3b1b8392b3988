"""What our own staff did, for the one who answers for it: a page with filters, and a file (I11)."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.audit import OPERATOR_ACTIONS
from domain.operator_permissions import OperatorPermission
from web.audit_pages import AuditPlace, audit_file, audit_page
from web.operator.access import SignedInOperator, requires_operator
from web.wording.audit import OPERATOR_LEAD

router = APIRouter()
Viewer = Annotated[SignedInOperator, Depends(requires_operator(OperatorPermission.VIEW_AUDIT))]
_PLACE = AuditPlace("/operator/audit", OPERATOR_LEAD, OPERATOR_ACTIONS)


@router.get("/operator/audit")
async def show_operator_audit(request: Request, viewer: Viewer) -> Response:
    """Show our own staff's entries."""
    return await audit_page(request, viewer.caller, _PLACE)


@router.post("/operator/audit/file")
async def download_operator_audit(request: Request, viewer: Viewer) -> Response:
    """Hand out our own staff's entries that match as CSV."""
    return await audit_file(request, viewer.caller, _PLACE)
