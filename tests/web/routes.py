"""The pages of the portal as a list, for tests that visit all of them."""

import re

from fastapi.routing import APIRoute

from domain.permissions import Permission
from web.access import Requires
from web.routes import ROUTERS

UNKNOWN_ID = "01920000-0000-7000-8000-00000000dead"


def web_routes() -> list[APIRoute]:
    """Every route of the portal, static files aside."""
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def methods_of(route: APIRoute) -> list[str]:
    """The methods of a route."""
    return sorted(route.methods or ())


def permission_of(route: APIRoute) -> Permission | None:
    """The permission a route declares."""
    for dependency in route.dependant.dependencies:
        if isinstance(dependency.call, Requires):
            return dependency.call.permission
    return None


def address_of(route: APIRoute, identity: str = UNKNOWN_ID) -> str:
    """An address of the route."""
    return re.sub(r"\{\w+\}", identity, route.path)
