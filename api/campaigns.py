"""Campaigns of the JSON API."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, BackgroundTasks, Depends, Header, Query, Request, Response

from api.access import ApiCaller, require_api_key
from api.answers import (
    CampaignDetail,
    CampaignPage,
    CancelledCampaign,
    MessagePage,
    RegisteredCampaign,
    RejectedRecipient,
    RejectionReason,
    campaign_detail,
    campaign_summary,
    message_item,
)
from api.campaign_reading import read_campaign_request
from api.openapi import CAMPAIGN_BODY, REGISTERED, problems
from api.problems import ApiProblem, ProblemCode
from api.query_parameters import only_known_parameters
from api.recipient_forms import too_many_variables
from api.request_bodies import read_body, require_json
from api.state import Delivery, database_of, delivery_of, registrations_of, settings_of
from domain.callers import Caller
from domain.campaigns import CampaignStatus
from services.api_campaigns import ApiRegistration, TooManyVariables, create_campaign_from_api
from services.campaign_cancel import cancel_campaign
from services.campaign_reports import campaign_view, list_campaigns
from services.delivery_log import campaign_messages
from services.paging import InvalidCursor

router = APIRouter(
    tags=["campaigns"], dependencies=[Depends(require_api_key), Depends(only_known_parameters)]
)
log = structlog.get_logger(__name__)

_CURSOR = re.compile("[0-9a-f]{32}")
Cursor = Annotated[
    str | None,
    Query(
        description="直前の応答の`next_cursor`。",
        json_schema_extra={"pattern": f"^{_CURSOR.pattern}$", "minLength": 32, "maxLength": 32},
    ),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        description=(
            "リクエストごとに変える任意の文字列(1〜255文字、推奨: UUID)。"
            "同じキーで再送しても案件は1つしか登録されません。"
        ),
        examples=["5f1c9a52-6f0e-4f0e-9d86-1d5a3f4f9b11"],
        # Blanks around a header's value are no part of it.
        json_schema_extra={"pattern": r"^[!-~]([ -~]{0,253}[!-~])?$", "minLength": 1, "maxLength": 255},
    ),
]


@router.post(
    "/campaigns",
    status_code=201,
    response_model=RegisteredCampaign,
    summary="案件を登録して配信する",
    operation_id="create_campaign",
    responses=REGISTERED
    | problems(
        ProblemCode.MALFORMED_JSON,
        ProblemCode.INVALID_IDEMPOTENCY_KEY,
        ProblemCode.REQUEST_TIMEOUT,
        ProblemCode.IDEMPOTENCY_CONFLICT,
        ProblemCode.REQUEST_IN_PROGRESS,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.CAMPAIGN_REFUSED,
        ProblemCode.TOO_MANY_AT_ONCE,
    ),
    openapi_extra=CAMPAIGN_BODY,
)
async def create_campaign(
    request: Request,
    response: Response,
    background: BackgroundTasks,
    caller: ApiCaller,
    idempotency_key: IdempotencyKey = None,
) -> RegisteredCampaign:
    """宛先ごとに検査し、配信できる宛先だけを登録します。配信できない宛先は`rejected`で返します。

    配信できる宛先が1件もない場合や本文に誤りがある場合は、何も登録せず422を返します。
    """
    require_json(request)
    _require_usable(request, idempotency_key)
    async with registrations_of(request).registration(caller.company_id, idempotency_key):
        registration = await _register(request, caller, idempotency_key)
    # After the answer: it must not wait for a Temporal that is down; the row is the outbox.
    background.add_task(_start, delivery_of(request), caller.company_id, registration.campaign_id)
    response.headers["Location"] = f"/api/v1/campaigns/{registration.campaign_id}"
    if registration.repeated:
        response.headers["Idempotency-Replayed"] = "true"
    return _registered(registration)


@router.get(
    "/campaigns",
    response_model=CampaignPage,
    summary="案件の一覧",
    operation_id="list_campaigns",
    responses=problems(ProblemCode.INVALID_CURSOR),
)
async def get_campaigns(
    request: Request,
    caller: ApiCaller,
    status: Annotated[list[CampaignStatus] | None, Query(description="状態で絞り込む。")] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> CampaignPage:
    """新しい順に返します。"""
    async with database_of(request).transaction(caller.company_id) as session:
        page = await list_campaigns(session, caller, statuses=status, cursor=_given(cursor), limit=limit)
    return CampaignPage(items=[campaign_summary(row) for row in page.items], next_cursor=page.next_cursor)


@router.get(
    "/campaigns/{campaign_id}",
    response_model=CampaignDetail,
    summary="案件の状態と集計",
    operation_id="get_campaign",
    responses=problems(ProblemCode.NOT_FOUND),
)
async def get_campaign(request: Request, caller: ApiCaller, campaign_id: UUID) -> CampaignDetail:
    """状態と、メッセージの件数を返します。"""
    async with database_of(request).transaction(caller.company_id) as session:
        return campaign_detail(await campaign_view(session, caller, campaign_id))


@router.get(
    "/campaigns/{campaign_id}/messages",
    response_model=MessagePage,
    summary="案件のメッセージ",
    operation_id="list_campaign_messages",
    responses=problems(ProblemCode.INVALID_CURSOR, ProblemCode.NOT_FOUND),
)
async def get_campaign_messages(
    request: Request,
    caller: ApiCaller,
    campaign_id: UUID,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> MessagePage:
    """宛先の順に返します。2通目(`parent_id`のあるもの)は、作られた順に続きます。配信中に取得しても、ページの間で抜けや重複はありません。"""
    async with database_of(request).transaction(caller.company_id) as session:
        page = await campaign_messages(session, caller, campaign_id, cursor=_given(cursor), limit=limit)
    return MessagePage(items=[message_item(row) for row in page.items], next_cursor=page.next_cursor)


@router.post(
    "/campaigns/{campaign_id}/cancel",
    response_model=CancelledCampaign,
    summary="案件を取り消す",
    operation_id="cancel_campaign",
    responses=problems(ProblemCode.NOT_FOUND, ProblemCode.CAMPAIGN_NOT_CANCELLABLE),
)
async def post_cancel(
    request: Request, background: BackgroundTasks, caller: ApiCaller, campaign_id: UUID
) -> CancelledCampaign:
    """まだキャリアに渡していないメッセージを取り消します。繰り返しても結果は同じです。"""
    async with database_of(request).transaction(caller.company_id) as session:
        outcome = await cancel_campaign(session, caller, campaign_id, datetime.now(UTC))
    background.add_task(_tell, delivery_of(request), campaign_id)
    return CancelledCampaign(
        id=campaign_id,
        status=CampaignStatus.CANCELLED,
        cancelled=outcome.cancelled,
        already_handed_over=outcome.already_handed_over,
    )


async def _register(request: Request, caller: Caller, idempotency_key: str | None) -> ApiRegistration:
    body = await read_body(request, settings_of(request).max_campaign_bytes)
    read = await asyncio.to_thread(read_campaign_request, body)
    del body
    try:
        async with database_of(request).transaction(caller.company_id) as session:
            return await create_campaign_from_api(
                session,
                caller,
                read.content,
                read.recipients,
                request_key=idempotency_key,
                request_hash=read.request_hash,
                now=datetime.now(UTC),
            )
    except TooManyVariables:
        raise ApiProblem(ProblemCode.INVALID_REQUEST, [too_many_variables("recipients")]) from None


def _registered(registration: ApiRegistration) -> RegisteredCampaign:
    """Return the answer of the registration, whatever became of the campaign since (a repetition)."""
    return RegisteredCampaign(
        id=registration.campaign_id,
        status=CampaignStatus.REGISTERED,
        accepted=registration.accepted,
        rejected=[
            RejectedRecipient(
                row=rejected.row,
                phone_number=rejected.phone_number,
                reason=RejectionReason(rejected.reason.value),
            )
            for rejected in registration.rejected
        ],
    )


def _given(cursor: str | None) -> str | None:
    """The API reads onwards only. An empty cursor is none of ours: nobody is to begin again by mistake."""
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise InvalidCursor
    return cursor


def _require_usable(request: Request, idempotency_key: str | None) -> None:
    if idempotency_key is None:
        return
    if len(request.headers.getlist("Idempotency-Key")) > 1:
        raise ApiProblem(ProblemCode.INVALID_IDEMPOTENCY_KEY)
    if not (0 < len(idempotency_key) <= 255 and idempotency_key.isascii() and idempotency_key.isprintable()):
        raise ApiProblem(ProblemCode.INVALID_IDEMPOTENCY_KEY)


async def _start(delivery: Delivery, company_id: UUID, campaign_id: UUID) -> None:
    try:
        await delivery.start_campaign(company_id, campaign_id)
    except Exception as failure:  # the sweep starts it, whatever the failure
        log.warning("campaign_start_delayed", campaign_id=str(campaign_id), failure=type(failure).__name__)


async def _tell(delivery: Delivery, campaign_id: UUID) -> None:
    try:
        await delivery.schedule_changed(campaign_id)
    except Exception as failure:  # the workflow reads the row again by itself
        log.warning("campaign_signal_delayed", campaign_id=str(campaign_id), failure=type(failure).__name__)
