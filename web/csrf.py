"""A form counts only when it was shown by us to this very browser session."""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from web.cookies import settings_of, token_of_side, visitor_token

FIELD = "csrf_token"
_TOKEN_BYTES = 32
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Longest single text field: 250,000 typed numbers with their line ends.
_MAX_FIELD_BYTES = 6 * 1024 * 1024
# The largest form of ours has a tenth of it.
_MAX_FIELDS = 300
_MAX_FILES = 5


class FormNotOurs(Exception):
    """A form without this session's token, or posted from another site."""


def csrf_token(request: Request) -> str:
    """Return the token for forms shown now: derived from the session's secret, so nothing is stored.

    It is veiled with random bytes, another time in another way: the size of a compressed page, which also
    holds what its address asked for, tells nothing about it.
    """
    veil = secrets.token_bytes(_TOKEN_BYTES)
    return (veil + _xor(veil, _token(request))).hex()


async def read_form(request: Request) -> FormData:
    """Return the posted fields (read once, kept by the request), without what no text may hold.

    This is the door for all that people type. The origin is looked at before anything is read. Raises
    ``FormNotOurs``; 413 for more fields than any form of ours has, 400 for what is no form.
    """
    kept: FormData | None = getattr(request.state, "read_form", None)
    if kept is None:
        if not comes_from_us(request):
            raise FormNotOurs
        if request.headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded"):
            # Counted before it is taken apart; the body is within its limit (``web/body_limits.py``).
            body = await request.body()
            if body.count(b"&") + body.count(b";") >= _MAX_FIELDS:
                raise HTTPException(413)
        form = await request.form(
            max_files=_MAX_FILES, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES
        )
        kept = request.state.read_form = FormData(
            [(_clean(name), _clean_value(v)) for name, v in form.multi_items()]
        )
    return kept


async def check_form(request: Request) -> None:
    """Raise ``FormNotOurs`` unless the posted form is ours."""
    sent = (await read_form(request)).get(FIELD)
    if not isinstance(sent, str) or not hmac.compare_digest(_unveiled(sent), _token(request)):
        raise FormNotOurs


def _token(request: Request) -> bytes:
    secret = token_of_side(request) or visitor_token(request)
    return hmac.digest(secret.encode(), b"portal form", hashlib.sha256)


def _unveiled(sent: str) -> bytes:
    """Return the token in what a form sent; empty for what is none."""
    try:
        veiled = bytes.fromhex(sent)
    except ValueError:
        return b""
    if len(veiled) != 2 * _TOKEN_BYTES:
        return b""
    return _xor(veiled[:_TOKEN_BYTES], veiled[_TOKEN_BYTES:])


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _clean_value(value: UploadFile | str) -> UploadFile | str:
    if isinstance(value, str):
        return _clean(value)
    value.filename = None if value.filename is None else _clean(value.filename)
    return value


def _clean(text: str) -> str:
    """Return ``text`` without NUL and lone surrogates: no keyboard makes them, PostgreSQL keeps neither."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def comes_from_us(request: Request) -> bool:
    """Browsers name where a request comes from; what names nothing is left to the token."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    # A proxy in front may have put its own name in place of the one in the address bar.
    ours = (request.headers.get("host"), urlsplit(settings_of(request).portal_url).netloc)
    try:
        return origin is None or urlsplit(origin).netloc in ours
    except ValueError:
        return False  # ``http://[`` and the like: no browser's
