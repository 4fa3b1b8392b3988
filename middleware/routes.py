"""What the application's routes say about an address, without calling any of them."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Match, Mount
from starlette.types import Scope


def route_of(scope: Scope) -> str:
    """Return the pattern of the route that answered; ``none`` where no route did."""
    route = scope.get("route")
    pattern = getattr(route, "path", None)
    if isinstance(pattern, str):
        mounted = scope.get("root_path", "").removeprefix(scope.get("app_root_path", ""))
        return f"{mounted}{pattern}"
    # Files of a mounted folder.
    return "/static" if scope["path"].startswith("/static/") else "none"


def methods_of(routes: Sequence[BaseRoute], scope: Scope) -> set[str]:
    """Return every method that some route takes at the address of ``scope``."""
    found: set[str] = set()
    for route in routes:
        if router := getattr(route, "original_router", None):  # how FastAPI keeps an included router
            found |= methods_of(router.routes, scope)
            continue
        match, child = route.matches(scope)
        if match is Match.NONE:
            continue
        if isinstance(route, Mount):
            # A mounted folder of files has no routes: it is read only.
            found |= methods_of(route.routes, {**scope, **child}) if route.routes else {"GET"}
        else:
            found |= getattr(route, "methods", None) or set()
    return found | {"HEAD"} if "GET" in found else found
