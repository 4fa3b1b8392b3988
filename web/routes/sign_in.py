"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.audit import AuditAction
from domain.permissions import Permission
from domain.rate_limits import LimitKind
from domain.sign_in_steps import SignInStep
from services import sign_in as passwords
from services.audit import record_audit
from services.database import NO_COMPANY
from services.user_sessions import Device
from services.user_sessions import sign_out as end_session
from web.access import SignedIn, current_user, database_of, now, remote_address, requires
from web.cookies import clear_session, session_token, set_session, set_visitor, visitor_token
from web.csrf import FormNotOurs, check_form, read_form
from web.forms.fields import own_address, text_of
from web.mail_posting import changing, secret_box_of
from web.pages import go, page
from web.throttling import throttle, unhurried, was_no_try
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
_EXPIRED = FieldError("login_id", "画面の有効期限が切れました。", "もう一度入力してください。")


@router.get("/sign-in")
async def show_sign_in(request: Request, next: str = "/") -> Response:  # noqa: A002 - the address says ?next=
    """Show the form; whoever is signed in already goes on."""
    if session_token(request) is not None and await current_user(request) is not None:
        return go(own_address(next))
    return _form(request, next, "", [])


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Open a session, or say that the pair is wrong, never which half of it."""
    form = await read_form(request)
    login_id, next_address = text_of(form, "login_id").strip(), text_of(form, "next")
    try:
        await check_form(request)
    except FormNotOurs:
        return _form(request, next_address, login_id, [_EXPIRED], status=403)
    await throttle(request, LimitKind.SIGN_IN)
    device = Device(request.headers.get("user-agent"), remote_address(request))
    async with unhurried(request):
        async with changing(request, NO_COMPANY) as session:
            outcome = await passwords.sign_in(
                session, login_id, text_of(form, "password"), now(), device, box=secret_box_of(request)
            )
        if isinstance(outcome, passwords.SignedIn):
            if (old := session_token(request)) is not None:
                # In a transaction of its own: it may be another company's.
                async with database_of(request).transaction(NO_COMPANY) as session:
                    await end_session(session, old)
            await was_no_try(request, LimitKind.SIGN_IN)
            response = go(own_address(next_address))
            set_session(response, request, outcome.token)
            return response
    is_over = isinstance(outcome, passwords.TemporaryPasswordExpired)
    error = _TEMPORARY_OVER if is_over else _FAILED
    return _form(request, next_address, login_id, [error], status=422)


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


def _form(
    request: Request, next_address: str, login_id: str, errors: list[FieldError], status: int = 200
) -> Response:
    response = page(
        request,
        "pages/sign_in.html",
        status=status,
        next_address=own_address(next_address),
        login_id=login_id,
        errors=errors,
    )
    set_visitor(response, request, visitor_token(request))
    return response
