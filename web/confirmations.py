"""A word of confirmation after a form: carried in a cookie to the page the form leads to, shown there once.

The cookie holds the name of the deed and that page's address, so that another tab does not show it.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from web.cookies import clear_confirmation, confirmation_cookie, set_confirmation
from web.forms.fields import member_of
from web.wording.confirmations import CONFIRMATIONS, Confirmation, ConfirmationWords


def go_confirming(request: Request, address: str, done: Confirmation) -> RedirectResponse:
    """Send the browser on after a form, and let the page at ``address`` say what was done."""
    response = RedirectResponse(address, 303)
    set_confirmation(response, request, f"{done.value}@{address}")
    return response


def confirmation_for(request: Request) -> ConfirmationWords | None:
    """Return what the requested page has to confirm."""
    name, _, address = (confirmation_cookie(request) or "").partition("@")
    done = member_of(name, Confirmation)
    return CONFIRMATIONS[done] if done is not None and address == request.url.path else None


def mark_confirmed(response: Response, request: Request) -> None:
    """Forget what has been said."""
    clear_confirmation(response, request)
