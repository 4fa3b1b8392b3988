"""Every error of the API as a problem answer: ours, the framework's, and what nobody foresaw."""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.body_limits import machine_body_limit
from api.problems import ApiProblem, ProblemCode, problem_response
from api.request_bodies import too_large_error
from api.state import settings_of
from api.under_way import SameKeyAtWork, TooManyAtOnce
from api.wording import campaign_errors
from services.api_campaigns import IdempotencyConflict, RequestInProgress
from services.campaign_cancel import CampaignNotCancellable
from services.campaign_registration import CampaignRefused
from services.campaigns import CampaignNotFound
from services.message_details import MessageNotFound
from services.paging import InvalidCursor

RETRY_AFTER_SECONDS = 10

_CODES: Mapping[type[Exception], ProblemCode] = {
    CampaignNotFound: ProblemCode.NOT_FOUND,
    MessageNotFound: ProblemCode.NOT_FOUND,
    CampaignNotCancellable: ProblemCode.CAMPAIGN_NOT_CANCELLABLE,
    IdempotencyConflict: ProblemCode.IDEMPOTENCY_CONFLICT,
    InvalidCursor: ProblemCode.INVALID_CURSOR,
}

# What is right and only too early: the same request is good again after so many seconds.
_LATER: Mapping[type[Exception], tuple[ProblemCode, int]] = {
    RequestInProgress: (ProblemCode.REQUEST_IN_PROGRESS, 2),
    SameKeyAtWork: (ProblemCode.REQUEST_IN_PROGRESS, 2),
    TooManyAtOnce: (ProblemCode.TOO_MANY_AT_ONCE, 5),
}

_HTTP_CODES = {
    401: ProblemCode.UNAUTHORIZED,
    404: ProblemCode.NOT_FOUND,
    405: ProblemCode.METHOD_NOT_ALLOWED,
    408: ProblemCode.REQUEST_TIMEOUT,
    413: ProblemCode.BODY_TOO_LARGE,
    415: ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    429: ProblemCode.TOO_MANY_AT_ONCE,
    503: ProblemCode.TEMPORARILY_UNAVAILABLE,
}

_INVALID = {
    "missing": ("required", "必須の項目です。"),
    "extra_forbidden": ("unknown_field", "この項目はありません。綴りをご確認ください。"),
    "time_zone_missing": (
        "time_zone_missing",
        "日時には時差を付けてください(例: 2026-12-01T10:00:00+09:00)。",
    ),
    "invalid_moment": (
        "invalid_value",
        "日時はRFC 3339の文字列で指定してください(例: 2026-12-01T10:00:00+09:00)。",
    ),
    "invalid_day": ("invalid_value", "日付はYYYY-MM-DDの文字列で指定してください(例: 2026-04-01)。"),
}
_OTHERWISE_INVALID = ("invalid_value", "値の型または形式が正しくありません。")

log = structlog.get_logger(__name__)


def install_error_answers(app: FastAPI) -> None:
    """Make ``app`` answer errors with problems only."""
    for error, code in _CODES.items():
        app.add_exception_handler(error, _answering(code))
    for error, (code, seconds) in _LATER.items():
        app.add_exception_handler(error, _answering(code, {"Retry-After": str(seconds)}))
    app.add_exception_handler(ApiProblem, _problem)
    app.add_exception_handler(CampaignRefused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for unavailable in (OperationalError, InterfaceError, PoolTimeout, ConnectionError):
        app.add_exception_handler(unavailable, _unavailable)
    app.add_exception_handler(ClientDisconnect, _answering(ProblemCode.REQUEST_FAILED))
    app.add_exception_handler(Exception, _unexpected)


def validation_errors(errors: list[Any], field_prefix: str = "") -> list[dict[str, Any]]:
    """Return pydantic's findings in our words; values are left out, they may be personal data."""
    found = []
    for error in errors:
        code, detail = _INVALID.get(error["type"], _OTHERWISE_INVALID)
        places = [str(place) for place in error["loc"] if place not in ("body", "query", "header")]
        found.append({"code": code, "field": field_prefix + ".".join(places) or None, "detail": detail})
    return found


def _answering(code: ProblemCode, headers: Mapping[str, str] | None = None) -> Any:
    async def answer(_request: Request, _error: Exception) -> Response:
        return problem_response(code, headers=headers)

    return answer


async def _problem(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiProblem):
        raise TypeError
    return problem_response(error.code, error.errors, headers=error.headers)


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, CampaignRefused):
        raise TypeError
    return problem_response(ProblemCode.CAMPAIGN_REFUSED, campaign_errors(error.check))


async def _invalid(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise TypeError
    errors = error.errors()
    if any(found["loc"][0] == "path" for found in errors):
        # A malformed id names nothing, like an unknown one.
        return problem_response(ProblemCode.NOT_FOUND)
    return problem_response(ProblemCode.INVALID_REQUEST, validation_errors(list(errors)))


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise TypeError
    code = _HTTP_CODES.get(error.status_code, ProblemCode.REQUEST_FAILED)
    errors = []
    if code is ProblemCode.BODY_TOO_LARGE:
        errors.append(too_large_error(machine_body_limit(request.url.path, settings_of(request))))
    return problem_response(code, errors, status=error.status_code, headers=error.headers)


async def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("api_unavailable", path=request.url.path, failure=type(error).__name__)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return problem_response(ProblemCode.TEMPORARILY_UNAVAILABLE, headers=headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return await _unavailable(request, error)
    return problem_response(ProblemCode.INTERNAL_ERROR)
