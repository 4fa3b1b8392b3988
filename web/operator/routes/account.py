"""An operator's own account: password, and where one is signed in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.operator_permissions import OperatorPermission
from domain.sign_in_steps import SignInStep
from web import account_pages
from web.access import FINISHED
from web.operator.access import SignedInOperator, requires_operator

router = APIRouter(prefix="/operator/account")
Owner = Annotated[SignedInOperator, Depends(requires_operator(OperatorPermission.SIGN_IN))]
Confirming = Annotated[
    SignedInOperator,
    Depends(requires_operator(OperatorPermission.SIGN_IN, steps=FINISHED | {SignInStep.ENROLMENT})),
]


@router.get("")
async def show_account(request: Request, viewer: Owner) -> Response:
    """Show the account and its open sessions."""
    return await account_pages.show_account(request, viewer.operator)


@router.get("/stay")
async def stay_signed_in(viewer: Owner) -> Response:
    """Answer that one is still signed in; having asked is what keeps the session open."""
    return Response(status_code=204)


@router.post("/sessions/{session_id}/end")
async def end_one_session(request: Request, session_id: UUID, viewer: Owner) -> Response:
    """Sign another browser of one's own out."""
    return await account_pages.end_one_session(request, viewer.operator, session_id)


@router.post("/end-other-sessions")
async def end_other_sessions(request: Request, viewer: Owner) -> Response:
    """Sign out everywhere but here."""
    return await account_pages.end_others(request, viewer.operator)


@router.get("/password")
async def ask_password(request: Request, viewer: Owner) -> Response:
    """Show the form."""
    return account_pages.password_page(request, viewer.operator)


@router.post("/password")
async def set_password(request: Request, viewer: Owner) -> Response:
    """Change the password."""
    return await account_pages.take_new_password(request, viewer.operator)


@router.get("/confirm")
async def ask_confirmation(
    request: Request,
    viewer: Confirming,
    next: str = "/operator/account",  # noqa: A002
) -> Response:
    """Ask for the password before something sensitive."""
    return account_pages.confirmation_page(request, viewer.operator, next)


@router.post("/confirm")
async def give_confirmation(request: Request, viewer: Confirming) -> Response:
    """Go on if it is right."""
    return await account_pages.take_confirmation(request, viewer.operator)
