"""RCSMessage bodies (docs/carriers.md §2; ``message_schema.json`` beside this file says what is valid).

A body is an envelope (contact, expiry, traffic type) around one content (``gateways/maap/contents.py``).
"""

import json
from datetime import UTC, datetime
from typing import Any

from domain.carrier_exchange import OutboundRcs
from domain.phone_numbers import international_number
from domain.rcs_content_limits import InvalidContent, content_problems
from domain.rcs_contents import TextContent
from gateways.maap.contents import content_members

REVOCATION_BODY = b'{"RCSMessage":{"status":"cancelled"}}'


def message_body(message: OutboundRcs, traffic_type: str) -> bytes:
    """Return the UTF-8 JSON body of ``POST …/messages``.

    Raises ``InvalidContent`` for a content beyond its limits, ``UnicodeEncodeError`` for half a surrogate
    pair, ``ValueError`` for a number that is not national 11 digits or an ``expires_at`` without a time
    zone (both bugs of the caller). No error quotes number or text.
    """
    content = TextContent(message.content) if isinstance(message.content, str) else message.content
    if problems := content_problems(content):
        raise InvalidContent(problems)
    body = _envelope(message, traffic_type, content_members(content))
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _envelope(message: OutboundRcs, traffic_type: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "RCSMessage": {**content, "trafficType": traffic_type, "expiry": utc_text(message.expires_at)},
        "messageContact": {"userContact": international_number(message.phone_number)},
    }


def utc_text(moment: datetime) -> str:
    """``2026-11-25T01:00:00Z``. Raises ``ValueError`` for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("The time has no time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
