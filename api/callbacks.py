"""What carriers' +Message platforms post to us: delivery reports and messages of end users."""

import asyncio
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Path, Request
from starlette.exceptions import HTTPException

from api.access import require_webhook_token
from api.request_bodies import read_body
from api.state import inbound_of, inbox_of, settings_of
from domain.carrier_exchange import DeliveryReceipt, InboundMessage, ReceiptState
from domain.carriers import CARRIERS_OF_CHANNEL, Carrier, Channel
from gateways.maap.webhooks import (
    NEW_USER_POSTBACK,
    UnreadableEvent,
    WebhookEvent,
    WhyUnreadable,
    parse_webhook,
)

router = APIRouter(dependencies=[Depends(require_webhook_token)], include_in_schema=False)
log = structlog.get_logger(__name__)


@router.post("/maap/{carrier}")
async def receive_maap_webhook(request: Request, carrier: Annotated[Carrier, Path()]) -> dict[str, int]:
    """Take events of one carrier; answered 200 only when every report and message is committed.

    Anything else makes the platform repeat the whole body, which does no harm: all is kept once.
    """
    if carrier not in CARRIERS_OF_CHANNEL[Channel.RCS]:
        raise HTTPException(404)
    body = await read_body(request, settings_of(request).max_webhook_bytes)
    events = parse_webhook(carrier, body)
    inbox = inbox_of(request)
    await asyncio.gather(*(inbox.receive(receipt) for event in events if (receipt := _to_keep(event))))
    for event in events:
        if isinstance(event, InboundMessage) and event.postback_data == NEW_USER_POSTBACK:
            # Somebody begins to follow the account; not kept yet, and no answer to anything.
            log.info("subscription_received", carrier=carrier.value)
        elif isinstance(event, InboundMessage):
            await inbound_of(request).receive(event)
        elif isinstance(event, UnreadableEvent):
            log.info("maap_event_ignored", carrier=carrier.value, why=event.why.value)
    return {"received": len(events)}


def _to_keep(event: WebhookEvent) -> DeliveryReceipt | None:
    """Return what goes into the inbox: reports, and as they came those that nobody could read."""
    if isinstance(event, DeliveryReceipt):
        return event
    if isinstance(event, UnreadableEvent) and event.why is not WhyUnreadable.NOT_USED:
        return DeliveryReceipt(Channel.RCS, event.carrier, None, ReceiptState.UNKNOWN, raw=event.raw)
    return None
