"""Campaigns of the JSON API."""

import asyncio
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
from api.recipient_forms import too_many_variables
from api.request_bodies import read_body, require_json
from api.state import Delivery, database_of, delivery_of, registrations_of, settings_of
from domain.callers import Caller
from domain.campaigns import CampaignStatus
from services.api_campaigns import ApiRegistration, TooManyVariables, create_campaign_from_api
from services.campaign_cancel import cancel_campaign
from services.campaign_reports import campaign_view, list_campaigns
from services.delivery_log import campaign_messages

router = APIRouter(tags=["campaigns"], dependencies=[Depends(require_api_key)])
log = structlog.get_logger(__name__)

Cursor = Annotated[str | None, Query(max_length=100, description="直前の応答の`next_cursor`。")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        description=(
            "リクエストごとに変える任意の文字列(1〜255文字、推奨: UUID)。"
            "同じキーで再送しても案件は1つしか登録されません。"
        ),
        examples=["5f1c9a52-6f0e-4f0e-9d86-1d5a3f4f9b11"],
    ),
]


@router.post(
    "/campaigns",
    status_code=201,
    response_model=RegisteredCampaign,
    summary="案件を登録して配信する",
    responses=REGISTERED | problems(400, 401, 408, 409, 413, 415, 422, 429, 503),
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
    _require_usable(idempotency_key)
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
    responses=problems(400, 401, 422, 503),
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
        page = await list_campaigns(session, caller, statuses=status, cursor=cursor, limit=limit)
    return CampaignPage(items=[campaign_summary(row) for row in page.items], next_cursor=page.next_cursor)


@router.get(
    "/campaigns/{campaign_id}",
    response_model=CampaignDetail,
    summary="案件の状態と集計",
    responses=problems(401, 404, 503),
)
async def get_campaign(request: Request, caller: ApiCaller, campaign_id: UUID) -> CampaignDetail:
    """状態と、メッセージの件数を返します。"""
    async with database_of(request).transaction(caller.company_id) as session:
        return campaign_detail(await campaign_view(session, caller, campaign_id))


@router.get(
    "/campaigns/{campaign_id}/messages",
    response_model=MessagePage,
    summary="案件のメッセージ",
    responses=problems(400, 401, 404, 422, 503),
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
        page = await campaign_messages(session, caller, campaign_id, cursor=cursor, limit=limit)
    return MessagePage(items=[message_item(row) for row in page.items], next_cursor=page.next_cursor)


@router.post(
    "/campaigns/{campaign_id}/cancel",
    response_model=CancelledCampaign,
    summary="案件を取り消す",
    responses=problems(401, 404, 409, 503),
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


def _require_usable(idempotency_key: str | None) -> None:
    if idempotency_key is None:
        return
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
