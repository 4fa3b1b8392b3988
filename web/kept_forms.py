"""Typed fields survive the end of a session: sealed into the sign-in form, kept in the new session, shown.

A form posted without a session is not executed, now or later: its fields only come back into the form of the
same page, for whoever signs in and may open it. Nothing is stored for somebody who has not signed in.
"""

import base64
import json
import zlib
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from starlette.datastructures import FormData
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.routing import Match

from services.audit import trail_of
from services.database import NO_COMPANY, Database
from services.kept_forms import KeptForm, forget_form, keep_form, kept_form
from services.secret_box import NoEncryptionKey, SecretBox, UnreadableSecret
from services.sessions import AccountSession
from web.cookies import side_of, token_of_side

FIELD = "kept_form"
_PURPOSE = "kept form"
# Whoever signs in: there is no account yet when it is sealed.
_NOBODY = UUID(int=0)
_KEPT_FOR = timedelta(hours=12)
# Of the body; of what is carried through the sign-in's own form, which is smaller than other forms may be.
_LONGEST_BODY = 256 * 1024
_LONGEST_SEALED = 48 * 1024
# Neither secrets nor what belongs to one showing of a page.
_NEVER_KEPT = ("password", "code", "credential", "csrf_token", "action", "check_token", "next", FIELD)
_ONLY_HIDDEN = frozenset({"version", "upload_id", "shown_column", "recipients"})
# Where an address without a page of its own leads back to.
_PAGES = {"send": "check", "confirm": ""}

Fields = list[tuple[str, str]]


class Typed(NamedTuple):
    """What was posted. ``fields``: worth keeping; ``had_file``: a file was chosen, which cannot be kept."""

    is_form: bool
    fields: Fields
    had_file: bool = False
    was_too_large: bool = False


async def typed_fields(request: Request) -> Typed:
    """Return the typed fields of a form nobody has read yet, as far as its first 256 KB hold them."""
    kind = request.headers.get("content-type", "")
    body, is_whole = await _beginning_of(request)
    try:
        if kind.startswith("multipart/form-data"):
            form = await MultiPartParser(request.headers, _pieces(body), max_part_size=_LONGEST_BODY).parse()
        elif kind.startswith("application/x-www-form-urlencoded") and is_whole:
            form = await FormParser(request.headers, _pieces(body)).parse()
        else:
            return Typed(bool(body), [], was_too_large=not is_whole)
    except (MultiPartException, ValueError):
        return Typed(False, [])
    typed = worth_keeping(form)
    await form.close()
    return typed


def worth_keeping(form: FormData) -> Typed:
    """Return what of a posted form was typed or chosen by a person."""
    fields = [
        (name, value)
        for name, value in form.multi_items()
        if isinstance(value, str) and not any(word in name for word in _NEVER_KEPT)
    ]
    had_file = any(not isinstance(value, str) and value.filename for value in form.values())
    is_typed = any(value.strip() and name not in _ONLY_HIDDEN for name, value in fields)
    return Typed("csrf_token" in form, fields if is_typed else [], had_file)


def page_of(request: Request) -> str:
    """Return the page a posted form stands on: its own address, or the nearest above that can be opened."""
    path = request.url.path
    while path.count("/") > 1 and not _can_be_opened(request, path):
        path, _, last = path.rpartition("/")
        if beside := _PAGES.get(last):
            path = f"{path}/{beside}"
    return path if _can_be_opened(request, path) else side_of(request) or "/"


def seal(request: Request, path: str, fields: Fields, now: datetime) -> str | None:
    """Return fields sealed for ``path``, as a form can carry them; ``None`` if they are too many."""
    content = zlib.compress(
        json.dumps([now.timestamp(), path, fields], ensure_ascii=False).encode("utf-8", "replace")
    )
    try:
        sealed = _box(request).seal(content, owner=_NOBODY, purpose=_PURPOSE)
    except NoEncryptionKey:
        return None
    carried = base64.urlsafe_b64encode(sealed).decode()
    return carried if len(carried) <= _LONGEST_SEALED else None


def opened(request: Request, sealed: bytes, now: datetime) -> tuple[str, Fields] | None:
    """Return path and fields of what we sealed less than 12 hours ago."""
    try:
        content = _box(request).open(sealed, owner=_NOBODY, purpose=_PURPOSE)
    except UnreadableSecret:
        return None
    at, path, fields = json.loads(zlib.decompress(content))
    is_recent = timedelta() <= now - datetime.fromtimestamp(at, now.tzinfo) <= _KEPT_FOR
    return (path, [(name, value) for name, value in fields]) if is_recent else None


async def keep_in_session(request: Request, carried: str, token: str | None, now: datetime) -> bool:
    """Keep what a form carried in the session of ``token``, until its page is open again."""
    try:
        sealed = base64.urlsafe_b64decode(carried)
    except ValueError:
        return False
    found = opened(request, sealed, now) if sealed else None
    if token is None or found is None:
        return False
    kept = KeptForm(found[0], sealed)
    database: Database = request.app.state.database
    async with database.transaction(NO_COMPANY) as session:
        return await keep_form(session, token, kept, of_operator=bool(side_of(request)))


async def keep_posted(request: Request, form: FormData, now: datetime) -> bool:
    """Keep the fields of a form that cannot be taken now, though somebody is signed in."""
    typed = worth_keeping(form)
    carried = seal(request, page_of(request), typed.fields, now) if typed.fields else None
    return carried is not None and await keep_in_session(request, carried, token_of_side(request), now)


async def restore_kept(request: Request, user: AccountSession, now: datetime) -> None:
    """Let the page that is being opened show what was kept for it; forget it once that form is sent."""
    if user.kept_path is None:
        return
    path = request.url.path.removesuffix("/autosave")
    if path != user.kept_path:
        request.state.kept_path = user.kept_path
        return
    database: Database = request.app.state.database
    async with database.transaction(trail_of(user.caller)) as session:
        if request.method == "POST":
            await forget_form(session, user)
            return
        kept = await kept_form(session, user)
    found = opened(request, kept.sealed, now) if kept else None
    if found is not None and found[0] == path:
        request.state.kept_fields = found[1]


def kept_fields(request: Request) -> Sequence[tuple[str, str]]:
    """Return the fields the page is to show as they were typed; empty mostly."""
    fields: Fields = getattr(request.state, "kept_fields", [])
    return fields


def _box(request: Request) -> SecretBox:
    box: SecretBox = request.app.state.secret_box
    return box


def _can_be_opened(request: Request, path: str) -> bool:
    scope = {"type": "http", "path": path, "method": "GET", "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)


async def _beginning_of(request: Request) -> tuple[bytes, bool]:
    """Return the first 256 KB of the body, and whether that was all."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_BODY:
            return bytes(body[:_LONGEST_BODY]), False
    return bytes(body), True


async def _pieces(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
    yield b""
