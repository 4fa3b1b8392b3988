"""The own passkeys. Making one needs JavaScript; without it the authenticator remains."""

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from domain.visible_text import trim
from services.passkeys import (
    MAX_PASSKEY_NAME_CHARACTERS,
    PasskeyNotFound,
    add_passkey,
    own_passkeys,
    registration_options,
    remove_passkey,
)
from web.access import database_of, now
from web.confirmations import go_confirming
from web.csrf import read_form
from web.formats import device
from web.forms.fields import text_of
from web.mail_posting import changing
from web.pages import page
from web.passkeys import options_answer, relying_party
from web.routes.account_second_factor import Confirmed, SettingUp
from web.second_factor_pages import factor_added
from web.wording.accounts import PASSKEY_FAILED
from web.wording.confirmations import Confirmation
from web.wording.problems import over_limit

router = APIRouter(prefix="/account/passkeys")


@router.get("/new")
async def ask_passkey(request: Request, viewer: SettingUp) -> Response:
    """Ask for a name; a script does the rest."""
    return _new_page(request, "", [])


@router.post("/options")
async def registration_question(request: Request, viewer: SettingUp) -> Response:
    """Return what the browser makes a passkey from."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        options = await registration_options(session, viewer.user, relying_party(request))
    return options_answer(options)


@router.post("/new")
async def keep_passkey(request: Request, viewer: SettingUp) -> Response:
    """Keep what the browser made; the first factor comes with backup codes."""
    form = await read_form(request)
    name, answer = trim(text_of(form, "name")), text_of(form, "credential")
    if len(name) > MAX_PASSKEY_NAME_CHARACTERS:
        long = over_limit("name", "パスキーの名前", len(name), MAX_PASSKEY_NAME_CHARACTERS)
        return _new_page(request, name, [long], status=422)
    async with changing(request, viewer.caller.company_id) as session:
        named = name or device(request.headers.get("user-agent"))
        is_kept = await add_passkey(session, viewer.user, relying_party(request), answer, named, now())
    if not is_kept:
        return _new_page(request, name, [PASSKEY_FAILED], status=422)
    return await factor_added(request, viewer.user)


@router.get("/{passkey_id}/remove")
async def ask_remove(request: Request, passkey_id: UUID, viewer: Confirmed) -> Response:
    """Name the passkey that is to go."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        passkeys = await own_passkeys(session, viewer.user)
    found = next((passkey for passkey in passkeys if passkey.id == passkey_id), None)
    if found is None:
        raise PasskeyNotFound
    is_last = len(passkeys) == 1 and not viewer.user.has_totp
    return page(request, "pages/passkey_remove.html", passkey=found, is_last=is_last, user=viewer.user)


@router.post("/{passkey_id}/remove")
async def remove(request: Request, passkey_id: UUID, viewer: Confirmed) -> Response:
    """Forget the passkey."""
    async with changing(request, viewer.caller.company_id) as session:
        await remove_passkey(session, viewer.user, passkey_id, now())
    return go_confirming(request, "/account/second-factor", Confirmation.PASSKEY_REMOVED)


def _new_page(request: Request, name: str, errors: list[object], status: int = 200) -> Response:
    return page(
        request,
        "pages/passkey_new.html",
        status=status,
        name=name,
        party=relying_party(request),
        errors=errors,
    )
