"""Every address of the running application says who may call it (C-1)."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from pydantic import SecretStr
from starlette.routing import BaseRoute, Mount, Route

from api.access import PUBLIC_PATHS, require_api_key, require_webhook_token
from web.access import Requires
from web.operator.access import RequiresOperator
from web.public_routes import PUBLIC_ROUTES
from workers.portal import build_app
from workers.settings import Settings

# Answered to load balancers and monitoring, which have no sign-in; they hold no company's data.
MONITORING = frozenset({"/health/live", "/health/ready", "/metrics"})


def routes_below(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, Route]]:
    """Every route with its whole path, those of mounted applications included."""
    for route in routes:
        if isinstance(route, Mount):
            yield from routes_below(list(route.routes), prefix + route.path)
        elif isinstance(route, Route):
            yield prefix + route.path, route
        elif router := getattr(route, "original_router", None):  # how FastAPI keeps an included router
            yield from routes_below(list(router.routes), prefix)


def application_routes() -> list[tuple[str, Route]]:
    """The routes of the application as the portal process serves it."""
    app = build_app(Settings(database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none")))
    return list(routes_below(list(app.routes)))


def declared_access(path: str, route: Route) -> str | None:
    """How a route says who may call it, or ``None``."""
    if path in MONITORING:
        return "monitoring"
    if path in PUBLIC_PATHS or any((method, path) in PUBLIC_ROUTES for method in route.methods or ()):
        return "public"
    if isinstance(route, APIRoute):
        for dependency in route.dependant.dependencies:
            if dependency.call in (require_api_key, require_webhook_token):
                return "key"
            if isinstance(dependency.call, Requires):
                return dependency.call.permission
            if isinstance(dependency.call, RequiresOperator):
                return f"operator: {dependency.call.permission}"
    return None


ROUTES = application_routes()


@pytest.mark.parametrize(("path", "route"), ROUTES, ids=[f"{r.name} {p}" for p, r in ROUTES])
def test_every_route_declares_its_permission_or_is_listed_public(path: str, route: Route) -> None:
    """C-1: a new page without a permission fails here."""
    assert declared_access(path, route) is not None


def is_operators(path: str) -> bool:
    return path == "/operator" or path.startswith("/operator/")


@pytest.mark.parametrize(("path", "route"), ROUTES, ids=[f"{r.name} {p}" for p, r in ROUTES])
def test_operators_and_companies_never_share_a_route(path: str, route: Route) -> None:
    """Below /operator only operators' permissions open anything, and nowhere else do they."""
    access = declared_access(path, route)
    assert access == "public" or is_operators(path) == str(access).startswith("operator: ")


def test_the_walk_reaches_pages_api_and_callbacks() -> None:
    """The test above would pass on an empty list."""
    paths = {path for path, _ in ROUTES}
    assert {
        "/",
        "/campaigns",
        "/api/v1/campaigns",
        "/callbacks/maap/{carrier}",
        "/metrics",
        "/operator",
    } <= paths
    assert len(ROUTES) > 30


def test_no_api_path_or_query_carries_a_phone_number() -> None:
    """I10: numbers travel in bodies only; addresses end up in logs and histories."""
    for path, route in ROUTES:
        assert "phone" not in path
        if isinstance(route, APIRoute):
            assert not [p.name for p in route.dependant.query_params if "phone" in p.name]
