"""The first page of the operators' side."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.operator_permissions import OperatorPermission
from web.operator.access import SignedInOperator, requires_operator
from web.pages import go

router = APIRouter()


@router.get("/operator")
async def operator_home(
    request: Request,
    viewer: Annotated[SignedInOperator, Depends(requires_operator(OperatorPermission.SIGN_IN))],
) -> Response:
    """Lead to what an operator looks at first: the links."""
    return go("/operator/links")
