"""Bodies of requests, read up to a limit."""

from typing import Any

from starlette.requests import Request

from api.problems import ApiProblem, ProblemCode


async def read_body(request: Request, limit: int) -> bytearray:
    """Return the body; end the request with 413 once it has more than ``limit`` bytes.

    The announced length is believed only when it is too large: a body without one is counted.
    """
    announced = request.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > limit:
            raise _too_large(limit)
        body += chunk
    return body


def too_large_error(limit: int) -> dict[str, Any]:
    """Return what is wrong with a body of more than ``limit`` bytes."""
    detail = f"リクエスト本文は{limit:,}バイトまでです。"
    return {"code": "body_too_large", "field": None, "detail": detail, "limit": limit}


def _too_large(limit: int) -> ApiProblem:
    return ApiProblem(ProblemCode.BODY_TOO_LARGE, [too_large_error(limit)])


def require_json(request: Request) -> None:
    """End the request with 415 unless it says that its body is JSON."""
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise ApiProblem(ProblemCode.UNSUPPORTED_MEDIA_TYPE)
