"""The API as a part of the application: ``install_api(app, settings)`` is all the composition root calls."""

from fastapi import FastAPI

from api import callbacks, campaigns, messages
from api.error_answers import install_error_answers
from api.headers import MachineHeaders
from api.openapi import install_openapi
from api.rate_headers import RateHeaders
from api.settings import ApiSettings
from api.under_way import UnderWay

__all__ = ["ApiSettings", "install_api"]

API_PREFIX = "/api/v1"
CALLBACKS_PREFIX = "/callbacks"


def install_api(app: FastAPI, settings: ApiSettings) -> None:
    """Add the JSON API and the carriers' callbacks to ``app``.

    Both are applications of their own, so that every error below their addresses, unknown paths
    included, is a problem answer and not a page. They share ``app.state``, which must hold
    ``database``, ``delivery`` and ``receipt_inbox`` before the first request.
    """
    app.state.api_settings = settings
    app.state.registrations = UnderWay()
    # For what lies between: /api/v2, /callbacks. The portal takes its own addresses out again.
    install_error_answers(app)
    # Without a documentation page: FastAPI's loads scripts from elsewhere.
    api = FastAPI(
        title="メッセージ配信API",
        version="1.0",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    api.include_router(campaigns.router)
    api.include_router(messages.router)
    install_openapi(api, settings)
    carriers = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    carriers.include_router(callbacks.router)
    for part, prefix in ((api, API_PREFIX), (carriers, CALLBACKS_PREFIX)):
        install_error_answers(part)
        part.state = app.state
        part.add_middleware(RateHeaders)
        part.add_middleware(MachineHeaders)
        app.mount(prefix, part)
