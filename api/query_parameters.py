"""Query parameters nobody knows are refused: ``?state=registered`` must not answer with all campaigns."""

from collections.abc import Sequence
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.routing import APIRoute

from api.problems import ApiProblem, ProblemCode
from api.wording import at_most

_SHOWN = 100


async def only_known_parameters(request: Request) -> None:
    """End the request with 422, naming them, for parameters the route has not, or has once and got twice."""
    route = request.scope["route"]
    if not isinstance(route, APIRoute):
        raise TypeError
    fields = {field.alias: field.field_info.annotation for field in route.dependant.query_params}
    mistakes = []
    for name in dict.fromkeys(request.query_params):
        if name not in fields:
            mistakes.append(_mistake("unknown_parameter", name, "このパラメーターはありません。"))
        elif len(request.query_params.getlist(name)) > 1 and not _is_list(fields[name]):
            mistakes.append(_mistake("duplicate_parameter", name, "このパラメーターは1回だけ指定できます。"))
    if mistakes:
        raise ApiProblem(ProblemCode.INVALID_REQUEST, at_most(mistakes))


def _is_list(annotation: Any) -> bool:
    kinds: Sequence[Any] = (annotation, *get_args(annotation))
    return any(get_origin(kind) is list for kind in kinds)


def _mistake(code: str, name: str, detail: str) -> dict[str, Any]:
    return {"code": code, "field": name[:_SHOWN], "detail": detail}
