"""Answers given before any route: in the same words as those of the routes."""

from typing import cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


async def answer_error(scope: Scope, receive: Receive, send: Send, error: HTTPException) -> None:
    """Answer with the page or the problem the application has for ``error``.

    A request that is refused is not read any further: ``Connection: close`` is left to the server, which
    takes what is still on its way.
    """
    handler = scope["app"].exception_handlers[HTTPException]
    made = handler(Request(scope, receive), error)
    response = cast("Response", made if isinstance(made, Response) else await made)
    await response(scope, receive, send)
