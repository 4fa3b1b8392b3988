"""HTML answers: templates, headers, redirects after a form was sent."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from simulator.pages.scenario_words import SCENARIO_WORDS
from simulator.pages.words import CARRIER_WORDS, NOTICES, grouped

_FOLDER = Path(__file__).parent
# Pictures may come from this machine only: the platform's, and files uploaded to the simulator.
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
        "img-src 'self' http://127.0.0.1:* http://localhost:*; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_STATIC = {"simulator.css": "text/css", "refresh.js": "text/javascript"}

_environment = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["grouped"] = grouped
_environment.globals["carrier_words"] = CARRIER_WORDS
_environment.globals["scenario_words"] = SCENARIO_WORDS


def page(name: str, request: Request, status: int = 200, **values: Any) -> Response:
    """A page of ours; `?done=` in the address names a notice to show above it."""
    notice = NOTICES.get(request.query_params.get("done", ""), "")
    html = _environment.get_template(name).render(notice=notice, **values)
    return HTMLResponse(html, status, _HEADERS)


def see(path: str, **query: str) -> Response:
    """After a form: look at this page next."""
    known = urlencode({name: value for name, value in query.items() if value})
    return RedirectResponse(path + (f"?{known}" if known else ""), 303)


async def fields_of(request: Request) -> dict[str, str]:
    """The text fields of a form."""
    async with request.form(max_files=0, max_fields=200) as form:
        return {name: value for name, value in form.items() if not isinstance(value, UploadFile)}


def static_routes() -> list[Route]:
    """The style sheet and the script, by fixed names."""

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            return Response("not found", 404)
        content = (_FOLDER / "static" / name).read_bytes()
        headers = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}
        return Response(content, 200, headers, _STATIC[name])

    async def no_icon(request: Request) -> Response:
        return Response(status_code=204)

    return [
        Route("/static/{name}", static, methods=["GET"]),
        Route("/favicon.ico", no_icon, methods=["GET"]),
    ]
