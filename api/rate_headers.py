"""RateLimit headers: how much of its limit a company's programs have left, in every answer to a key."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.rate_limits import LIMITS, LimitKind
from services.rate_limits import Taken

_TAKEN = "rate_taken"


def note_rate(scope: Scope, taken: Taken) -> None:
    """Keep what was counted for the answer's headers."""
    scope.setdefault("state", {})[_TAKEN] = taken


class RateHeaders:
    """Middleware that tells what ``note_rate`` kept; without a valid key there is nothing to tell."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the head of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def send_with_rate(message: Message) -> None:
            taken = state.get(_TAKEN)
            if message["type"] == "http.response.start" and isinstance(taken, Taken):
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Limit"] = str(LIMITS[LimitKind.API_REQUEST].burst)
                headers["RateLimit-Remaining"] = str(taken.left)
                headers["RateLimit-Reset"] = str(int(taken.full_in.total_seconds()))
            await send(message)

        await self.app(scope, receive, send_with_rate)
