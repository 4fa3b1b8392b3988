"""Who may call: a company's program with its key, a carrier's platform with our token.

Every route depends on one of the two functions here, or is listed in ``PUBLIC_PATHS``; an
architecture test looks at all routes.
"""

import hmac
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.problems import ApiProblem, ProblemCode
from api.rate_headers import note_rate
from api.state import database_of, settings_of
from domain.api_keys import KeyRefusal, key_refusal
from domain.callers import Caller
from domain.carriers import Carrier
from domain.rate_limits import LimitKind, address_key
from middleware.bodies import set_body_holder
from services.api_keys import holder_of_key
from services.database import NO_COMPANY
from services.rate_limits import take, take_token

_REFUSALS = {
    KeyRefusal.SCOPE: ProblemCode.INSUFFICIENT_SCOPE,
    KeyRefusal.ADDRESS: ProblemCode.ADDRESS_NOT_ALLOWED,
}

log = structlog.get_logger(__name__)

PUBLIC_PATHS = frozenset({"/api/v1/openapi.json"})

bearer_key = HTTPBearer(
    auto_error=False,
    scheme_name="ApiKey",
    description="会社ごとに発行されるAPIキー。`Authorization: Bearer mdp_…` で指定します。",
)


async def require_api_key(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_key)]
) -> Caller:
    """Return the company the request's key belongs to.

    Ends the request with 401 without a key of ours, with 429 beyond the company's rate, with 403 if the key
    is not for this kind of request or this address.
    """
    if credentials is None or len(request.headers.getlist("Authorization")) > 1:
        raise _unauthorized()
    async with database_of(request).transaction(NO_COMPANY) as session:
        holder = await holder_of_key(session, credentials.credentials)
        if holder is not None:
            company = str(holder.caller.company_id)
            taken = await take(session, LimitKind.API_REQUEST, company, datetime.now(UTC))
            note_rate(request.scope, taken)
    if holder is None:
        await _count_wrong_key(request)
        raise _unauthorized()
    if taken.wait is not None:
        headers = {"Retry-After": str(int(taken.wait.total_seconds()))}
        raise ApiProblem(ProblemCode.RATE_LIMITED, headers=headers)
    refusal = key_refusal(holder.scope, holder.networks, request.method, _address(request))
    if refusal is not None:
        raise ApiProblem(_REFUSALS[refusal])
    set_body_holder(request.scope, holder.caller.company_id)
    return replace(holder.caller, remote_address=_address(request))


async def require_webhook_token(request: Request) -> None:
    """End the request with 401 unless it bears the token we gave the platform of the carrier it names."""
    expected = settings_of(request).webhook_token_of(_carrier_named(request))
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    matches = hmac.compare_digest(given.strip().encode("latin-1", "replace"), expected.encode())
    # Without a token of ours nobody could be told from anybody.
    if not expected or scheme.lower() != "bearer" or not matches:
        why = "not_set_up" if not expected else "wrong" if given else "missing"
        log.warning(
            "maap_webhook_refused", carrier=_carrier_named(request), token=why, peer=_address(request)
        )
        await _count_wrong_key(request)
        raise _unauthorized()


async def _count_wrong_key(request: Request) -> None:
    """Let one address guess only so often; who has the right key or token is never counted."""
    async with database_of(request).transaction(NO_COMPANY) as session:
        key = address_key(_address(request))
        wait = await take_token(session, LimitKind.WRONG_KEY, key, datetime.now(UTC))
    if wait is not None:
        headers = {"Retry-After": str(int(wait.total_seconds()))}
        raise ApiProblem(ProblemCode.TOO_MANY_REQUESTS, headers=headers)


def _unauthorized() -> ApiProblem:
    return ApiProblem(ProblemCode.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


def _carrier_named(request: Request) -> str | None:
    """The carrier in the path; nothing else of it goes into a log, whoever wrote it."""
    named = request.path_params.get("carrier")
    return named if named in set(Carrier) else None


ApiCaller = Annotated[Caller, Depends(require_api_key)]
