"""What follows a right password before the portal opens: the second factor, a password of one's own (C-2)."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.permissions import Permission
from domain.sign_in_steps import SignInStep
from services.passkeys import authentication_options, check_passkey
from services.password_changes import PasswordChange, replace_temporary_password
from services.sessions import rotate_session
from web.access import SignedIn, database_of, now, requires
from web.cookies import set_session
from web.csrf import read_form
from web.forms.fields import text_of
from web.forms.passwords import CHANGE_ERRORS, new_password_errors
from web.mail_posting import changing
from web.pages import go, page
from web.passkeys import options_answer, relying_party
from web.second_factor_pages import factor_page, take_code
from web.sign_in_pages import take_proof
from web.wording.accounts import PASSKEY_FAILED

router = APIRouter(prefix="/sign-in")
Halfway = Annotated[
    SignedIn, Depends(requires(Permission.SIGN_IN, steps=frozenset({SignInStep.SECOND_FACTOR})))
]
WithTemporaryPassword = Annotated[
    SignedIn, Depends(requires(Permission.SIGN_IN, steps=frozenset({SignInStep.NEW_PASSWORD})))
]


@router.get("/second-factor")
async def ask_second_factor(request: Request, viewer: Halfway, next: str = "/") -> Response:  # noqa: A002
    """Ask for a code or a passkey, whatever the account has."""
    return factor_page(request, viewer.user, next, [])


@router.post("/second-factor")
async def give_second_factor(request: Request, viewer: Halfway) -> Response:
    """Let in with the right code."""
    return await take_code(request, viewer.user)


@router.post("/passkey/options")
async def passkey_question(request: Request, viewer: Halfway) -> Response:
    """Return what the browser is to let a passkey sign."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        options = await authentication_options(session, viewer.user, relying_party(request))
    return options_answer(options)


@router.post("/passkey")
async def give_passkey(request: Request, viewer: Halfway) -> Response:
    """Let in with a passkey's signature."""
    form, user = await read_form(request), viewer.user
    party, answer = relying_party(request), text_of(form, "credential")
    led_on = await take_proof(
        request, user, lambda session: check_passkey(session, user, party, answer, now()), factor=True
    )
    return led_on or factor_page(request, user, text_of(form, "next"), [PASSKEY_FAILED], status=422)


@router.get("/new-password")
async def ask_new_password(request: Request, viewer: WithTemporaryPassword) -> Response:
    """Ask for a password in place of the temporary one; the rules stand before the fields."""
    return page(request, "pages/new_password.html", login_id=viewer.user.login_id, errors=[])


@router.post("/new-password")
async def set_new_password(request: Request, viewer: WithTemporaryPassword) -> Response:
    """Set it, and go on with a new session token."""
    form, user = await read_form(request), viewer.user
    errors = await new_password_errors(form, user.login_id, user.name, user.company_name)
    if not errors:
        async with changing(request, viewer.caller.company_id) as session:
            new = text_of(form, "new_password")
            change = await replace_temporary_password(session, user, new, now())
            is_done = change is PasswordChange.DONE
            opened = await rotate_session(session, user, now(), confirmed=True) if is_done else None
        if opened is not None:
            response = go(user.kept_path or "/")
            set_session(response, request, opened.token)
            return response
        errors = [CHANGE_ERRORS[change]]
    return page(request, "pages/new_password.html", status=422, login_id=user.login_id, errors=errors)
