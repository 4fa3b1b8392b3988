"""The portal as a part of the application: the composition root calls ``install_web``."""

from fastapi import FastAPI

from services.secret_box import SecretBox
from web.compression import CompressedPages
from web.error_pages import install_error_pages
from web.operator.routes import OPERATOR_ROUTERS
from web.routes import ROUTERS
from web.security_headers import STATIC_PREFIX, SecurityHeaders
from web.settings import WebSettings
from web.static_files import STATIC, HashedStaticFiles


def install_web(app: FastAPI, settings: WebSettings) -> None:
    """Add pages, static files, error pages and security headers to ``app``.

    Called after the API is installed: what programs call keeps its own error answers.
    ``app.state`` must hold ``database`` and ``delivery`` before the first request.
    """
    app.state.web_settings = settings
    app.state.secret_box = SecretBox(settings.encryption_key)
    app.state.background = set()
    app.mount(STATIC_PREFIX.rstrip("/"), HashedStaticFiles(directory=STATIC), name="static")
    for router in (*ROUTERS, *OPERATOR_ROUTERS):
        app.include_router(router, include_in_schema=False)
    install_error_pages(app)
    app.add_middleware(CompressedPages, settings=settings)
    app.add_middleware(SecurityHeaders, settings=settings)
