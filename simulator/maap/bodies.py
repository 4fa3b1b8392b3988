"""JSON a MaaP writes for one message: ledger line, 202 body, status event."""

import json
from typing import Any

from simulator.chance import Fate
from simulator.ledger import utc_now
from simulator.messages import RcsMessage, iso
from simulator.numbers import international

_SPELLINGS = {"cancelled": "Canceled ", "failed": "undelivered"}
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


def accepted_body(message: RcsMessage, fate: Fate) -> str:
    """The JSON of a 202."""
    padding = "  " if fate.meets("padded_id_rate") else ""
    rcs = {"msgId": message.message_id + padding, "status": "pending", "timestamp": iso(message.accepted_at)}
    return json.dumps(
        {"RCSMessage": rcs, "messageContact": {"userContact": international(message.number)}},
        separators=(",", ":"),
    )


def status_event(message: RcsMessage, status: str, reason_code: int, fate: Fate) -> str:
    """The JSON of a messageStatus webhook that happens now."""
    is_loose = fate.meets("loose_words_rate", status)
    message_id = message.message_id
    if fate.meets("other_id_rate", status):
        message_id = message_id.swapcase()
    word = _SPELLINGS.get(status, status.upper()) if is_loose else status
    rcs = {"msgId": message_id, "status": word, "timestamp": utc_now()}
    event: dict[str, Any] = {
        "event": "message_status" if is_loose else "messageStatus",
        "RCSMessage": rcs,
        "messageContact": {"userContact": international(message.number)},
        "botId": message.bot_id,
    }
    if reason_code:
        event["reason"] = {"code": reason_code, "text": _REASONS.get(reason_code, "failed")}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
