"""An operator's second factor: given after the password, set up, changed."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.operator_permissions import OperatorPermission
from domain.sign_in_steps import SignInStep
from web import second_factor_pages as pages
from web.access import FINISHED
from web.cookies import OPERATOR_SIDE
from web.operator.access import SignedInOperator, requires_operator

router = APIRouter()
_OWN = "/operator/account/second-factor"
_SETTING_UP = FINISHED | {SignInStep.ENROLMENT}
_SIGN_IN = OperatorPermission.SIGN_IN
Halfway = Annotated[
    SignedInOperator, Depends(requires_operator(_SIGN_IN, steps=frozenset({SignInStep.SECOND_FACTOR})))
]
# Setting one up may be the last step of a sign-in; taking one away is for those who are in.
Viewer = Annotated[SignedInOperator, Depends(requires_operator(_SIGN_IN, steps=_SETTING_UP))]
SettingUp = Annotated[
    SignedInOperator, Depends(requires_operator(_SIGN_IN, steps=_SETTING_UP, confirmed=True))
]
Confirmed = Annotated[SignedInOperator, Depends(requires_operator(_SIGN_IN, confirmed=True))]


@router.get("/operator/sign-in/second-factor")
async def ask_code(request: Request, viewer: Halfway, next: str = OPERATOR_SIDE) -> Response:  # noqa: A002
    """Ask for a code."""
    return pages.factor_page(request, viewer.operator, next, [])


@router.post("/operator/sign-in/second-factor")
async def give_code(request: Request, viewer: Halfway) -> Response:
    """Let in with the right code."""
    return await pages.take_code(request, viewer.operator)


@router.get(_OWN)
async def show_factors(request: Request, viewer: Viewer) -> Response:
    """Show what is set up, and what can be."""
    return await pages.show_factors(request, viewer.operator)


@router.post(_OWN)
async def begin(request: Request, viewer: SettingUp) -> Response:
    """Draw an authenticator's secret."""
    return await pages.begin(request, viewer.operator)


@router.get(f"{_OWN}/totp")
async def show_secret(request: Request, viewer: SettingUp) -> Response:
    """Show the secret, and ask for the first code."""
    return await pages.show_secret(request, viewer.operator)


@router.get(f"{_OWN}/totp/qr")
async def show_qr(request: Request, viewer: SettingUp) -> Response:
    """Return the secret as a QR code."""
    return await pages.show_qr(request, viewer.operator)


@router.post(f"{_OWN}/totp")
async def confirm(request: Request, viewer: SettingUp) -> Response:
    """Take the authenticator into use."""
    return await pages.confirm(request, viewer.operator)


@router.get(f"{_OWN}/totp/remove")
async def ask_remove(request: Request, viewer: Confirmed) -> Response:
    """Say what it means to be without."""
    return pages.ask_remove(request, viewer.operator)


@router.post(f"{_OWN}/totp/remove")
async def remove(request: Request, viewer: Confirmed) -> Response:
    """Take the authenticator away."""
    return await pages.remove(request, viewer.operator)


@router.get(f"{_OWN}/backup-codes")
async def ask_backup_codes(request: Request, viewer: Confirmed) -> Response:
    """Say that new codes make the old ones worthless."""
    return pages.ask_backup_codes(request, viewer.operator)


@router.post(f"{_OWN}/backup-codes")
async def make_backup_codes(request: Request, viewer: Confirmed) -> Response:
    """Make new codes and show them once."""
    return await pages.make_backup_codes(request, viewer.operator)
