"""Operators sign in and out; a company's account opens nothing here."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.operator_permissions import OperatorPermission
from domain.sign_in_steps import SignInStep
from services.database import OWN_STAFF
from services.operator_sign_in import OperatorAdmitted, sign_operator_in, sign_operator_out
from services.sessions import Device
from web.access import database_of, now, remote_address
from web.cookies import OPERATOR_SIDE, clear_session, operator_token
from web.mail_posting import secret_box_of
from web.operator.access import SignedInOperator, current_operator, requires_operator
from web.pages import go
from web.sign_in_pages import next_of_side, sign_in_form, take_sign_in
from web.wording.problems import FieldError

router = APIRouter()

_FAILED = FieldError(
    "login_id",
    "ログインIDまたはパスワードが違います。",
    "企業ユーザーのアカウントでは、この画面からログインできません。",
)
_PAGE = "operator/sign_in.html"
Anybody = Annotated[
    SignedInOperator, Depends(requires_operator(OperatorPermission.SIGN_IN, steps=SignInStep))
]


@router.get("/operator/sign-in")
async def show_operator_sign_in(request: Request, next: str = OPERATOR_SIDE) -> Response:  # noqa: A002
    """Show the form; whoever is signed in already goes on."""
    if operator_token(request) is not None and await current_operator(request) is not None:
        return go(next_of_side(request, next))
    return sign_in_form(request, _PAGE, next)


@router.post("/operator/sign-in")
async def operator_sign_in(request: Request) -> Response:
    """Open a session, or say that the pair is wrong."""
    return await take_sign_in(request, _PAGE, partial(_attempt, request))


@router.post("/operator/sign-out")
async def operator_sign_out(request: Request, signed_in: Anybody) -> Response:
    """End the session, on the server as well as in the browser."""
    token = operator_token(request)
    if token is not None:
        async with database_of(request).transaction(OWN_STAFF) as session:
            await sign_operator_out(session, token, remote_address(request))
    response = go(f"{OPERATOR_SIDE}/sign-in")
    clear_session(response, request)
    return response


async def _attempt(request: Request, login_id: str, password: str, device: Device) -> str | FieldError:
    async with database_of(request).transaction(OWN_STAFF) as session:
        old, box = operator_token(request), secret_box_of(request)
        outcome = await sign_operator_in(session, login_id, password, now(), device, old_token=old, box=box)
    return outcome.token if isinstance(outcome, OperatorAdmitted) else _FAILED
