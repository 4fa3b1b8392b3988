"""Operators sign in and out; a company's account opens nothing here."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.operator_permissions import OperatorPermission
from domain.rate_limits import LimitKind
from services.database import OWN_STAFF
from services.operator_sign_in import OperatorAdmitted, sign_operator_in, sign_operator_out
from web.access import database_of, now, remote_address
from web.cookies import (
    OPERATOR_SIDE,
    clear_operator_session,
    is_operator_path,
    operator_token,
    set_operator_session,
    set_visitor,
    visitor_token,
)
from web.csrf import FormNotOurs, check_form, read_form
from web.forms.fields import own_address, text_of
from web.operator.access import SignedInOperator, current_operator, requires_operator
from web.pages import go, page
from web.throttling import throttle, unhurried, was_no_try
from web.wording.problems import FieldError

router = APIRouter()

_FAILED = FieldError(
    "login_id",
    "ログインIDまたはパスワードが違います。",
    "企業ユーザーのアカウントでは、この画面からサインインできません。",
)
_EXPIRED = FieldError("login_id", "画面の有効期限が切れました。", "もう一度入力してください。")


@router.get("/operator/sign-in")
async def show_operator_sign_in(request: Request, next: str = OPERATOR_SIDE) -> Response:  # noqa: A002
    """Show the form; whoever is signed in already goes on."""
    if operator_token(request) is not None and await current_operator(request) is not None:
        return go(_own_address(next))
    return _form(request, next, "", [])


@router.post("/operator/sign-in")
async def operator_sign_in(request: Request) -> Response:
    """Open a session, or say that the pair is wrong, never which half of it."""
    form = await read_form(request)
    login_id, next_address = text_of(form, "login_id").strip(), text_of(form, "next")
    try:
        await check_form(request)
    except FormNotOurs:
        return _form(request, next_address, login_id, [_EXPIRED], status=403)
    await throttle(request, LimitKind.SIGN_IN)
    old = operator_token(request)
    async with unhurried(request):
        async with database_of(request).transaction(OWN_STAFF) as session:
            outcome = await sign_operator_in(
                session,
                login_id,
                text_of(form, "password"),
                now(),
                remote_address=remote_address(request),
                old_token=old,
            )
        if isinstance(outcome, OperatorAdmitted):
            await was_no_try(request, LimitKind.SIGN_IN)
            response = go(_own_address(next_address))
            set_operator_session(response, request, outcome.token)
            return response
    return _form(request, next_address, login_id, [_FAILED], status=422)


@router.post("/operator/sign-out")
async def operator_sign_out(
    request: Request,
    signed_in: Annotated[SignedInOperator, Depends(requires_operator(OperatorPermission.SIGN_IN))],
) -> Response:
    """End the session, on the server as well as in the browser."""
    token = operator_token(request)
    if token is not None:
        async with database_of(request).transaction(OWN_STAFF) as session:
            await sign_operator_out(session, token, remote_address(request))
    response = go(f"{OPERATOR_SIDE}/sign-in")
    clear_operator_session(response, request)
    return response


def _form(
    request: Request, next_address: str, login_id: str, errors: list[FieldError], status: int = 200
) -> Response:
    response = page(
        request,
        "operator/sign_in.html",
        status=status,
        next_address=_own_address(next_address),
        login_id=login_id,
        errors=errors,
    )
    set_visitor(response, request, visitor_token(request))
    return response


def _own_address(address: str) -> str:
    """Return ``address`` if it is a plain path of the operators' side, else its first page."""
    return address if is_operator_path(own_address(address)) else OPERATOR_SIDE
