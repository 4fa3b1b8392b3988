"""The own account: password, second factor, and where one is signed in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.permissions import Permission
from domain.sign_in_steps import SignInStep
from services.password_changes import PasswordChange, change_password, confirm_password
from services.user_sessions import end_other_sessions as end_others
from services.user_sessions import end_own_session, own_sessions, rotate_session
from web.access import FINISHED, SignedIn, database_of, now, requires
from web.cookies import set_session
from web.csrf import read_form
from web.forms.fields import own_address, text_of
from web.forms.passwords import CHANGE_ERRORS, new_password_errors
from web.mail_posting import changing
from web.pages import go, page
from web.throttling import unhurried
from web.wording.accounts import PASSWORD_WRONG
from web.wording.problems import FieldError

router = APIRouter(prefix="/account")
Owner = Annotated[SignedIn, Depends(requires(Permission.SIGN_IN))]
# Setting up a second factor is sensitive, and may be the last step of a sign-in.
Confirming = Annotated[
    SignedIn, Depends(requires(Permission.SIGN_IN, steps=FINISHED | {SignInStep.ENROLMENT}))
]


@router.get("")
async def show_account(request: Request, viewer: Owner) -> Response:
    """Show the account and its open sessions."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        sessions = await own_sessions(session, viewer.user, now())
    return page(request, "pages/account.html", user=viewer.user, sessions=sessions)


@router.post("/sessions/{session_id}/end")
async def end_one_session(request: Request, session_id: UUID, viewer: Owner) -> Response:
    """Sign another browser of one's own out; the current one has a button for that."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        await end_own_session(session, viewer.user, session_id)
    return go("/account")


@router.post("/end-other-sessions")
async def end_other_sessions(request: Request, viewer: Owner) -> Response:
    """Sign out everywhere but here."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        await end_others(session, viewer.user)
    return go("/account")


@router.get("/password")
async def ask_password(request: Request, viewer: Owner) -> Response:
    """Show the form; the rules stand before the fields."""
    return page(request, "pages/account_password.html", user=viewer.user, errors=[])


@router.post("/password")
async def set_password(request: Request, viewer: Owner) -> Response:
    """Change the password; all other sessions end."""
    form, user = await read_form(request), viewer.user
    errors = await new_password_errors(form, user.login_id, user.name, user.company_name)
    if not errors:
        async with unhurried(request), changing(request, viewer.caller.company_id) as session:
            current, new = text_of(form, "current_password"), text_of(form, "new_password")
            change = await change_password(session, user, current, new, now())
            is_done = change is PasswordChange.DONE
            opened = await rotate_session(session, user, now(), confirmed=True) if is_done else None
        if opened is not None:
            response = go("/account")
            set_session(response, request, opened.token)
            return response
        errors = [CHANGE_ERRORS[change]]
    return page(request, "pages/account_password.html", status=422, user=user, errors=errors)


@router.get("/confirm")
async def ask_confirmation(request: Request, viewer: Confirming, next: str = "/account") -> Response:  # noqa: A002
    """Ask for the password before something sensitive."""
    return _confirmation(request, viewer, next, [])


@router.post("/confirm")
async def give_confirmation(request: Request, viewer: Confirming) -> Response:
    """Go on if it is right; a wrong one counts like at the sign-in (C-4)."""
    form = await read_form(request)
    next_address, password = text_of(form, "next"), text_of(form, "current_password")
    async with unhurried(request):
        async with changing(request, viewer.caller.company_id) as session:
            is_right = await confirm_password(session, viewer.user, password, now())
            opened = await rotate_session(session, viewer.user, now(), confirmed=True) if is_right else None
        if opened is not None:
            response = go(own_address(next_address))
            set_session(response, request, opened.token)
            return response
    return _confirmation(request, viewer, next_address, [PASSWORD_WRONG], status=422)


def _confirmation(
    request: Request, viewer: SignedIn, next_address: str, errors: list[FieldError], status: int = 200
) -> Response:
    return page(
        request,
        "pages/account_confirm.html",
        status=status,
        login_id=viewer.user.login_id,
        next_address=own_address(next_address),
        errors=errors,
    )
