"""From a message's id, as a company's staff reads it to the service desk, to its workflow in the Temporal UI.

The UI shows every company's workflows and can change them: its address is for operators alone (C-4).
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.operator_permissions import OperatorPermission
from web.access import delivery_of
from web.forms.fields import read_id
from web.operator.access import SignedInOperator, requires_operator
from web.pages import page
from web.wording.problems import FieldError

router = APIRouter(prefix="/operator/messages")
Engineer = Annotated[SignedInOperator, Depends(requires_operator(OperatorPermission.SWITCH_LINKS))]

_UNREADABLE = FieldError(
    "id",
    "配信IDを読み取れません。",
    "配信の詳細の「配信ID」を、ハイフンも含めて36文字で入力してください。",
)


@router.get("")
async def trace_message(request: Request, viewer: Engineer) -> Response:
    """Ask for an id, and lead to its workflow. An id is no personal data and may stand in an address."""
    typed = request.query_params.get("id", "").strip()
    message_id: UUID | None = read_id(typed)
    errors = [_UNREADABLE] if typed and message_id is None else []
    return page(
        request,
        "operator/message_trace.html",
        status=422 if errors else 200,
        typed=typed,
        message_id=message_id,
        workflow_url=delivery_of(request).message_url(message_id) if message_id else None,
        errors=errors,
    )
