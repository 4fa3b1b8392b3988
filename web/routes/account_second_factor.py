"""A company user's authenticator and backup codes. Passkeys are in ``web/routes/passkeys.py``."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.permissions import Permission
from domain.sign_in_steps import SignInStep
from services.passkeys import own_passkeys
from web import second_factor_pages as pages
from web.access import FINISHED, SignedIn, database_of, requires
from web.passkeys import relying_party

router = APIRouter(prefix="/account/second-factor")
# Setting one up may be the last step of a sign-in; taking one away is for those who are in.
SETTING_UP = FINISHED | {SignInStep.ENROLMENT}
Viewer = Annotated[SignedIn, Depends(requires(Permission.SIGN_IN, steps=SETTING_UP))]
SettingUp = Annotated[SignedIn, Depends(requires(Permission.SIGN_IN, steps=SETTING_UP, confirmed=True))]
Confirmed = Annotated[SignedIn, Depends(requires(Permission.SIGN_IN, confirmed=True))]


@router.get("")
async def show_factors(request: Request, viewer: Viewer) -> Response:
    """Show what is set up, and what can be."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        passkeys = await own_passkeys(session, viewer.user)
    party = relying_party(request)
    return await pages.show_factors(request, viewer.user, passkeys=passkeys, party=party)


@router.post("")
async def begin(request: Request, viewer: SettingUp) -> Response:
    """Draw an authenticator's secret."""
    return await pages.begin(request, viewer.user)


@router.get("/totp")
async def show_secret(request: Request, viewer: SettingUp) -> Response:
    """Show the secret, and ask for the first code."""
    return await pages.show_secret(request, viewer.user)


@router.get("/totp/qr")
async def show_qr(request: Request, viewer: SettingUp) -> Response:
    """Return the secret as a QR code."""
    return await pages.show_qr(request, viewer.user)


@router.post("/totp")
async def confirm(request: Request, viewer: SettingUp) -> Response:
    """Take the authenticator into use."""
    return await pages.confirm(request, viewer.user)


@router.get("/totp/remove")
async def ask_remove(request: Request, viewer: Confirmed) -> Response:
    """Say what it means to be without."""
    return pages.ask_remove(request, viewer.user)


@router.post("/totp/remove")
async def remove(request: Request, viewer: Confirmed) -> Response:
    """Take the authenticator away."""
    return await pages.remove(request, viewer.user)


@router.get("/backup-codes")
async def ask_backup_codes(request: Request, viewer: Confirmed) -> Response:
    """Say that new codes make the old ones worthless."""
    return pages.ask_backup_codes(request, viewer.user)


@router.post("/backup-codes")
async def make_backup_codes(request: Request, viewer: Confirmed) -> Response:
    """Make new codes and show them once."""
    return await pages.make_backup_codes(request, viewer.user)
