"""What carriers' +Message platforms post to us: delivery reports, messages of end users, news of files.

Whatever is wrong with a body is logged once, with what is needed to find it and nothing of its content: its
hash, under which the inbox has it (docs/operations.md, "A carrier's webhooks are refused or set aside").
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Path, Request
from starlette.exceptions import HTTPException

from api.access import require_webhook_token
from api.problems import ApiProblem, ProblemCode
from api.request_bodies import read_body
from api.state import inbound_of, inbox_of, settings_of
from domain.carrier_exchange import DeliveryReceipt, InboundMessage, ReceiptState
from domain.carriers import CARRIERS_OF_CHANNEL, Carrier, Channel
from domain.rcs_files import MediaFileEvent
from gateways.maap.webhooks import (
    NEW_USER_POSTBACK,
    UnreadableEvent,
    WebhookEvent,
    WhyUnreadable,
    parse_webhook,
)

router = APIRouter(dependencies=[Depends(require_webhook_token)], include_in_schema=False)
log = structlog.get_logger(__name__)

# Larger bodies are read beside the event loop: other requests do not wait for a megabyte of JSON.
READ_ASIDE_FROM_BYTES = 64 * 1024


@router.post("/maap/{carrier}")
async def receive_maap_webhook(request: Request, carrier: Annotated[Carrier, Path()]) -> dict[str, int]:
    """Take events of one carrier; answered 200 only when every report and message is committed.

    Anything else makes the platform repeat the whole body, which does no harm: all is kept once.
    """
    if carrier not in CARRIERS_OF_CHANNEL[Channel.RCS]:
        raise HTTPException(404)
    body = await _body_of(request, carrier)
    if len(body) < READ_ASIDE_FROM_BYTES:
        events = parse_webhook(carrier, body)
    else:
        events = await asyncio.to_thread(parse_webhook, carrier, body)
    inbox = inbox_of(request)
    await asyncio.gather(*(inbox.receive(receipt) for receipt in _to_keep(carrier, events)))
    for event in events:
        if isinstance(event, InboundMessage) and event.postback_data != NEW_USER_POSTBACK:
            await inbound_of(request).receive(event)
    _log_events(carrier, events, len(body))
    return {"received": len(events)}


async def _body_of(request: Request, carrier: Carrier) -> bytes:
    limit = settings_of(request).max_webhook_bytes
    try:
        return bytes(await read_body(request, limit))
    except ApiProblem as problem:
        if problem.code is ProblemCode.BODY_TOO_LARGE:
            log.warning("maap_webhook_too_large", carrier=carrier.value, limit=limit)
        raise


def _to_keep(carrier: Carrier, events: Sequence[WebhookEvent]) -> list[DeliveryReceipt]:
    """Return what goes into the inbox: reports, and as it came what nobody could read."""
    receipts = [event for event in events if isinstance(event, DeliveryReceipt)]
    if raw := _set_aside(events):
        receipts.append(DeliveryReceipt(Channel.RCS, carrier, None, ReceiptState.UNKNOWN, raw=raw))
    return receipts


def _set_aside(events: Sequence[WebhookEvent]) -> str:
    """All unreadable events of a body as one text, a line each: one body never makes many rows of them."""
    raws = (
        event.raw
        for event in events
        if isinstance(event, UnreadableEvent) and event.why is not WhyUnreadable.NOT_USED
    )
    return "\n".join(dict.fromkeys(raws))


def _log_events(carrier: Carrier, events: Sequence[WebhookEvent], size: int) -> None:
    for event in events:
        if isinstance(event, InboundMessage) and event.postback_data == NEW_USER_POSTBACK:
            # Somebody begins to follow the account; not kept yet, and no answer to anything.
            log.info("subscription_received", carrier=carrier.value)
        elif isinstance(event, MediaFileEvent):
            # Nobody uploads files yet; their ids are the platform's own.
            file = event.file
            log.info(
                "maap_file_reported", carrier=carrier.value, file_id=file.file_id, state=file.state.value
            )
    unreadable = Counter(event.why for event in events if isinstance(event, UnreadableEvent))
    if not_used := unreadable.pop(WhyUnreadable.NOT_USED, 0):
        log.info("maap_events_not_used", carrier=carrier.value, count=not_used)
    if unreadable:
        log.warning(
            "maap_events_set_aside",
            carrier=carrier.value,
            why={why.value: count for why, count in unreadable.items()},
            sha256=sha256(_set_aside(events).encode()).hexdigest(),
            body_bytes=size,
        )
