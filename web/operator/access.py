"""Who may open a page of the operators' side: one dependency per route, as on the companies' side."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

from fastapi import HTTPException
from starlette.requests import Request

from domain.callers import OperatorCaller
from domain.links import Link
from domain.operator_permissions import OperatorPermission, OperatorRole, operator_allows
from domain.sign_in_steps import SignInStep
from services.database import NO_COMPANY
from services.operator_sign_in import SessionOperator, operator_session
from web.access import FINISHED, check_progress, database_of, now, record_denial, remote_address
from web.cookies import operator_token
from workflows.link_queues import QueueState


class OperatorSignInNeeded(Exception):
    """No operator is signed in, or the session has ended. A company user's session does not count."""


@dataclass(frozen=True, slots=True)
class SignedInOperator:
    """The operator a page is made for."""

    operator: SessionOperator

    @property
    def caller(self) -> OperatorCaller:
        """In whose name services are called."""
        return self.operator.caller

    @property
    def role(self) -> OperatorRole:
        """The role that decides what is shown."""
        return self.operator.role

    def may(self, permission: OperatorPermission) -> bool:
        """Whether to show what needs ``permission``."""
        return operator_allows(self.operator.role, permission)


class RequiresOperator:
    """Dependency of an operators' page: a signed-in operator with ``permission``; for a form, our own token.

    ``Depends(requires_operator(OperatorPermission.X))`` stands on every route below ``/operator`` that is not
    in ``web/public_routes.py``; an architecture test walks the routes and looks for it.
    """

    def __init__(
        self,
        permission: OperatorPermission,
        *,
        is_activity: bool = True,
        steps: Collection[SignInStep] = FINISHED,
        confirmed: bool = False,
    ) -> None:
        self.permission = permission
        # These three mean what they do on the companies' side (``Requires``).
        self.steps = steps
        self.confirmed = confirmed
        self.is_activity = is_activity

    async def __call__(self, request: Request) -> SignedInOperator:
        """Return who is signed in, or raise: sign-in page, 403, or a form that is not ours."""
        signed_in = await current_operator(request, is_activity=self.is_activity)
        if signed_in is None:
            raise OperatorSignInNeeded
        if not signed_in.may(self.permission):
            await record_denial(request, signed_in.caller, self.permission)
            raise HTTPException(403)
        await check_progress(request, signed_in.operator, self.steps, confirmed=self.confirmed)
        return signed_in


requires_operator = RequiresOperator


class LinkQueues(Protocol):
    """What the pages ask of Temporal about the links' queues."""

    async def states(self) -> dict[Link, QueueState]:
        """How much waits in each; a link that is not answered for is missing."""

    async def apply(self, link: Link) -> bool:
        """Tell a queue what is wanted of it; the carrier workers do it when this fails."""


def link_queues_of(request: Request) -> LinkQueues:
    """Return the way to the links' queues."""
    queues: LinkQueues = request.app.state.link_queues
    return queues


async def current_operator(request: Request, *, is_activity: bool = True) -> SignedInOperator | None:
    """Return who is signed in there or about to, and remember for the page's frame who has finished it."""
    token = operator_token(request)
    if token is None:
        return None
    async with database_of(request).transaction(NO_COMPANY) as session:
        operator = await operator_session(session, token, now(), is_activity=is_activity)
    if operator is None:
        return None
    caller = replace(operator.caller, remote_address=remote_address(request))
    signed_in = SignedInOperator(replace(operator, caller=caller))
    if operator.state.step is SignInStep.DONE:
        request.state.operator = signed_in
    return signed_in
