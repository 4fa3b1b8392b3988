"""Keys for a company's programs: list, make, revoke (C-1)."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.api_keys import MAX_KEY_NAME_CHARACTERS, MAX_NETWORKS, KeyScope, read_networks
from domain.audit import AuditAction
from domain.permissions import Permission
from domain.visible_text import trim
from services.api_keys import create_api_key, find_api_key, list_api_keys, revoke_api_key
from services.audit import record_audit
from web.access import SignedIn, database_of, now, requires
from web.confirmations import go_confirming
from web.csrf import read_form
from web.forms.fields import choice_of, text_of
from web.pages import page
from web.wording.accounts import (
    KEY_NAME_MISSING,
    KEY_SCOPE_HINTS,
    KEY_SCOPE_MISSING,
    TOO_MANY_NETWORKS,
    wrong_networks,
)
from web.wording.confirmations import Confirmation
from web.wording.problems import FieldError, over_limit

router = APIRouter(prefix="/api-keys")
Administrator = Annotated[SignedIn, Depends(requires(Permission.MANAGE_USERS))]
Confirmed = Annotated[SignedIn, Depends(requires(Permission.MANAGE_USERS, confirmed=True))]


@router.get("")
async def show_keys(request: Request, viewer: Administrator) -> Response:
    """List the company's keys; the keys themselves are nowhere."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        keys = await list_api_keys(session, viewer.caller)
    return page(request, "pages/api_keys.html", keys=keys)


@router.get("/new")
async def ask_key(request: Request, viewer: Confirmed) -> Response:
    """Show the form of a new key."""
    return _new_page(request, "", None, "", [])


@router.post("/new")
async def make_key(request: Request, viewer: Confirmed) -> Response:
    """Make a key and show it, this once."""
    form = await read_form(request)
    name, networks_text = trim(text_of(form, "name")), text_of(form, "networks")
    scope = choice_of(form, "scope", KeyScope)
    networks, wrong = read_networks(networks_text)
    errors = _errors(name, scope, networks, wrong)
    if errors or scope is None:
        return _new_page(request, name, scope, networks_text, errors, status=422)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        key = await create_api_key(
            session,
            viewer.caller.company_id,
            name,
            scope=scope,
            networks=networks,
            created_by=viewer.caller.user_id,
        )
        after = {"name": name, "scope": scope, "networks": networks}
        await record_audit(session, viewer.caller, AuditAction.API_KEY_MADE, after=after)
    return page(request, "pages/api_key_made.html", name=name, key=key)


@router.get("/{key_id}/revoke")
async def ask_revoke(request: Request, key_id: UUID, viewer: Confirmed) -> Response:
    """Say that programs with the key stop at once."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        key = await find_api_key(session, viewer.caller, key_id)
    return page(request, "pages/api_key_revoke.html", key=key)


@router.post("/{key_id}/revoke")
async def revoke(request: Request, key_id: UUID, viewer: Confirmed) -> Response:
    """Make the key worthless."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        await revoke_api_key(session, viewer.caller, key_id, now())
    return go_confirming(request, "/api-keys", Confirmation.API_KEY_REVOKED)


def _errors(name: str, scope: KeyScope | None, networks: list[str], wrong: list[str]) -> list[FieldError]:
    errors = []
    if not name:
        errors.append(KEY_NAME_MISSING)
    elif len(name) > MAX_KEY_NAME_CHARACTERS:
        errors.append(over_limit("name", "キーの名前", len(name), MAX_KEY_NAME_CHARACTERS))
    if scope is None:
        errors.append(KEY_SCOPE_MISSING)
    if wrong or len(networks) > MAX_NETWORKS:
        errors.append(wrong_networks(wrong) if wrong else TOO_MANY_NETWORKS)
    return errors


def _new_page(
    request: Request,
    name: str,
    scope: KeyScope | None,
    networks: str,
    errors: Sequence[FieldError],
    status: int = 200,
) -> Response:
    return page(
        request,
        "pages/api_key_new.html",
        status=status,
        name=name,
        scope=scope,
        networks=networks,
        scopes=KEY_SCOPE_HINTS,
        errors=errors,
    )
