"""Who may open a page: one dependency per route, naming the permission it needs (C-1)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from fastapi import HTTPException
from starlette.requests import Request

from domain.callers import Caller, OperatorCaller
from domain.mails import MailOrder
from domain.operator_permissions import OperatorPermission
from domain.permissions import Permission, Role, allows
from domain.sign_in_steps import SignInStep
from middleware.bodies import set_body_holder
from services.audit import record_refusal, trail_of
from services.database import NO_COMPANY, Database
from services.sessions import AccountSession
from services.user_sessions import SessionUser, session_for
from web.cookies import session_token
from web.csrf import SAFE_METHODS, check_form
from web.kept_forms import restore_kept


class SignInNeeded(Exception):
    """Nobody is signed in, or the session has ended."""


class StepNeeded(Exception):
    """The sign-in is not finished: a second factor or a new password is still to come."""

    def __init__(self, step: SignInStep) -> None:
        super().__init__(step.value)
        self.step = step


class ConfirmationNeeded(Exception):
    """The password has to be given again before something so sensitive is changed."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The member of staff a page is made for."""

    user: SessionUser

    @property
    def caller(self) -> Caller:
        """In whose name services are called."""
        return self.user.caller

    @property
    def role(self) -> Role:
        """The role that decides what is shown."""
        return self.user.role

    def may(self, permission: Permission) -> bool:
        """Whether to show what needs ``permission``."""
        return allows(self.user.role, permission)


FINISHED = frozenset({SignInStep.DONE})


class Requires:
    """Dependency of a page: a signed-in user with ``permission``, and for a form, our own token.

    ``Depends(requires(Permission.X))`` stands on every route that is not in ``web/public_routes.py``;
    an architecture test walks the routes and looks for it.
    """

    def __init__(
        self,
        permission: Permission,
        *,
        is_activity: bool = True,
        steps: Collection[SignInStep] = FINISHED,
        confirmed: bool = False,
    ) -> None:
        self.permission = permission
        # How far a sign-in must be: pages are for those who have finished it, its steps are not.
        self.steps = steps
        # Whether the password must have been given lately (users, keys, second factors).
        self.confirmed = confirmed
        # A page that refreshes itself does not keep a session alive.
        self.is_activity = is_activity

    async def __call__(self, request: Request) -> SignedIn:
        """Return who is signed in, or raise: sign-in page, 403, or a form that is not ours."""
        signed_in = await current_user(request, is_activity=self.is_activity)
        if signed_in is None:
            raise SignInNeeded
        if not signed_in.may(self.permission):
            await record_denial(request, signed_in.caller, self.permission)
            raise HTTPException(403)
        await check_progress(request, signed_in.user, self.steps, confirmed=self.confirmed)
        return signed_in


requires = Requires


async def check_progress(
    request: Request, user: AccountSession, steps: Collection[SignInStep], *, confirmed: bool
) -> None:
    """Raise unless a posted form is ours, the sign-in is at one of ``steps``, the password lately given."""
    if request.method not in SAFE_METHODS:
        await check_form(request)
    if user.state.step not in steps:
        raise StepNeeded(user.state.step)
    if confirmed and not user.is_confirmed(now()):
        raise ConfirmationNeeded
    if user.state.step is SignInStep.DONE:
        await restore_kept(request, user, now())


async def record_denial(
    request: Request, caller: Caller | OperatorCaller, permission: Permission | OperatorPermission
) -> None:
    """Note that somebody asked for what their role may not do: the pattern of the page, no id."""
    page = getattr(request.scope.get("route"), "path", "")
    what = {"permission": permission.value, "method": request.method, "page": page}
    async with database_of(request).transaction(trail_of(caller)) as session:
        await record_refusal(session, caller, what, now())


def remote_address(request: Request) -> str | None:
    """Return the network address a request came from, as the proxy we trust tells."""
    return request.client.host if request.client else None


def database_of(request: Request) -> Database:
    """Return the way to PostgreSQL."""
    database: Database = request.app.state.database
    return database


def now() -> datetime:
    """Return the current time; the only clock of the portal."""
    return datetime.now(UTC)


async def current_user(request: Request, *, is_activity: bool = True) -> SignedIn | None:
    """Return who is signed in or about to, and remember for the page's frame who has finished it."""
    token = session_token(request)
    if token is None:
        return None
    async with database_of(request).transaction(NO_COMPANY) as session:
        user = await session_for(session, token, now(), is_activity=is_activity)
    if user is None:
        return None
    set_body_holder(request.scope, user.caller.company_id)
    caller = replace(user.caller, remote_address=remote_address(request))
    user = replace(user, caller=caller)
    signed_in = SignedIn(user)
    if user.state.step is SignInStep.DONE:
        request.state.signed_in = signed_in
    return signed_in


class Delivery(Protocol):
    """What pages ask of the workflows: to begin, to read a changed campaign anew, and where to look."""

    async def start_campaign(self, company_id: UUID, campaign_id: UUID) -> bool:
        """Begin a registered campaign; a sweep does it when this fails."""

    async def schedule_changed(self, campaign_id: UUID) -> bool:
        """Tell a running workflow that its campaign was edited or cancelled."""

    async def start_mail(self, order: MailOrder) -> bool:
        """Begin to send a mail of the outbox; a sweep does it when this fails."""

    def message_url(self, message_id: UUID) -> str | None:
        """Return where operators see a message's workflow."""


def delivery_of(request: Request) -> Delivery:
    """Return the way to the workflows."""
    delivery: Delivery = request.app.state.delivery
    return delivery
