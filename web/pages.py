"""Templates into answers: one environment, a whole page or one block of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from domain.operator_permissions import OperatorPermission, OperatorRole
from domain.permissions import Permission, Role
from domain.visible_text import with_directions_shown
from services.session_tokens import IDLE_LIMIT
from web import formats
from web.confirmations import confirmation_for, mark_confirmed
from web.cookies import settings_of, side_of
from web.csrf import csrf_token
from web.kept_forms import kept_fields
from web.refill import refill
from web.static_files import SHELF, STATIC
from web.wording import look, word
from web.wording.audit import action_word, actor_word, field_word, target_words, value_words
from web.wording.checks import problem_column, problem_mend, problem_what
from web.wording.follow_ups import reply_words
from web.wording.problems import FieldError
from web.wording.timeline import outcome_words, reason_words

WEB = Path(__file__).parent
HTMX = STATIC / "vendor" / "htmx.min.js"


class AsTyped(str):
    """The value of a form's field: it comes back to us as it is."""


def _shown(value: Any) -> Any:
    """Whoever wrote a text, wherever it stands: it cannot turn the words around it."""
    return with_directions_shown(value) if type(value) is str else value


_FILTERS = {
    "as_typed": lambda value: AsTyped(value) if type(value) is str else value,
    "thousands": formats.thousands,
    "moment": formats.moment,
    "moment_exact": formats.moment_exact,
    "moment_cell": formats.moment_cell,
    "moment_in_list": formats.moment_in_list,
    "day": formats.day,
    "duration": formats.duration,
    "masked": formats.masked,
    "excerpt": formats.excerpt,
    "device": formats.device,
    "word": word,
    "look": look,
    "role_word": lambda role: word(Role(role)),
    "operator_role_word": lambda role: word(OperatorRole(role)),
    "outcome_words": outcome_words,
    "reason_words": reason_words,
    "reply_words": reply_words,
    "per_second": formats.per_second,
    "problem_what": problem_what,
    "problem_mend": problem_mend,
    "problem_column": problem_column,
    "action_word": action_word,
    "actor_word": actor_word,
    "field_word": field_word,
    "target_words": target_words,
    "value_words": value_words,
}


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= _FILTERS
    environment.globals |= {
        "percent": formats.percent,
        "static": SHELF.address,
        "script_modules": SHELF.modules(),
        "IDLE_MS": int(IDLE_LIMIT.total_seconds() * 1000),
        "Permission": Permission,
        "OperatorPermission": OperatorPermission,
        "error_at": error_at,
    }
    return environment


def error_at(errors: Sequence[FieldError], field: str) -> FieldError | None:
    """Return the errors of a field: the first, with the others as its ``more``."""
    found = [error for error in errors if error.field == field]
    return replace(found[0], more=tuple(found[1:])) if found else None


_TEMPLATES = _environment()


def render_text(request: Request, template: str, block: str | None = None, **context: Any) -> str:
    """Return a page, or only one of its blocks, as HTML."""
    full = {
        "path": request.url.path,
        "settings": settings_of(request),
        "csrf_token": csrf_token(request),
        "signed_in": getattr(request.state, "signed_in", None),
        "operator": getattr(request.state, "operator", None),
        # Pages both sides have lead on below their own side.
        "side": side_of(request),
        "frame": "operator/frame.html" if side_of(request) else "layout.html",
        "has_htmx": HTMX.is_file(),
        "is_restored": bool(kept_fields(request)),
        "kept_path": getattr(request.state, "kept_path", None),
        "confirmation": None if block else confirmation_for(request),
        **context,
    }
    if block is not None:
        return render_block(_TEMPLATES, template, block, full)
    return _TEMPLATES.get_template(template).render(full)


def page(
    request: Request, template: str, *, status: int = 200, block: str | None = None, **context: Any
) -> HTMLResponse:
    """Answer with a page. ``status`` is 422 where a form comes back with errors."""
    html = render_text(request, template, block, **context)
    if block is None and (kept := kept_fields(request)):
        html = refill(html, request.url.path, kept)
    response = HTMLResponse(html, status)
    if block is None and confirmation_for(request) is not None:
        mark_confirmed(response, request)
    return response


def go(address: str) -> RedirectResponse:
    """Send the browser on after a form (post/redirect/get)."""
    return RedirectResponse(address, 303)


def is_fragment(request: Request) -> bool:
    """Whether htmx asks, and wants a block instead of a page."""
    return request.headers.get("hx-request") == "true"
