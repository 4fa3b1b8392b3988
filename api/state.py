"""What the composition root put into ``app.state``, with its types."""

from typing import Protocol, cast
from uuid import UUID

from starlette.requests import Request

from api.settings import ApiSettings
from api.under_way import UnderWay
from domain.carrier_exchange import DeliveryReceipt, InboundMessage
from services.database import Database


class Delivery(Protocol):
    """The part of ``workflows.client.DeliveryClient`` the API needs. Best effort: a sweep makes up for it."""

    async def start_campaign(self, company_id: UUID, campaign_id: UUID) -> bool:
        """Start a registered campaign's workflow."""

    async def schedule_changed(self, campaign_id: UUID) -> bool:
        """Tell a campaign's workflow to read its row again."""


class ReceiptReceiver(Protocol):
    """The part of ``workflows.receipt_inbox.ReceiptInbox`` the callbacks need."""

    async def receive(self, receipt: DeliveryReceipt) -> None:
        """Return when the receipt is committed."""


class InboundReceiver(Protocol):
    """The part of ``workflows.inbound_inbox.InboundInbox`` the callbacks need."""

    async def receive(self, message: InboundMessage) -> None:
        """Return when the message is committed."""


def database_of(request: Request) -> Database:
    """The process's connections."""
    return cast("Database", request.app.state.database)


def delivery_of(request: Request) -> Delivery:
    """The way to the workflows."""
    return cast("Delivery", request.app.state.delivery)


def registrations_of(request: Request) -> UnderWay:
    """The registrations this process works on."""
    return cast("UnderWay", request.app.state.registrations)


def inbox_of(request: Request) -> ReceiptReceiver:
    """Where carriers' reports go."""
    return cast("ReceiptReceiver", request.app.state.receipt_inbox)


def inbound_of(request: Request) -> InboundReceiver:
    """Where messages of end users go."""
    return cast("InboundReceiver", request.app.state.inbound_inbox)


def settings_of(request: Request) -> ApiSettings:
    """The API's settings."""
    return cast("ApiSettings", request.app.state.api_settings)
