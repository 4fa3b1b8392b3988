"""The cookies of the portal: the session of each side, and a visitor's before there is one.

Company users and operators hold cookies of different names: one side's session is nothing to the other.
"""

import secrets
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from web.settings import WebSettings

OPERATOR_SIDE = "/operator"
_OPERATOR_COOKIE = "operator_session"
_USER_COOKIE = "session"
_CONFIRMATION_COOKIE = "confirmation"
_CONFIRMATION_SECONDS = 60


def settings_of(request: Request) -> WebSettings:
    """Return the portal's settings."""
    settings: WebSettings = request.app.state.web_settings
    return settings


def _cookie_name(name: str, settings: WebSettings) -> str:
    # With __Host- the browser itself refuses a cookie set by a sister domain or over plain HTTP.
    return f"__Host-{name}" if settings.cookie_secure else name


def session_token(request: Request) -> str | None:
    """Return the token of the companies' side as the browser sent it."""
    return request.cookies.get(_cookie_name(_USER_COOKIE, settings_of(request)))


def renew_session(request: Request, token: str) -> None:
    """Make forms of the page that is about to be made belong to the session's new token."""
    request.state.renewed_session = token


def is_operator_path(path: str) -> bool:
    """Whether an address belongs to the operators' side."""
    return path == OPERATOR_SIDE or path.startswith(f"{OPERATOR_SIDE}/")


def operator_token(request: Request) -> str | None:
    """Return the token of the operators' side as the browser sent it."""
    return request.cookies.get(_cookie_name(_OPERATOR_COOKIE, settings_of(request)))


def side_of(request: Request) -> str:
    """Return what the addresses of the requested page's side begin with: empty on the companies' side."""
    return OPERATOR_SIDE if is_operator_path(request.url.path) else ""


def token_of_side(request: Request) -> str | None:
    """Return the session's token of the side the requested address belongs to, renewed or as it was sent."""
    renewed: str | None = getattr(request.state, "renewed_session", None)
    return renewed or (operator_token(request) if side_of(request) else session_token(request))


def visitor_token(request: Request) -> str:
    """Return the token of a browser that is not signed in; made on the first visit."""
    token = request.cookies.get(_cookie_name("visitor", settings_of(request)))
    if token is None:
        token = getattr(request.state, "visitor_token", None) or secrets.token_urlsafe(32)
        request.state.visitor_token = token
    return token


def set_session(response: Response, request: Request, token: str) -> None:
    """Hand the browser its session of the requested side; it ends with the browser, if not before.

    An operator's is not sent along from elsewhere: a link in a mail, say, opens the sign-in page.
    """
    if side_of(request):
        _set(response, request, _OPERATOR_COOKIE, token, samesite="strict")
    else:
        _set(response, request, _USER_COOKIE, token)
        _delete(response, request, "visitor")


def set_visitor(response: Response, request: Request, token: str) -> None:
    """Hand a browser the token its sign-in form is bound to."""
    _set(response, request, "visitor", token)


def clear_session(response: Response, request: Request) -> None:
    """Take the session of the requested side away from the browser, and what its pages left there.

    Not all cookies: those of the other side and of sister domains would go as well.
    """
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    _delete(response, request, _OPERATOR_COOKIE if side_of(request) else _USER_COOKIE)


def confirmation_cookie(request: Request) -> str | None:
    """Return what the next page has to confirm (``web/confirmations.py``)."""
    return request.cookies.get(_cookie_name(_CONFIRMATION_COOKIE, settings_of(request)))


def set_confirmation(response: Response, request: Request, value: str) -> None:
    """Hand the browser a word for the page it is led to; forgotten after a minute if that never opens."""
    _set(response, request, _CONFIRMATION_COOKIE, value, max_age=_CONFIRMATION_SECONDS)


def clear_confirmation(response: Response, request: Request) -> None:
    """Take it away: it is shown once."""
    _delete(response, request, _CONFIRMATION_COOKIE)


def last_list(request: Request, name: str) -> str | None:
    """Return the list somebody looked at last (``web/lists.py``)."""
    return request.cookies.get(_cookie_name(f"list_{name}", settings_of(request)))


def set_last_list(response: Response, request: Request, name: str, address: str) -> None:
    """Note the list somebody looks at; its address holds nothing personal."""
    _set(response, request, f"list_{name}", address)


def _set(
    response: Response,
    request: Request,
    name: str,
    value: str,
    samesite: Literal["lax", "strict"] = "lax",
    max_age: int | None = None,
) -> None:
    settings = settings_of(request)
    response.set_cookie(
        _cookie_name(name, settings),
        value,
        max_age=max_age,
        path="/",
        secure=settings.cookie_secure,
        httponly=True,
        samesite=samesite,
    )


def _delete(response: Response, request: Request, name: str) -> None:
    settings = settings_of(request)
    response.delete_cookie(
        _cookie_name(name, settings),
        path="/",
        secure=settings.cookie_secure,
        httponly=True,
        samesite="lax",
    )
