"""What an administrator does to one user after a page that says what it means: delete, reset (C-2, C-5)."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.company_users import (
    UserRefused,
    delete_user,
    find_user,
    reset_by_issuer,
    reset_second_factor,
)
from web.access import SignedIn, database_of, now
from web.confirmations import go_confirming
from web.mail_posting import changing, secret_box_of
from web.pages import page
from web.routes.users import Confirmed
from web.wording.accounts import explain_user
from web.wording.confirmations import Confirmation
from web.wording.problems import FieldError

router = APIRouter(prefix="/users/{user_id}")


@router.get("/delete")
async def ask_delete(request: Request, user_id: UUID, viewer: Confirmed) -> Response:
    """Say what a deletion means, and that only the service desk undoes it."""
    return await _page(request, "pages/user_delete.html", viewer, user_id)


@router.post("/delete")
async def delete(request: Request, user_id: UUID, viewer: Confirmed) -> Response:
    """Delete the user; signed out everywhere at once."""
    try:
        async with changing(request, viewer.caller.company_id) as session:
            await delete_user(session, viewer.caller, user_id, now())
    except UserRefused as refusal:
        errors = [explain_user(refusal.problem)]
        return await _page(request, "pages/user_delete.html", viewer, user_id, errors, status=422)
    return go_confirming(request, "/users", Confirmation.USER_DELETED)


@router.get("/reset")
async def ask_reset(request: Request, user_id: UUID, viewer: Confirmed) -> Response:
    """Say what the mail will hold."""
    return await _page(request, "pages/user_reset.html", viewer, user_id)


@router.post("/reset")
async def reset(request: Request, user_id: UUID, viewer: Confirmed) -> Response:
    """Mail a code with which the user sets a new password."""
    try:
        async with changing(request, viewer.caller.company_id) as session:
            await reset_by_issuer(session, viewer.caller, user_id, secret_box_of(request), now())
    except UserRefused as refusal:
        errors = [explain_user(refusal.problem)]
        return await _page(request, "pages/user_reset.html", viewer, user_id, errors, status=422)
    return go_confirming(request, "/users", Confirmation.PASSWORD_RESET_MAILED)


@router.get("/second-factor")
async def ask_factor_reset(request: Request, user_id: UUID, viewer: Confirmed) -> Response:
    """Say when this is right: after asking the user in person."""
    return await _page(request, "pages/user_second_factor.html", viewer, user_id)


@router.post("/second-factor")
async def reset_factor(request: Request, user_id: UUID, viewer: Confirmed) -> Response:
    """Take the user's second factors away."""
    try:
        async with changing(request, viewer.caller.company_id) as session:
            await reset_second_factor(session, viewer.caller, user_id, now())
    except UserRefused as refusal:
        errors = [explain_user(refusal.problem)]
        return await _page(request, "pages/user_second_factor.html", viewer, user_id, errors, status=422)
    return go_confirming(request, "/users", Confirmation.SECOND_FACTOR_REMOVED)


async def _page(
    request: Request,
    template: str,
    viewer: SignedIn,
    user_id: UUID,
    errors: Sequence[FieldError] = (),
    status: int = 200,
) -> Response:
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        user = await find_user(session, viewer.caller, user_id, now())
    is_oneself = user.id == viewer.caller.user_id
    return page(request, template, status=status, user=user, is_oneself=is_oneself, errors=errors)
