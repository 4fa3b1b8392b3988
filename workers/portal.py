"""Portal and API in one process: any number of replicas behind a load balancer."""

import gc
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp

from activities.start_second_messages import SecondMessageStarter
from api.app import ApiSettings, install_api
from api.body_limits import machine_body_limit
from api.headers import MachineHeaders, is_for_programs
from middleware.bodies import BodyLimits
from middleware.heads import Heads
from middleware.hosts import Hosts, allowed_hosts
from middleware.large_bodies import LargeBodies
from middleware.methods import Addresses, HeadRequests
from middleware.request_ids import RequestIds
from services.database import PAGES, Database
from web.app import install_web
from web.body_limits import page_body_limit
from web.settings import DemoOperatorSignIn, DemoSignIn, WebSettings
from workers.http_metrics import HttpMetrics
from workers.http_server import guarded_protocol
from workers.settings import Settings
from workers.temporal_connection import connect_to_temporal
from workflows.client import DeliveryClient
from workflows.inbound_inbox import InboundInbox
from workflows.link_queues import LinkQueues
from workflows.receipt_inbox import ReceiptInbox

GRACE_SECONDS = 3
# Called by whatever name a container or a leased line has; their answers name nothing.
BY_ANY_NAME = ("/health", "/metrics", "/callbacks")
# One registration of 250,000 recipients, or as much in smaller lists.
LARGE_BODIES_BYTES = 64 * 1024 * 1024


class PortalApp(FastAPI):
    """The application inside its middleware: outside of the framework's own answers to errors, too."""

    def __init__(self, settings: Settings, **options: Any) -> None:
        super().__init__(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, **options)
        self.settings = settings

    def build_middleware_stack(self) -> ASGIApp:
        """Return the whole stack, the outermost part first in the last lines."""
        settings, api, web = self.settings, self.state.api_settings, self.state.web_settings

        def limit_of(path: str) -> int:
            return machine_body_limit(path, api) if is_for_programs(path) else page_body_limit(path, web)

        stack: ASGIApp = BodyLimits(
            super().build_middleware_stack(), limit_of=limit_of, large=LargeBodies(LARGE_BODIES_BYTES)
        )
        hosts = allowed_hosts(settings.portal_url, settings.allowed_hosts)
        stack = Hosts(Heads(Addresses(stack)), allowed=hosts, by_any_name=BY_ANY_NAME)
        return HeadRequests(RequestIds(HttpMetrics(MachineHeaders(stack))))


def build_app(settings: Settings) -> FastAPI:
    """Return the application; its connections open when it starts and close when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = _database(settings)
        # Lazily: the portal must be readable while Temporal is down.
        client = await connect_to_temporal(settings, wait=False)
        delivery = DeliveryClient(client, ui_url=settings.temporal_ui_url)
        inbox = ReceiptInbox(database, delivery)
        starter = SecondMessageStarter(database, delivery.start_delivery, settings.waiting)
        inbound = InboundInbox(database, starter)
        app.state.database, app.state.delivery = database, delivery
        app.state.receipt_inbox, app.state.inbound_inbox = inbox, inbound
        app.state.link_queues = LinkQueues(client, database)
        yield
        await inbox.close()
        await inbound.close()
        await database.close()

    app = PortalApp(settings, lifespan=lifespan)
    _install_health(app)
    install_api(
        app,
        ApiSettings(
            maap_webhook_token=settings.maap_webhook_token.get_secret_value(),
            maap_webhook_tokens=settings.webhook_tokens,
        ),
    )
    install_web(
        app,
        WebSettings(
            portal_url=settings.portal_url,
            cookie_secure=settings.portal_url.startswith("https://"),
            encryption_key=settings.encryption_key.get_secret_value(),
            demo_sign_ins=_demo_sign_ins(settings),
            demo_operators=_demo_operators(settings),
        ),
    )
    return app


def _database(settings: Settings) -> Database:
    address = settings.database_url.get_secret_value()
    return Database(address, pool_size=settings.database_pool_size, patience=PAGES)


def _give_way_to_requests() -> None:
    """Let the event loop run often while a thread takes a large body apart, and search less for garbage."""
    # Python's own 5 ms, once for every wait of the loop, add up to a second for a page.
    sys.setswitchinterval(0.0005)
    # Modules, templates, tables of phone numbers: they stay as long as the process.
    gc.collect()
    gc.freeze()


def _install_health(app: FastAPI) -> None:
    @app.get("/health/live", include_in_schema=False)
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/health/ready", include_in_schema=False)
    async def ready(response: Response) -> dict[str, str]:
        # Temporal is not asked: without it the portal still registers and shows everything.
        if await app.state.database.is_reachable():
            return {"status": "ready"}
        response.status_code = 503
        return {"status": "database unreachable"}

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _demo_sign_ins(settings: Settings) -> tuple[DemoSignIn, ...]:
    """Read the sign-ins that ``make run`` made, to show them below the sign-in form of a demonstration."""
    if settings.demo_file is None:
        return ()
    companies = json.loads(settings.demo_file.read_text("utf-8"))["companies"]
    return tuple(
        DemoSignIn(
            company=company["name"],
            role=user["role"],
            login_id=user["login_id"],
            password=user["password"],
        )
        for company in companies
        for user in company["users"]
    )


def _demo_operators(settings: Settings) -> tuple[DemoOperatorSignIn, ...]:
    """The same for the sign-in form of the operators' side."""
    if settings.demo_file is None:
        return ()
    operators = json.loads(settings.demo_file.read_text("utf-8"))["operators"]
    return tuple(DemoOperatorSignIn(**operator) for operator in operators)


async def run_portal(settings: Settings) -> None:
    """Serve until SIGTERM."""
    settings.need_encryption_key()
    config = uvicorn.Config(
        build_app(settings),
        host=settings.portal_host,
        port=settings.portal_port,
        log_config=None,
        access_log=False,
        server_header=False,
        http=guarded_protocol(settings.portal_max_connections),
        ws="none",
        # Nobody's word about who they are is taken, unless it is said whose.
        proxy_headers=bool(settings.forwarded_allow_ips),
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_graceful_shutdown=GRACE_SECONDS,
        # Receipts come in over one keep-alive connection per platform.
        timeout_keep_alive=75,
    )
    _give_way_to_requests()
    await uvicorn.Server(config).serve()
