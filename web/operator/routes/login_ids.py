"""Freeing the login id of a deleted company user, who can then be registered again (C-5).

A login id is a mail address: it is searched for by a form that posts, and never stands in an address.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.company_users import MAX_LOGIN_ID_CHARACTERS
from domain.operator_permissions import OperatorPermission
from services.database import NO_COMPANY, OWN_STAFF
from services.login_ids import DeletedUser, deleted_user, find_deleted_user, release_login_id
from services.stored_searches import KeptFor
from web.access import database_of, now
from web.csrf import read_form
from web.forms.fields import text_of
from web.forms.log_search import forgotten_search
from web.lists import SEARCH, kept_under, list_address, typed_before
from web.operator.access import SignedInOperator, requires_operator
from web.pages import go, page
from web.wording.problems import FieldError

router = APIRouter(prefix="/operator/login-ids")
ServiceDesk = Annotated[
    SignedInOperator, Depends(requires_operator(OperatorPermission.RELEASE_LOGIN_IDS, confirmed=True))
]

_MISSING = FieldError(
    "login_id", "ログインIDが入力されていません。", "依頼されたログインIDを入力してください。"
)
_NOBODY = FieldError(
    "login_id",
    "このログインIDの、削除されたユーザーはいません。",
    "入力の誤りがないか確かめてください。"
    "正しければ、解放済みか、使用中（別のご利用企業を含む）か、登録されたことがありません。",
)


@router.get("")
async def ask_login_id(request: Request, viewer: ServiceDesk) -> Response:
    """Ask for a whole login id; there is no list to look through. Show whom a search has found."""
    async with database_of(request).transaction(NO_COMPANY) as session:
        login_id = await typed_before(request, session, viewer.operator, KeptFor.LOGIN_ID_SEARCH)
    if login_id is None:
        return _search_page(request, "", problem=forgotten_search("login_id", "ログインID"))
    if not request.query_params.get(SEARCH):
        return _search_page(request, "")
    if not login_id or len(login_id) > MAX_LOGIN_ID_CHARACTERS:
        return _search_page(request, login_id, problem=_NOBODY if login_id else _MISSING)
    async with database_of(request).transaction(NO_COMPANY) as session:
        found = await find_deleted_user(session, login_id)
    return _search_page(request, login_id, found, problem=None if found else _NOBODY)


@router.post("")
async def search_login_id(request: Request, viewer: ServiceDesk) -> Response:
    """Keep what was typed, and lead on to an address without it: it can be reloaded and come back to."""
    login_id = text_of(await read_form(request), "login_id").strip()
    async with database_of(request).transaction(NO_COMPANY) as session:
        kept = await kept_under(request, session, viewer.operator, KeptFor.LOGIN_ID_SEARCH, login_id)
    return go(list_address("/operator/login-ids", {SEARCH: kept}))


@router.get("/{company_id}/{deleted_user_id}")
async def ask_release(
    request: Request, company_id: UUID, deleted_user_id: UUID, viewer: ServiceDesk
) -> Response:
    """Say what freeing means; afterwards, that it was done."""
    async with database_of(request).transaction(company_id) as session:
        user = await deleted_user(session, company_id, deleted_user_id)
    return page(request, "operator/login_id.html", user=user)


@router.post("/{company_id}/{deleted_user_id}")
async def release(request: Request, company_id: UUID, deleted_user_id: UUID, viewer: ServiceDesk) -> Response:
    """Free it; a second press changes nothing."""
    async with database_of(request).transaction((company_id, OWN_STAFF)) as session:
        await release_login_id(session, viewer.caller, company_id, deleted_user_id, now())
    return go(request.url.path)


def _search_page(
    request: Request, login_id: str, found: DeletedUser | None = None, problem: FieldError | None = None
) -> Response:
    errors = [problem] if problem else []
    return page(
        request,
        "operator/login_ids.html",
        status=422 if problem else 200,
        login_id=login_id,
        found=found,
        errors=errors,
    )
