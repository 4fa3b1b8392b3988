"""HEAD wherever GET is, a true ``Allow``, and addresses with a slash too many."""

from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from middleware.routes import methods_of


class HeadRequests:
    """Middleware: HEAD is a GET whose answer has no body (RFC 9110, 9.3.2), for pages and programs alike."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a HEAD on as a GET. The server's own scope keeps its method: it looks there."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, send_head)


class Addresses:
    """Middleware: leads from ``/campaigns/`` to ``/campaigns``, and says on 405 what an address takes.

    The framework's redirect repeats the Host header, so it is off; ours names no host.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on unless it only has to lose its slashes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if (redirect := _without_slash(scope)) is not None:
            await redirect(scope, receive, send)
            return

        # A mounted application puts itself in these places.
        routes, root_path = scope["app"].routes, scope.get("root_path", "")

        async def send_with_allow(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 405:
                allowed = methods_of(routes, {**scope, "root_path": root_path})
                MutableHeaders(scope=message)["Allow"] = ", ".join(sorted(allowed))
            await send(message)

        await self.app(scope, receive, send_with_allow)


def _without_slash(scope: Scope) -> Response | None:
    path: str = scope["path"]
    shorter = path.rstrip("/")
    if path == shorter or not shorter:
        return None
    # Only to addresses we have: ``//evil.example/`` is none.
    routes = scope["app"].routes
    if methods_of(routes, scope) or not methods_of(routes, {**scope, "path": shorter}):
        return None
    address = scope["raw_path"].decode("ascii", "replace").rstrip("/")
    if query := scope["query_string"].decode("ascii", "replace"):
        address += f"?{query}"
    return RedirectResponse(address, 307)
