"""A form counts only when it was shown by us to this very browser session."""

import hashlib
import hmac
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.datastructures import FormData
from starlette.requests import Request

from web.cookies import settings_of, token_of_side, visitor_token

FIELD = "csrf_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Longest single text field: 250,000 typed numbers with their line ends.
_MAX_FIELD_BYTES = 6 * 1024 * 1024


class FormNotOurs(Exception):
    """A form without this session's token, or posted from another site."""


def csrf_token(request: Request) -> str:
    """Return the token for forms shown now: derived from the session's secret, so nothing is stored."""
    secret = token_of_side(request) or visitor_token(request)
    return hmac.new(secret.encode(), b"portal form", hashlib.sha256).hexdigest()


async def read_form(request: Request) -> FormData:
    """Return the posted fields (read once, kept by the request)."""
    return await request.form(max_part_size=_MAX_FIELD_BYTES)


async def check_form(request: Request) -> None:
    """Raise ``FormNotOurs`` unless the posted form is ours; 413 for a body larger than an upload may be."""
    if not _same_origin(request):
        raise FormNotOurs
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > settings_of(request).max_upload_bytes:
        raise HTTPException(413)
    sent = (await read_form(request)).get(FIELD)
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), csrf_token(request).encode()):
        raise FormNotOurs


def _same_origin(request: Request) -> bool:
    """Browsers name where a request comes from; what names nothing is left to the token."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    # A proxy in front may have put its own name in place of the one in the address bar.
    ours = (request.headers.get("host"), urlsplit(settings_of(request).portal_url).netloc)
    return origin is None or urlsplit(origin).netloc in ours
