"""JSON a MaaP writes for one message: ledger line, 202 body, status event."""

import json
from typing import Any

from simulator.ledger import utc_now
from simulator.messages import RcsMessage, iso
from simulator.numbers import international

_REASONS = {408: "expired or absent", 410: "blocked by the user", 500: "handset error"}


def ledger_entry(message: RcsMessage, kind: str, text: str) -> dict[str, Any]:
    """The ledger line of an accepted +Message."""
    return {
        "time": utc_now(),
        "channel": "rcs",
        "carrier": message.carrier,
        "number": message.number,
        "segment": 1,
        "segments": 1,
        "reference": None,
        "text": text,
        "carrier_message_id": message.message_id,
        "bot_id": message.bot_id,
        "kind": kind,
        "expiry": iso(message.expiry),
        "subscriber": True,
    }


def accepted_body(message: RcsMessage) -> str:
    """The JSON of a 202."""
    rcs = {"msgId": message.message_id, "status": "pending", "timestamp": iso(message.accepted_at)}
    return json.dumps(
        {"RCSMessage": rcs, "messageContact": {"userContact": international(message.number)}},
        separators=(",", ":"),
    )


def status_event(message: RcsMessage, status: str, reason_code: int) -> str:
    """The JSON of a messageStatus webhook that happens now."""
    rcs = {"msgId": message.message_id, "status": status, "timestamp": utc_now()}
    event: dict[str, Any] = {
        "event": "messageStatus",
        "RCSMessage": rcs,
        "messageContact": {"userContact": international(message.number)},
        "botId": message.bot_id,
    }
    if reason_code:
        event["reason"] = {"code": reason_code, "text": _REASONS.get(reason_code, "failed")}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
