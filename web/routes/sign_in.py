"""Signing in and out."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.audit import AuditAction
from domain.permissions import Permission
from domain.sign_in_steps import SignInStep
from services import sign_in as passwords
from services.audit import record_audit
from services.database import NO_COMPANY
from services.sessions import Device
from services.user_sessions import sign_out as end_session
from web.access import SignedIn, current_user, database_of, now, requires
from web.cookies import clear_session, session_token
from web.forms.fields import own_address
from web.mail_posting import changing, secret_box_of
from web.pages import go
from web.sign_in_pages import sign_in_form, take_sign_in
from web.wording.problems import FieldError

router = APIRouter()

_FAILED = FieldError(
    "login_id",
    "ログインIDまたはパスワードが違います。",
    "大文字と小文字、全角と半角をご確認ください。",
)
_TEMPORARY_OVER = FieldError(
    "login_id",
    "仮パスワードの有効期限（14日間）が切れています。",
    "発行者（貴社の企業管理者または担当窓口）へ、パスワードの再設定をご依頼ください。",
)
_PAGE = "pages/sign_in.html"


@router.get("/sign-in")
async def show_sign_in(request: Request, next: str = "/") -> Response:  # noqa: A002 - the address says ?next=
    """Show the form; whoever is signed in already goes on."""
    if session_token(request) is not None and await current_user(request) is not None:
        return go(own_address(next))
    return sign_in_form(request, _PAGE, next)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Open a session, or say that the pair is wrong."""
    return await take_sign_in(request, _PAGE, partial(_attempt, request))


@router.post("/sign-out")
async def sign_out(
    request: Request, signed_in: Annotated[SignedIn, Depends(requires(Permission.SIGN_IN, steps=SignInStep))]
) -> Response:
    """End the session, on the server as well as in the browser."""
    token = session_token(request)
    if token is not None:
        async with database_of(request).transaction(signed_in.caller.company_id) as session:
            await end_session(session, token)
            await record_audit(session, signed_in.caller, AuditAction.SIGNED_OUT)
    response = go("/sign-in")
    clear_session(response, request)
    return response


async def _attempt(request: Request, login_id: str, password: str, device: Device) -> str | FieldError:
    async with changing(request, NO_COMPANY) as session:
        box = secret_box_of(request)
        outcome = await passwords.sign_in(session, login_id, password, now(), device, box=box)
    if isinstance(outcome, passwords.SignedIn):
        if (old := session_token(request)) is not None:
            # In a transaction of its own: it may be another company's.
            async with database_of(request).transaction(NO_COMPANY) as session:
                await end_session(session, old)
        return outcome.token
    is_over = isinstance(outcome, passwords.TemporaryPasswordExpired)
    return _TEMPORARY_OVER if is_over else _FAILED
