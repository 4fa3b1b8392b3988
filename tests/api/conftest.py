"""The API over real PostgreSQL, with stand-ins for Temporal and the receipt inbox."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from api.app import ApiSettings, install_api
from domain.carrier_exchange import DeliveryReceipt, InboundMessage
from tests.services.support import Companies, open_companies

WEBHOOK_TOKEN = "carriers-token"


class RecordingDelivery:
    """Notes what it was told; ``failure`` is raised instead."""

    def __init__(self) -> None:
        self.started: list[tuple[UUID, UUID]] = []
        self.changed: list[UUID] = []
        self.failure: Exception | None = None

    async def start_campaign(self, company_id: UUID, campaign_id: UUID) -> bool:
        if self.failure:
            raise self.failure
        self.started.append((company_id, campaign_id))
        return True

    async def schedule_changed(self, campaign_id: UUID) -> bool:
        if self.failure:
            raise self.failure
        self.changed.append(campaign_id)
        return True


class RecordingInbox:
    """Keeps receipts; ``failure`` is raised instead."""

    def __init__(self) -> None:
        self.receipts: list[DeliveryReceipt] = []
        self.failure: Exception | None = None

    async def receive(self, receipt: DeliveryReceipt) -> None:
        if self.failure:
            raise self.failure
        self.receipts.append(receipt)


class RecordingInbound:
    """Keeps messages of end users; ``failure`` is raised instead."""

    def __init__(self) -> None:
        self.messages: list[InboundMessage] = []
        self.failure: Exception | None = None

    async def receive(self, message: InboundMessage) -> None:
        if self.failure:
            raise self.failure
        self.messages.append(message)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def companies(database_url: str) -> AsyncIterator[Companies]:
    """A database of the module's own with both demo companies."""
    async with open_companies(database_url) as made:
        yield made


@pytest.fixture
def app(companies: Companies) -> FastAPI:
    """The application as the composition root builds it, without the portal."""
    application = FastAPI(openapi_url=None)
    install_api(application, ApiSettings(maap_webhook_token=WEBHOOK_TOKEN, max_campaign_bytes=1_000_000))
    application.state.database = companies.database
    application.state.delivery = RecordingDelivery()
    application.state.receipt_inbox = RecordingInbox()
    application.state.inbound_inbox = RecordingInbound()
    return application


@pytest_asyncio.fixture(loop_scope="session")
async def anonymous(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: FastAPI, companies: Companies) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the first company."""
    headers = {"Authorization": f"Bearer {companies.first.api_key}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1", headers=headers) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(app: FastAPI, companies: Companies) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the second company."""
    headers = {"Authorization": f"Bearer {companies.second.api_key}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1", headers=headers) as made:
        yield made
