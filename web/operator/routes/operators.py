"""The operators, for the one who answers for them: who has a second factor, and taking a lost one away."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.operator_permissions import OperatorPermission
from services.database import NO_COMPANY, OWN_STAFF
from services.operators import (
    OwnSecondFactor,
    find_operator,
    list_operators,
    reset_operator_factor,
    unlock_operator,
)
from web.access import database_of, now
from web.confirmations import go_confirming
from web.operator.access import SignedInOperator, requires_operator
from web.pages import page
from web.wording.confirmations import Confirmation

router = APIRouter(prefix="/operator/operators")
_RESET = OperatorPermission.RESET_SECOND_FACTORS
Administrator = Annotated[SignedInOperator, Depends(requires_operator(_RESET))]
Confirmed = Annotated[SignedInOperator, Depends(requires_operator(_RESET, confirmed=True))]


@router.get("")
async def show_operators(request: Request, viewer: Administrator) -> Response:
    """List the operators."""
    async with database_of(request).transaction(NO_COMPANY) as session:
        operators = await list_operators(session, now())
    return page(request, "operator/operators.html", operators=operators)


@router.get("/{operator_id}/second-factor")
async def ask_factor_reset(request: Request, operator_id: UUID, viewer: Confirmed) -> Response:
    """Say when this is right: after asking the operator in person."""
    return await _factor_page(request, operator_id)


@router.post("/{operator_id}/second-factor")
async def reset_factor(request: Request, operator_id: UUID, viewer: Confirmed) -> Response:
    """Take the operator's second factor away."""
    try:
        async with database_of(request).transaction(OWN_STAFF) as session:
            await find_operator(session, operator_id, now())
            await reset_operator_factor(session, viewer.caller, operator_id)
    except OwnSecondFactor:
        return await _factor_page(request, operator_id, status=422)
    return go_confirming(request, "/operator/operators", Confirmation.SECOND_FACTOR_REMOVED)


@router.get("/{operator_id}/unlock")
async def ask_unlock(request: Request, operator_id: UUID, viewer: Confirmed) -> Response:
    """Say when this is right: after asking the operator in person."""
    async with database_of(request).transaction(NO_COMPANY) as session:
        person = await find_operator(session, operator_id, now())
    return page(request, "operator/operator_unlock.html", person=person)


@router.post("/{operator_id}/unlock")
async def lift_lock(request: Request, operator_id: UUID, viewer: Confirmed) -> Response:
    """Let the operator try again."""
    async with database_of(request).transaction(OWN_STAFF) as session:
        await find_operator(session, operator_id, now())
        await unlock_operator(session, viewer.caller, operator_id)
    return go_confirming(request, "/operator/operators", Confirmation.LOCK_LIFTED)


async def _factor_page(request: Request, operator_id: UUID, status: int = 200) -> Response:
    async with database_of(request).transaction(NO_COMPANY) as session:
        person = await find_operator(session, operator_id, now())
    return page(request, "operator/operator_second_factor.html", status=status, person=person)
