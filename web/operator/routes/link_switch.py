"""Stopping and resuming a link, and the rate of its contract: first what it means, then the deed."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.links import HIGHEST_RATE, LONGEST_REASON, LOWEST_RATE, Link
from domain.operator_permissions import OperatorPermission
from domain.visible_text import trim
from services.database import OWN_STAFF
from services.links import (
    LinkChangedMeanwhile,
    UnusableRate,
    change_contract_rate,
    resume_link,
    stop_link,
)
from web.access import database_of
from web.confirmations import go_confirming
from web.csrf import read_form
from web.forms.fields import text_of
from web.operator.access import SignedInOperator, link_queues_of, requires_operator
from web.operator.routes.links import link_row
from web.pages import go, page
from web.wording.confirmations import Confirmation
from web.wording.problems import FieldError, over_limit

router = APIRouter()
Switcher = Annotated[SignedInOperator, Depends(requires_operator(OperatorPermission.SWITCH_LINKS))]
RateChanger = Annotated[SignedInOperator, Depends(requires_operator(OperatorPermission.CHANGE_LINK_RATES))]

_CHANGED = FieldError(
    "changed",
    "画面を開いた後に、別の運用者がこの回線を変更しました。",
    "下の今の状態を確かめて、必要ならもう一度操作してください。この操作では何も変わっていません。",
)
_NO_REASON = FieldError(
    "reason", "理由が入力されていません。", "後で見た人に分かるように、止める理由を入力してください。"
)
_BAD_RATE = FieldError(
    "rate",
    "契約速度を読み取れません。",
    f"{LOWEST_RATE:g}から{HIGHEST_RATE:g}までの数字で、1秒あたりの件数を入力してください。"
    "送信を止めるときは、「送信を止める」を使ってください。",
)


@router.get("/operator/links/{link}/stop")
async def confirm_stop(request: Request, link: Link, viewer: Switcher) -> Response:
    """Say what a stop means, and how much waits."""
    return await _ask(request, link, "stop", [])


@router.post("/operator/links/{link}/stop")
async def stop(request: Request, link: Link, viewer: Switcher) -> Response:
    """Stop the link."""
    form = await read_form(request)
    reason = trim(text_of(form, "reason"))
    if not reason or len(reason) > LONGEST_REASON:
        problem = over_limit("reason", "理由", len(reason), LONGEST_REASON) if reason else _NO_REASON
        return await _ask(request, link, "stop", [problem], status=422, reason=reason)
    try:
        async with database_of(request).transaction(OWN_STAFF) as session:
            await stop_link(session, viewer.caller, link, _version(form), reason)
    except LinkChangedMeanwhile:
        return await _ask(request, link, "stop", [_CHANGED], status=409, reason=reason)
    return await _done(request, link, Confirmation.LINK_STOPPED)


@router.get("/operator/links/{link}/resume")
async def confirm_resume(request: Request, link: Link, viewer: Switcher) -> Response:
    """Say what goes out when the link is resumed."""
    return await _ask(request, link, "resume", [])


@router.post("/operator/links/{link}/resume")
async def resume(request: Request, link: Link, viewer: Switcher) -> Response:
    """Resume the link."""
    form = await read_form(request)
    try:
        async with database_of(request).transaction(OWN_STAFF) as session:
            await resume_link(session, viewer.caller, link, _version(form))
    except LinkChangedMeanwhile:
        return await _ask(request, link, "resume", [_CHANGED], status=409)
    return await _done(request, link, Confirmation.LINK_RESUMED)


@router.get("/operator/links/{link}/rate")
async def ask_rate(request: Request, link: Link, viewer: RateChanger) -> Response:
    """Show the rate of the contract, to be changed."""
    return await _ask(request, link, "rate", [])


@router.post("/operator/links/{link}/rate")
async def change_rate(request: Request, link: Link, viewer: RateChanger) -> Response:
    """Change the rate of the contract."""
    form = await read_form(request)
    entered = text_of(form, "rate").strip()
    try:
        async with database_of(request).transaction(OWN_STAFF) as session:
            await change_contract_rate(session, viewer.caller, link, _version(form), float(entered))
    except LinkChangedMeanwhile:
        return await _ask(request, link, "rate", [_CHANGED], status=409, rate=entered)
    except (UnusableRate, ValueError):
        return await _ask(request, link, "rate", [_BAD_RATE], status=422, rate=entered)
    return await _done(request, link, Confirmation.LINK_RATE_CHANGED)


async def _ask(
    request: Request, link: Link, what: str, errors: list[FieldError], status: int = 200, **entered: str
) -> Response:
    row = await link_row(request, link)
    # Done already, by this or another window: its page says so.
    if not errors and what != "rate" and row.wanted.is_stopped is (what == "stop"):
        return go(f"/operator/links/{link.value}")
    return page(
        request,
        f"operator/link_{what}.html",
        status=status,
        row=row,
        errors=errors,
        reason=entered.get("reason", ""),
        rate=entered.get("rate", f"{row.wanted.contract_rate:g}"),
    )


async def _done(request: Request, link: Link, done: Confirmation) -> Response:
    # At once where Temporal answers; else the carrier workers do it as soon as it does.
    await link_queues_of(request).apply(link)
    return go_confirming(request, f"/operator/links/{link.value}", done)


def _version(form: FormData) -> int:
    version = text_of(form, "version")
    return int(version) if version.isascii() and version.isdigit() and len(version) < 9 else -1
