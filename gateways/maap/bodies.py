"""RCSMessage bodies (docs/carriers.md §2; ``message_schema.json`` beside this file says what is valid).

A body is an envelope (contact, expiry, traffic type) around one content. A content is a dict of
``RCSMessage`` members made by one ``*_content`` function; ``message_body`` picks it.
"""

import json
from datetime import UTC, datetime
from typing import Any

from domain.carrier_exchange import OutboundRcs
from domain.phone_numbers import international_number

REVOCATION_BODY = b'{"RCSMessage":{"status":"cancelled"}}'


def message_body(message: OutboundRcs, traffic_type: str) -> bytes:
    """Return the UTF-8 JSON body of ``POST …/messages``.

    Raises ``ValueError`` for a number that is not national 11 digits or an ``expires_at`` without
    a time zone (both bugs of the caller), ``UnicodeEncodeError`` for a text that holds half a
    surrogate pair. No error quotes number or text.
    """
    body = _envelope(message, traffic_type, text_content(message.text))
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def text_content(text: str) -> dict[str, Any]:
    """A plain text message (R-1)."""
    return {"textMessage": text}


def _envelope(message: OutboundRcs, traffic_type: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "RCSMessage": {**content, "trafficType": traffic_type, "expiry": _utc(message.expires_at)},
        "messageContact": {"userContact": international_number(message.phone_number)},
    }


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("expires_at has no time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
