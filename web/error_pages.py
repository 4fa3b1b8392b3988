"""Errors as pages: what happened, where, and what to do now. The portal stays readable."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeAlias

import structlog
from fastapi import FastAPI
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from domain.sign_in_steps import SignInStep
from middleware.request_ids import current_request_id
from services.api_keys import ApiKeyNotFound
from services.campaigns import CampaignNotFound, NotEditable, UploadNotFound
from services.company_users import UserNotFound
from services.links import LinkNotFound
from services.message_details import MessageNotFound
from services.operators import OperatorNotFound
from services.passkeys import PasskeyNotFound
from services.sessions import SessionNotFound
from web.access import ConfirmationNeeded, SignInNeeded, StepNeeded
from web.cookies import settings_of, side_of
from web.csrf import FormNotOurs, read_form
from web.forms.fields import text_of
from web.kept_forms import page_of
from web.operator.access import OperatorSignInNeeded
from web.pages import go, is_fragment, page
from web.security_headers import add_security_headers
from web.session_end import is_in_background, keep_what_was_posted, to_sign_in
from web.throttling import TooManyRequests
from web.wording.errors import (
    ERROR_PAGES,
    OPERATOR_ERROR_PAGES,
    OTHER_ERROR,
    ErrorPage,
    too_many_requests,
)
from web.wording.steps import TYPED_TEXTS, field_label

_MISSING = (UserNotFound, ApiKeyNotFound, SessionNotFound, PasskeyNotFound, OperatorNotFound)
# Below the side of the page that was asked for.
_STEP_PAGES = {
    SignInStep.SECOND_FACTOR: "/sign-in/second-factor",
    SignInStep.NEW_PASSWORD: "/sign-in/new-password",
    SignInStep.ENROLMENT: "/account/second-factor",
    SignInStep.DONE: "",
}
Handler: TypeAlias = Callable[[Request, Any], Awaitable[Response] | Response]
log = structlog.get_logger(__name__)


def install_error_pages(app: FastAPI) -> None:
    """Answer errors on pages with pages. What programs call keeps the handler it had before."""
    _install(app, HTTPException, _http_error, http_exception_handler)
    _install(app, RequestValidationError, _not_valid, request_validation_exception_handler)
    _install(app, Exception, _unexpected, _plain_500)
    for unavailable in (OperationalError, InterfaceError, PoolTimeout, ConnectionError):
        _install(app, unavailable, _database_down, _plain_503)
    app.add_exception_handler(SignInNeeded, to_sign_in)
    app.add_exception_handler(OperatorSignInNeeded, to_sign_in)
    app.add_exception_handler(FormNotOurs, _form_not_ours)
    app.add_exception_handler(StepNeeded, _to_step)
    app.add_exception_handler(ConfirmationNeeded, _to_confirmation)
    app.add_exception_handler(TooManyRequests, _too_many)
    for missing in (*_MISSING, CampaignNotFound, LinkNotFound, MessageNotFound, UploadNotFound):
        _install(app, missing, _not_found, _plain_404)
    _install(app, NotEditable, _not_editable, _plain_409)


def _install(app: FastAPI, error: type[Exception], for_people: Handler, default: Handler) -> None:
    for_programs = app.exception_handlers.get(error, default)

    async def answer(request: Request, exception: Exception) -> Response:
        machine = settings_of(request).is_machine_path(request.url.path)
        made = (for_programs if machine else for_people)(request, exception)
        response: Response = made if isinstance(made, Response) else await made
        return response

    app.add_exception_handler(error, answer)


def error_page(
    request: Request,
    status: int,
    wording: ErrorPage,
    typed: Sequence[tuple[str, str]] = (),
    kept_at: str | None = None,
) -> Response:
    """Render one error; headers are set here as well, since a 500 is made outside the middleware."""
    if side_of(request):
        wording = OPERATOR_ERROR_PAGES.get(status, wording)
    response = page(
        request,
        "pages/error.html",
        status=status,
        wording=wording,
        request_id=current_request_id(),
        typed=typed,
        kept_at=kept_at,
    )
    add_security_headers(response.headers, request.url.path, settings_of(request))
    return response


def _http_error(request: Request, error: HTTPException) -> Response:
    response = error_page(request, error.status_code, ERROR_PAGES.get(error.status_code, OTHER_ERROR))
    response.headers.update(error.headers or {})
    return response


async def _not_found(request: Request, _error: Exception) -> Response:
    return error_page(request, 404, ERROR_PAGES[404], await _typed_in_vain(request))


async def _typed_in_vain(request: Request) -> list[tuple[str, str]]:
    """Return what was typed into a draft that is gone, by its label, to be copied from the error page."""
    if request.method != "POST":
        return []
    form = await read_form(request)
    return [(field_label(name), text_of(form, name)) for name in TYPED_TEXTS if text_of(form, name)]


async def _not_editable(request: Request, _error: Exception) -> Response:
    """A step of a draft that is registered by now: its page says what it has become."""
    campaign_id = request.path_params.get("campaign_id")
    if request.method == "GET" and campaign_id is not None:
        return go(f"/campaigns/{campaign_id}")
    return error_page(request, 409, ERROR_PAGES[409], await _typed_in_vain(request))


def _not_valid(request: Request, _error: RequestValidationError) -> Response:
    # The only values FastAPI reads for us are ids in addresses: a malformed one names nothing.
    return error_page(request, 404, ERROR_PAGES[404])


async def _form_not_ours(request: Request, _error: Exception) -> Response:
    """A page of an older session: what was typed there waits at its page, for whoever is signed in now."""
    kept_at = None if is_in_background(request) else await keep_what_was_posted(request)
    return error_page(request, 403, ERROR_PAGES[419], kept_at=kept_at)


def _database_down(request: Request, error: Exception) -> Response:
    log.warning("database_unavailable", path=request.url.path, error=type(error).__name__)
    response = error_page(request, 503, ERROR_PAGES[503])
    response.headers["Retry-After"] = "30"
    return response


def _unexpected(request: Request, error: Exception) -> Response:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return _database_down(request, error)
    return error_page(request, 500, ERROR_PAGES[500])


def _to_step(request: Request, error: Exception) -> Response:
    return _lead_to(request, _STEP_PAGES[error.step] if isinstance(error, StepNeeded) else "")


async def _to_confirmation(request: Request, _error: Exception) -> Response:
    """Ask for the password first; what was typed is in its form again afterwards."""
    await keep_what_was_posted(request)
    return _lead_to(request, "/account/confirm", always=True)


def _lead_to(request: Request, step_page: str, *, always: bool = False) -> Response:
    home = side_of(request) or "/"
    address = f"{side_of(request)}{step_page}" or home
    if is_fragment(request):
        return Response(status_code=401, headers={"HX-Redirect": address})
    # Forms lie at the address of their page, so that is where to come back to.
    comes_back = (request.method == "GET" or always) and home not in (address, request.url.path)
    return go(f"{address}?next={page_of(request)}" if comes_back else address)


def _too_many(request: Request, error: Exception) -> Response:
    wait = error.wait if isinstance(error, TooManyRequests) else timedelta(minutes=1)
    response = error_page(request, 429, too_many_requests(wait))
    response.headers["Retry-After"] = str(int(wait.total_seconds()))
    return response


def _plain_404(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("Not Found", 404)


def _plain_409(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("Conflict", 409)


def _plain_500(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("Internal Server Error", 500)


def _plain_503(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("Service Unavailable", 503, headers={"Retry-After": "30"})
