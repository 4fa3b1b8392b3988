"""Headers every page answers with, errors and static files included."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.settings import WebSettings

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Same-origin: an address of ours never reaches another site.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
STRICT_TRANSPORT = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")

STATIC_PREFIX = "/static/"


def add_security_headers(headers: MutableHeaders, path: str, settings: WebSettings) -> None:
    """Set the headers of one answer. Pages hold personal data, so nothing but static files is stored."""
    for name, value in SECURITY_HEADERS.items():
        headers[name] = value
    if settings.cookie_secure:
        headers[STRICT_TRANSPORT[0]] = STRICT_TRANSPORT[1]
    if not path.startswith(STATIC_PREFIX):
        headers["Cache-Control"] = "no-store"
    elif "immutable" not in headers.get("Cache-Control", ""):
        headers["Cache-Control"] = "no-cache"


class SecurityHeaders:
    """Middleware that adds them to every answer but those for programs."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the head of its answer."""
        if scope["type"] != "http" or self.settings.is_machine_path(scope["path"]):
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                add_security_headers(headers, scope["path"], self.settings)
            await send(message)

        await self.app(scope, receive, send_with_headers)
