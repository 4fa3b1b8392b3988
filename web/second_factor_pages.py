"""The second factor's pages, the same on both sides: given at the sign-in, set up, changed, taken away.

The routes of each side (``web/routes/``, ``web/operator/routes/``) say who may open them.
"""

import io
from collections.abc import Sequence
from typing import Any

import segno
from fastapi import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.one_time_codes import provisioning_uri, secret_in_text
from services.audit import trail_of
from services.second_factors import (
    backup_codes_left,
    begin_totp,
    check_code,
    confirm_totp,
    new_backup_codes,
    pending_totp,
    remove_totp,
    tell_owner,
)
from services.sessions import AccountSession, rotate_session
from web.access import database_of, now
from web.confirmations import go_confirming
from web.cookies import renew_session, set_session, side_of
from web.csrf import read_form
from web.forms.fields import code_of, text_of
from web.mail_posting import changing, secret_box_of
from web.pages import go, page
from web.passkeys import relying_party
from web.sign_in_pages import next_of_side, take_proof
from web.wording.accounts import CODE_WRONG
from web.wording.confirmations import Confirmation
from web.wording.operators import OPERATOR_ISSUER
from web.wording.problems import FieldError

# Short, so that the picture stays coarse enough for any camera.
ISSUER = "配信ポータル"


def factor_page(
    request: Request, user: AccountSession, next_address: str, errors: Sequence[FieldError], status: int = 200
) -> Response:
    """Ask for the code, or whatever else the account has."""
    return page(
        request,
        "pages/second_factor.html",
        status=status,
        user=user,
        next_address=next_of_side(request, next_address),
        passkeys_work=relying_party(request).works_here,
        errors=errors,
    )


async def take_code(request: Request, user: AccountSession) -> Response:
    """Let in with the right code; a wrong one counts like a wrong password (C-4)."""
    form, box = await read_form(request), secret_box_of(request)
    code = code_of(form)
    led_on = await take_proof(
        request, user, lambda session: check_code(session, user, code, box, now()), factor=True
    )
    return led_on or factor_page(request, user, text_of(form, "next"), [CODE_WRONG], status=422)


async def show_factors(request: Request, user: AccountSession, **more: Any) -> Response:
    """Show what is set up, and what can be."""
    async with database_of(request).transaction(trail_of(user.caller)) as session:
        codes_left = await backup_codes_left(session, user)
    return page(request, "pages/account_second_factor.html", user=user, codes_left=codes_left, **more)


async def begin(request: Request, user: AccountSession) -> Response:
    """Draw an authenticator's secret."""
    async with database_of(request).transaction(trail_of(user.caller)) as session:
        await begin_totp(session, user, secret_box_of(request), now())
    return go(f"{_factors(request)}/totp")


async def show_secret(
    request: Request, user: AccountSession, errors: Sequence[FieldError] = (), status: int = 200
) -> Response:
    """Show the secret as a picture and as text, and ask for the first code."""
    secret = await _pending(request, user)
    if secret is None:
        return go(_factors(request))
    shown = secret_in_text(secret)
    return page(request, "pages/account_totp.html", status=status, user=user, secret=shown, errors=errors)


async def show_qr(request: Request, user: AccountSession) -> Response:
    """Return the secret as a QR code: a picture of its own, since the policy allows no inline one."""
    secret = await _pending(request, user)
    if secret is None:
        raise HTTPException(404)
    issuer = OPERATOR_ISSUER if side_of(request) else ISSUER
    code = segno.make(provisioning_uri(secret, user.login_id, issuer), error="m")
    picture = io.BytesIO()
    code.save(picture, kind="svg", scale=5, border=4, light="#fff", xmldecl=False)
    return Response(picture.getvalue(), media_type="image/svg+xml")


async def confirm(request: Request, user: AccountSession) -> Response:
    """Take the authenticator into use; the first factor comes with backup codes."""
    code = text_of(await read_form(request), "code")
    async with changing(request, trail_of(user.caller)) as session:
        is_right = await confirm_totp(session, user, code, secret_box_of(request), now())
    return await (
        factor_added(request, user) if is_right else show_secret(request, user, [CODE_WRONG], status=422)
    )


def ask_remove(request: Request, user: AccountSession) -> Response:
    """Say what it means to be without."""
    return page(request, "pages/account_totp_remove.html", user=user)


async def remove(request: Request, user: AccountSession) -> Response:
    """Take the authenticator away."""
    async with changing(request, trail_of(user.caller)) as session:
        await remove_totp(session, user, now())
    return go_confirming(request, _factors(request), Confirmation.AUTHENTICATOR_REMOVED)


def ask_backup_codes(request: Request, user: AccountSession) -> Response:
    """Say that new codes make the old ones worthless."""
    if not user.state.has_second_factor:
        return go(_factors(request))
    return page(request, "pages/account_backup_codes_new.html")


async def make_backup_codes(request: Request, user: AccountSession) -> Response:
    """Make new codes and show them once."""
    if not user.state.has_second_factor:
        return go(_factors(request))
    async with changing(request, trail_of(user.caller)) as session:
        await tell_owner(session, user, "backup_codes_made", now())
        codes = await new_backup_codes(session, user, secret_box_of(request), now())
    return page(request, "pages/account_backup_codes.html", codes=codes, is_first=False)


async def factor_added(request: Request, user: AccountSession) -> Response:
    """Count the new factor as given in this session; show backup codes if there are none yet."""
    async with changing(request, trail_of(user.caller)) as session:
        opened = await rotate_session(session, user, now(), factor=True)
        has_codes = await backup_codes_left(session, user) > 0
        codes = [] if has_codes else await new_backup_codes(session, user, secret_box_of(request), now())
    renew_session(request, opened.token)
    if codes:
        response: Response = page(request, "pages/account_backup_codes.html", codes=codes, is_first=True)
    else:
        response = go(_factors(request))
    set_session(response, request, opened.token)
    return response


def _factors(request: Request) -> str:
    return f"{side_of(request)}/account/second-factor"


async def _pending(request: Request, user: AccountSession) -> bytes | None:
    async with database_of(request).transaction(trail_of(user.caller)) as session:
        return await pending_totp(session, user, secret_box_of(request))
