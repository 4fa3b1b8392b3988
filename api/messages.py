"""Single messages of the JSON API."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request

from api.access import ApiCaller, require_api_key
from api.answers import MessageDetail, message_answer
from api.openapi import problems
from api.problems import ProblemCode
from api.query_parameters import only_known_parameters
from api.state import database_of
from services.message_details import message_detail

router = APIRouter(tags=["messages"], dependencies=[Depends(require_api_key), Depends(only_known_parameters)])


@router.get(
    "/messages/{message_id}",
    response_model=MessageDetail,
    summary="メッセージの状態",
    operation_id="get_message",
    responses=problems(ProblemCode.NOT_FOUND),
)
async def get_message(request: Request, caller: ApiCaller, message_id: UUID) -> MessageDetail:
    """1件のメッセージの状態と、受け取った方からの返信を返します。"""
    async with database_of(request).transaction(caller.company_id) as session:
        detail = await message_detail(session, caller, message_id)
    return message_answer(detail)
