"""The own account, the same on both sides: sessions, the password, and being asked for it again."""

from collections.abc import Sequence
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from services.audit import trail_of
from services.password_changes import PasswordChange, change_password, confirm_password
from services.sessions import (
    AccountSession,
    end_other_sessions,
    end_own_session,
    own_sessions,
    rotate_session,
)
from web.access import database_of, now
from web.confirmations import go_confirming
from web.cookies import set_session, side_of
from web.csrf import read_form
from web.forms.fields import text_of
from web.forms.passwords import CHANGE_ERRORS, new_password_errors
from web.mail_posting import changing
from web.pages import go, page
from web.sign_in_pages import next_of_side, take_proof
from web.throttling import unhurried
from web.wording.accounts import PASSWORD_WRONG
from web.wording.confirmations import Confirmation
from web.wording.problems import FieldError


async def show_account(request: Request, user: AccountSession) -> Response:
    """Show the account and its open sessions."""
    async with database_of(request).transaction(trail_of(user.caller)) as session:
        sessions = await own_sessions(session, user, now())
    return page(request, "pages/account.html", user=user, sessions=sessions)


async def end_one_session(request: Request, user: AccountSession, session_id: UUID) -> Response:
    """Sign another browser of one's own out; the current one has a button for that."""
    async with database_of(request).transaction(trail_of(user.caller)) as session:
        await end_own_session(session, user, session_id)
    return go_confirming(request, _account(request), Confirmation.SESSION_ENDED)


async def end_others(request: Request, user: AccountSession) -> Response:
    """Sign out everywhere but here."""
    async with database_of(request).transaction(trail_of(user.caller)) as session:
        await end_other_sessions(session, user)
    return go_confirming(request, _account(request), Confirmation.OTHER_SESSIONS_ENDED)


def password_page(
    request: Request, user: AccountSession, errors: Sequence[FieldError] = (), status: int = 200
) -> Response:
    """Show the form; the rules stand before the fields."""
    return page(request, "pages/account_password.html", status=status, user=user, errors=errors)


async def take_new_password(request: Request, user: AccountSession, *names: str) -> Response:
    """Change the password, which must not be made of ``names``; all other sessions end."""
    form = await read_form(request)
    errors = await new_password_errors(form, user.login_id, user.name, *names)
    if not errors:
        async with unhurried(request), changing(request, trail_of(user.caller)) as session:
            current, new = text_of(form, "current_password"), text_of(form, "new_password")
            change = await change_password(session, user, current, new, now())
            is_done = change is PasswordChange.DONE
            opened = await rotate_session(session, user, now(), confirmed=True) if is_done else None
        if opened is not None:
            response = go(_account(request))
            set_session(response, request, opened.token)
            return response
        errors = [CHANGE_ERRORS[change]]
    return password_page(request, user, errors, status=422)


def confirmation_page(
    request: Request,
    user: AccountSession,
    next_address: str,
    errors: Sequence[FieldError] = (),
    status: int = 200,
) -> Response:
    """Ask for the password before something sensitive."""
    return page(
        request,
        "pages/account_confirm.html",
        status=status,
        login_id=user.login_id,
        next_address=next_of_side(request, next_address),
        errors=errors,
    )


async def take_confirmation(request: Request, user: AccountSession) -> Response:
    """Go on if the password is right; a wrong one counts like at the sign-in (C-4)."""
    form = await read_form(request)
    password = text_of(form, "current_password")
    led_on = await take_proof(
        request, user, lambda session: confirm_password(session, user, password, now()), confirmed=True
    )
    return led_on or confirmation_page(request, user, text_of(form, "next"), [PASSWORD_WRONG], status=422)


def _account(request: Request) -> str:
    return f"{side_of(request)}/account"
