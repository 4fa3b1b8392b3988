"""The portal over the real services and PostgreSQL, without Temporal."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from uuid import UUID

import httpx
import pytest_asyncio
from fastapi import FastAPI

from domain.mails import MailOrder
from services.database import Database, JobsDatabase
from services.demo_data import ensure_demo_data
from tests.support.postgres import jobs_url
from tests.web.operators import FakeLinkQueues
from tests.web.staff import Staff
from web.app import install_web
from web.settings import DemoSignIn, WebSettings

PORTAL = "http://portal.test"
ENCRYPTION_KEY = "tests-only"


@dataclass
class FakeDelivery:
    """Notes what it is asked to do. ``is_up=False`` is a Temporal that does not answer."""

    started: list[UUID] = field(default_factory=list)
    changed: list[UUID] = field(default_factory=list)
    mails: list[MailOrder] = field(default_factory=list)
    is_up: bool = True

    async def start_campaign(self, company_id: UUID, campaign_id: UUID) -> bool:
        self.started.append(campaign_id)
        return self.is_up

    async def schedule_changed(self, campaign_id: UUID) -> bool:
        self.changed.append(campaign_id)
        return self.is_up

    async def start_mail(self, order: MailOrder) -> bool:
        self.mails.append(order)
        return self.is_up

    def message_url(self, message_id: UUID) -> str | None:
        return f"http://temporal.test/workflows/message-{message_id}"


@dataclass
class Portal:
    """The running application and its parts."""

    app: FastAPI
    database: Database
    jobs_database: JobsDatabase
    delivery: FakeDelivery

    def client(self) -> httpx.AsyncClient:
        """A browser of its own, with its own cookies."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=PORTAL)


def make_portal(database: Database, jobs_database: JobsDatabase, *, cookie_secure: bool = False) -> Portal:
    app = FastAPI(openapi_url=None)
    delivery = FakeDelivery()
    app.state.database = database
    app.state.delivery = delivery
    app.state.link_queues = FakeLinkQueues(database)
    demo = (
        DemoSignIn(
            company="さくら商事株式会社",
            role="company_admin",
            login_id="owner@sakura.example",
            password="見本",
        ),
    )
    settings = WebSettings(
        portal_url=PORTAL,
        cookie_secure=cookie_secure,
        encryption_key=ENCRYPTION_KEY,
        failure_seconds=0.01,
        demo_sign_ins=demo,
    )
    install_web(app, settings)
    return Portal(app, database, jobs_database, delivery)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def portal(database_url: str) -> AsyncIterator[Portal]:
    """One portal for a test module, with the two demo companies."""
    database, jobs_database = Database(database_url), JobsDatabase(jobs_url(database_url), pool_size=2)
    async with jobs_database.transaction() as session:
        await ensure_demo_data(session)
    yield make_portal(database, jobs_database)
    await jobs_database.close()
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(portal: Portal) -> AsyncIterator[Staff]:
    """Somebody who is not signed in."""
    async with portal.client() as client:
        yield Staff(client)


@pytest_asyncio.fixture(loop_scope="session")
async def owner(visitor: Staff) -> Staff:
    """The company administrator of Sakura."""
    return await visitor.sign_in("owner")


@pytest_asyncio.fixture(loop_scope="session")
async def somebody(portal: Portal) -> AsyncIterator[Callable[[], Staff]]:
    """Makes further browsers."""
    clients: list[httpx.AsyncClient] = []

    def make() -> Staff:
        clients.append(portal.client())
        return Staff(clients[-1])

    yield make
    for client in clients:
        await client.aclose()
