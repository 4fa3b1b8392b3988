"""A forgotten password: a code by mail, then a new one (C-3). Every answer is the same for everybody."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from domain.passwords import PasswordProblem
from domain.rate_limits import LimitKind, address_key
from services.database import NO_COMPANY
from services.password_changes import PasswordChange, request_reset, reset_password
from services.rate_limits import take_token
from web.access import database_of, now, remote_address
from web.cookies import clear_session, set_visitor, visitor_token
from web.csrf import check_form, read_form
from web.forms.fields import code_of, login_id_of, text_of
from web.forms.passwords import RESET_ERRORS, typing_errors
from web.mail_posting import changing, secret_box_of
from web.pages import page
from web.throttling import throttle, unhurried
from web.wording.accounts import explain_password
from web.wording.problems import FieldError

router = APIRouter(prefix="/password-reset")
_NO_LOGIN_ID = FieldError(
    "login_id", "ログインIDが入力されていません。", "登録されているメールアドレスを入力してください。"
)


@router.get("")
async def ask_login_id(request: Request) -> Response:
    """Ask whose password is forgotten."""
    return _visitor_page(request, "pages/password_reset.html", login_id="", errors=[])


@router.post("")
async def send_code(request: Request) -> Response:
    """Send a code if there is such an account, and say neither that nor the opposite."""
    await throttle(request, LimitKind.RESET)
    await check_form(request)
    login_id = login_id_of(await read_form(request))
    if not login_id:
        return _visitor_page(
            request, "pages/password_reset.html", status=422, login_id="", errors=[_NO_LOGIN_ID]
        )
    address = remote_address(request)
    asked_by = f"{login_id.casefold()} {address_key(address)}"
    async with unhurried(request):
        async with database_of(request).transaction(NO_COMPANY) as session:
            wait = await take_token(session, LimitKind.RESET_MAIL, asked_by, now())
        if wait is None:
            async with changing(request, NO_COMPANY) as session:
                await request_reset(session, login_id, secret_box_of(request), now(), address)
    return _code_page(request, login_id, [], was_sent=True)


@router.get("/code")
async def ask_code(request: Request) -> Response:
    """Ask for the code; the mail leads here."""
    return _code_page(request, "", [])


@router.post("/code")
async def set_password(request: Request) -> Response:
    """Set the new password, if the code is the right one; only then it is judged, which takes work."""
    await throttle(request, LimitKind.RESET)
    await check_form(request)
    form = await read_form(request)
    login_id = login_id_of(form)
    errors = typing_errors(form)
    if errors:
        return _code_page(request, login_id, errors, status=422)
    async with unhurried(request), changing(request, NO_COMPANY) as session:
        code, new, box = code_of(form), text_of(form, "new_password"), secret_box_of(request)
        address = remote_address(request)
        change = await reset_password(session, login_id, code, new, box, now(), address)
    if isinstance(change, PasswordProblem):
        return _code_page(request, login_id, [explain_password(change)], status=422)
    if change is not PasswordChange.DONE:
        return _code_page(request, login_id, [RESET_ERRORS[change]], status=422)
    response = _visitor_page(request, "pages/password_reset_done.html")
    clear_session(response, request)
    return response


def _code_page(
    request: Request,
    login_id: str,
    errors: list[FieldError],
    *,
    was_sent: bool = False,
    status: int = 200,
) -> Response:
    return _visitor_page(
        request,
        "pages/password_reset_code.html",
        status=status,
        login_id=login_id,
        was_sent=was_sent,
        errors=errors,
    )


def _visitor_page(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    response = page(request, template, status=status, **context)
    set_visitor(response, request, visitor_token(request))
    return response
