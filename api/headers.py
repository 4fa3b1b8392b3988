"""Headers of every answer to a program."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# Whatever is answered, a browser that was led here shows nothing, runs nothing and frames nothing.
MACHINE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
MACHINE_PREFIXES = ("/api", "/callbacks", "/health", "/metrics")


class MachineHeaders:
    """Middleware: answers hold personal data and are stored nowhere; their type is what they say.

    Around the whole application, so that errors nobody foresaw in its parts carry them as well.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the head of its answer."""
        if scope["type"] != "http" or not is_for_programs(scope["path"]):
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in MACHINE_HEADERS.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, send_with_headers)


def is_for_programs(path: str) -> bool:
    """Whether an address is called by programs: the API, carriers, monitoring."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in MACHINE_PREFIXES)
