"""The sign-in of both sides: one form, one way to take it (decision 0030). Who is let in, each side says."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from domain.rate_limits import LimitKind
from services.audit import trail_of
from services.sessions import AccountSession, Device, rotate_session
from web.access import now, remote_address
from web.cookies import is_operator_path, set_session, set_visitor, side_of, visitor_token
from web.csrf import FormNotOurs, check_form, read_form
from web.forms.fields import login_id_of, own_address, text_of
from web.kept_forms import FIELD, keep_in_session
from web.mail_posting import changing
from web.pages import go, page
from web.throttling import throttle, unhurried, was_no_try
from web.wording.confirmations import ConfirmationWords
from web.wording.problems import FieldError

# Login id, password and browser to a token, or to what is wrong.
Attempt: TypeAlias = Callable[[str, str, Device], Awaitable[str | FieldError]]
# Whether what was typed or signed proves somebody; in a transaction of theirs.
Proof: TypeAlias = Callable[[AsyncSession], Awaitable[bool]]

_EXPIRED = FieldError("login_id", "画面の有効期限が切れました。", "もう一度入力してください。")


def next_of_side(request: Request, address: str) -> str:
    """Return ``address`` if it is a plain path of the requested page's side, else that side's first page."""
    plain, side = own_address(address), side_of(request)
    return plain if not side or is_operator_path(plain) else side


def sign_in_form(
    request: Request,
    template: str,
    next_address: str,
    login_id: str = "",
    errors: Sequence[FieldError] = (),
    status: int = 200,
    *,
    kept_form: str = "",
    ended: ConfirmationWords | None = None,
) -> Response:
    """Show the form; it is bound to the visitor's browser. ``kept_form``: what it carries on, sealed."""
    response = page(
        request,
        template,
        status=status,
        next_address=next_of_side(request, next_address),
        login_id=login_id,
        errors=errors,
        kept_form=kept_form,
        ended=ended,
    )
    set_visitor(response, request, visitor_token(request))
    return response


async def take_sign_in(request: Request, template: str, attempt: Attempt) -> Response:
    """Let in, or say that the pair is wrong, never which half of it, and never sooner (C-4)."""
    # Before anything of the body is read: a flood costs a row's update each.
    await throttle(request, LimitKind.SIGN_IN)
    form = await read_form(request)
    login_id, next_address = login_id_of(form), text_of(form, "next")
    carried = text_of(form, FIELD)
    try:
        await check_form(request)
    except FormNotOurs:
        return sign_in_form(
            request, template, next_address, login_id, [_EXPIRED], status=403, kept_form=carried
        )
    device = Device(request.headers.get("user-agent"), remote_address(request))
    async with unhurried(request):
        outcome = await attempt(login_id, text_of(form, "password"), device)
        if isinstance(outcome, str):
            await was_no_try(request, LimitKind.SIGN_IN)
            response = go(next_of_side(request, next_address))
            set_session(response, request, outcome)
            if carried:
                await keep_in_session(request, carried, outcome, now())
            return response
    return sign_in_form(request, template, next_address, login_id, [outcome], status=422, kept_form=carried)


async def take_proof(
    request: Request, user: AccountSession, proof: Proof, *, confirmed: bool = False, factor: bool = False
) -> Response | None:
    """Lead on with a new token if ``proof`` holds; ``None`` if it does not, and no sooner.

    ``confirmed``: it was the password; ``factor``: it was the second factor.
    """
    next_address = text_of(await read_form(request), "next")
    async with unhurried(request):
        async with changing(request, trail_of(user.caller)) as session:
            if not await proof(session):
                return None
            opened = await rotate_session(session, user, now(), confirmed=confirmed, factor=factor)
        response = go(next_of_side(request, next_address))
        set_session(response, request, opened.token)
        return response
