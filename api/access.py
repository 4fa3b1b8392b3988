"""Who may call: a company's program with its key, a carrier's platform with our token.

Every route depends on one of the two functions here, or is listed in ``PUBLIC_PATHS``; an
architecture test looks at all routes.
"""

import hmac
from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.problems import ApiProblem, ProblemCode
from api.state import database_of, settings_of
from domain.callers import Caller
from domain.carriers import Carrier
from services.api_keys import caller_for_key
from services.database import NO_COMPANY

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
    """Return the company the request's key belongs to, or end the request with 401."""
    if credentials is not None:
        async with database_of(request).transaction(NO_COMPANY) as session:
            caller = await caller_for_key(session, credentials.credentials)
        if caller is not None:
            return caller
    raise ApiProblem(ProblemCode.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})


async def require_webhook_token(request: Request) -> None:
    """End the request with 401 unless it bears the token we gave the carriers' platforms."""
    expected = settings_of(request).maap_webhook_token
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    matches = hmac.compare_digest(given.strip().encode("latin-1", "replace"), expected.encode())
    # Without a token of ours nobody could be told from anybody.
    if not expected or scheme.lower() != "bearer" or not matches:
        why = "not_set_up" if not expected else "wrong" if given else "missing"
        peer = request.client.host if request.client else None
        log.warning("maap_webhook_refused", carrier=_carrier_named(request), token=why, peer=peer)
        raise ApiProblem(ProblemCode.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})


def _carrier_named(request: Request) -> str | None:
    """The carrier in the path; nothing else of it goes into a log, whoever wrote it."""
    named = request.path_params.get("carrier")
    return named if named in set(Carrier) else None


ApiCaller = Annotated[Caller, Depends(require_api_key)]
