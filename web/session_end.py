"""Who asks without a session is led to the sign-in; what they had typed goes with them (C-2, X-8)."""

from starlette.requests import Request
from starlette.responses import Response

from web.access import now
from web.cookies import OPERATOR_SIDE, side_of
from web.csrf import SAFE_METHODS, comes_from_us, read_form
from web.kept_forms import keep_posted, page_of, seal, typed_fields
from web.pages import go, is_fragment
from web.sign_in_pages import sign_in_form
from web.wording.session_end import SESSION_ENDED, TypedAtTheEnd


async def to_sign_in(request: Request, _error: Exception) -> Response:
    """Lead to the sign-in of the requested side; with a posted form, show it at once and carry the fields."""
    side = side_of(request)
    address, home = f"{side}/sign-in", side or "/"
    if is_in_background(request):
        # A page that only watches goes there; one somebody writes on must not be taken away with the text.
        leads = {"HX-Redirect": address} if request.method == "GET" else None
        return Response(status_code=401, headers=leads)
    if request.method == "GET":
        return go(address if request.url.path == home else f"{address}?next={request.url.path}")
    if request.method in SAFE_METHODS or not comes_from_us(request):
        return go(address)
    typed = await typed_fields(request)
    if not typed.is_form:
        return go(address)
    path, carried = page_of(request), None
    outcome = TypedAtTheEnd.NOTHING_TYPED
    if typed.fields:
        carried = seal(request, path, typed.fields, now())
        kept = TypedAtTheEnd.KEPT_WITHOUT_FILE if typed.had_file else TypedAtTheEnd.KEPT
        outcome = kept if carried else TypedAtTheEnd.TOO_LARGE
    elif typed.was_too_large:
        outcome = TypedAtTheEnd.TOO_LARGE
    template = "operator/sign_in.html" if side == OPERATOR_SIDE else "pages/sign_in.html"
    return sign_in_form(request, template, path, kept_form=carried or "", ended=SESSION_ENDED[outcome])


async def keep_what_was_posted(request: Request) -> str | None:
    """Keep the fields of a form that is not taken although somebody is signed in; return its page."""
    if request.method in SAFE_METHODS or not comes_from_us(request):
        return None
    return page_of(request) if await keep_posted(request, await read_form(request), now()) else None


def is_in_background(request: Request) -> bool:
    """Whether a script asks, not a person: a part of a page, or a page that saves itself."""
    return is_fragment(request) or request.headers.get("accept") == "application/json"
