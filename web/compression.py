"""Pages are sent compressed; programs' answers and static files (``web/static_files.py``) are not its work.

A page holds secrets beside what an address put into it, so its size could tell about them (BREACH): the token
of its forms is another one each time (``web/csrf.py``), and cookies do not go along with requests other sites
make in the background (decision 0048).
"""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from web.security_headers import STATIC_PREFIX
from web.settings import WebSettings

# Below this the head of the answer outweighs what is saved.
_SMALLEST_BYTES = 1_000
_LEVEL = 5


class CompressedPages:
    """Middleware: gzip for pages and downloads of people, as their browser accepts it."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self.app = app
        self.compressed = GZipMiddleware(app, minimum_size=_SMALLEST_BYTES, compresslevel=_LEVEL)
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, compressed where it is a page's."""
        is_page = scope["type"] == "http" and not (
            scope["path"].startswith(STATIC_PREFIX) or self.settings.is_machine_path(scope["path"])
        )
        await (self.compressed if is_page else self.app)(scope, receive, send)
