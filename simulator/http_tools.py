"""Small things all HTTP handlers of the simulator share."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

Endpoint = Callable[[Request], Awaitable[Response]]


class NoSuchThing(Exception):
    """404 of the control API."""


def guarded(endpoint: Endpoint) -> Endpoint:
    """The endpoint with ValueError as 400 and NoSuchThing as 404, their text as the error."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ValueError as error:
            return json_response({"error": str(error)}, 400)
        except NoSuchThing as error:
            return json_response({"error": str(error)}, 404)

    return answer


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer, readable Japanese."""
    try:
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        # Half a surrogate pair, of a message whose other segment is still missing.
        body = json.dumps(value, separators=(",", ":")).encode()
    return Response(body, status, headers, "application/json")


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object of a request; an empty body is {}. Raises ValueError."""
    body = await request.body()
    value = json.loads(body) if body else {}
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    return value


async def keep_silent(request: Request, stopping: asyncio.Event) -> Response:
    """Answer nothing until the client gives up or the simulator stops."""
    await request.body()
    gone = asyncio.create_task(_wait_for_disconnect(request))
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait((gone, stopped), return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    stopped.cancel()
    return Response(status_code=503, headers={"connection": "close"})


async def _wait_for_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
