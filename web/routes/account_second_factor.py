"""The own second factor: an authenticator and backup codes. Passkeys are in ``web/routes/passkeys.py``."""

import io
from typing import Annotated

import segno
from fastapi import APIRouter, Depends, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.one_time_codes import provisioning_uri, secret_in_text
from domain.permissions import Permission
from domain.sign_in_steps import SignInStep
from services.passkeys import own_passkeys
from services.second_factors import (
    backup_codes_left,
    begin_totp,
    confirm_totp,
    new_backup_codes,
    pending_totp,
    remove_totp,
    tell_owner,
)
from services.user_sessions import rotate_session
from web.access import FINISHED, SignedIn, database_of, now, requires
from web.cookies import renew_session, set_session
from web.csrf import read_form
from web.forms.fields import text_of
from web.mail_posting import changing, secret_box_of
from web.pages import go, page
from web.passkeys import relying_party
from web.wording.accounts import CODE_WRONG
from web.wording.problems import FieldError

router = APIRouter(prefix="/account/second-factor")
# Setting one up may be the last step of a sign-in; taking one away is for those who are in.
SETTING_UP = FINISHED | {SignInStep.ENROLMENT}
Viewer = Annotated[SignedIn, Depends(requires(Permission.SIGN_IN, steps=SETTING_UP))]
SettingUp = Annotated[SignedIn, Depends(requires(Permission.SIGN_IN, steps=SETTING_UP, confirmed=True))]
Confirmed = Annotated[SignedIn, Depends(requires(Permission.SIGN_IN, confirmed=True))]

# Short, so that the picture stays coarse enough for any camera.
ISSUER = "配信ポータル"


@router.get("")
async def show_factors(request: Request, viewer: Viewer) -> Response:
    """Show what is set up, and what can be."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        passkeys = await own_passkeys(session, viewer.user)
        codes_left = await backup_codes_left(session, viewer.user)
    return page(
        request,
        "pages/account_second_factor.html",
        user=viewer.user,
        passkeys=passkeys,
        codes_left=codes_left,
        passkeys_work=relying_party(request).works,
    )


@router.post("")
async def begin(request: Request, viewer: SettingUp) -> Response:
    """Draw an authenticator's secret."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        await begin_totp(session, viewer.user, secret_box_of(request), now())
    return go("/account/second-factor/totp")


@router.get("/totp")
async def show_secret(request: Request, viewer: SettingUp) -> Response:
    """Show the secret as a picture and as text, and ask for the first code."""
    return await _totp_page(request, viewer, [])


@router.get("/totp/qr")
async def show_qr(request: Request, viewer: SettingUp) -> Response:
    """Return the secret as a QR code: a picture of its own, since the policy allows no inline one."""
    secret = await _pending(request, viewer)
    if secret is None:
        raise HTTPException(404)
    code = segno.make(provisioning_uri(secret, viewer.user.login_id, ISSUER), error="m")
    picture = io.BytesIO()
    code.save(picture, kind="svg", scale=5, border=4, light="#fff", xmldecl=False)
    return Response(picture.getvalue(), media_type="image/svg+xml")


@router.post("/totp")
async def confirm(request: Request, viewer: SettingUp) -> Response:
    """Take the authenticator into use; the first factor comes with backup codes."""
    code, user = text_of(await read_form(request), "code"), viewer.user
    async with changing(request, viewer.caller.company_id) as session:
        is_right = await confirm_totp(session, user, code, secret_box_of(request), now())
    if not is_right:
        return await _totp_page(request, viewer, [CODE_WRONG], status=422)
    return await factor_added(request, viewer)


@router.get("/totp/remove")
async def ask_remove(request: Request, viewer: Confirmed) -> Response:
    """Say what it means to be without."""
    return page(request, "pages/account_totp_remove.html", user=viewer.user)


@router.post("/totp/remove")
async def remove(request: Request, viewer: Confirmed) -> Response:
    """Take the authenticator away."""
    async with changing(request, viewer.caller.company_id) as session:
        await remove_totp(session, viewer.user, now())
    return go("/account/second-factor")


@router.get("/backup-codes")
async def ask_backup_codes(request: Request, viewer: Confirmed) -> Response:
    """Say that new codes make the old ones worthless."""
    if not viewer.user.state.has_second_factor:
        return go("/account/second-factor")
    return page(request, "pages/account_backup_codes_new.html")


@router.post("/backup-codes")
async def make_backup_codes(request: Request, viewer: Confirmed) -> Response:
    """Make new codes and show them once."""
    if not viewer.user.state.has_second_factor:
        return go("/account/second-factor")
    async with changing(request, viewer.caller.company_id) as session:
        await tell_owner(session, viewer.user, "backup_codes_made", now())
        codes = await new_backup_codes(session, viewer.user, secret_box_of(request), now())
    return page(request, "pages/account_backup_codes.html", codes=codes, is_first=False)


async def factor_added(request: Request, viewer: SignedIn) -> Response:
    """Count the new factor as given in this session; show backup codes if there are none yet."""
    async with changing(request, viewer.caller.company_id) as session:
        opened = await rotate_session(session, viewer.user, now(), factor=True)
        has_codes = await backup_codes_left(session, viewer.user) > 0
        codes = (
            [] if has_codes else await new_backup_codes(session, viewer.user, secret_box_of(request), now())
        )
    renew_session(request, opened.token)
    if codes:
        response: Response = page(request, "pages/account_backup_codes.html", codes=codes, is_first=True)
    else:
        response = go("/account/second-factor")
    set_session(response, request, opened.token)
    return response


async def _pending(request: Request, viewer: SignedIn) -> bytes | None:
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        return await pending_totp(session, viewer.user, secret_box_of(request))


async def _totp_page(
    request: Request, viewer: SignedIn, errors: list[FieldError], status: int = 200
) -> Response:
    secret = await _pending(request, viewer)
    if secret is None:
        return go("/account/second-factor")
    return page(
        request,
        "pages/account_totp.html",
        status=status,
        user=viewer.user,
        secret=secret_in_text(secret),
        errors=errors,
    )
