"""Status events of a +Message as the faults by rate make them, and webhooks nobody can use."""

import json
from typing import Any

from simulator.chance import Fate
from simulator.messages import RcsMessage
from simulator.network import Network
from simulator.numbers import international
from simulator.scripts import RcsScript

_CONFLICT_SECONDS = 1.0
_BELATED_SECONDS = 0.3
_HANDSET_ERROR = 500  # reason code of the failed event
_LARGE = 1024 * 1024
MALFORMED = (
    "not_json",
    "unknown_event",
    "one_megabyte",
    "duplicate_keys",
    "unknown_id",
    "wrong_token",
    "foreign_bot",
)

Planned = list[tuple[float, dict[str, Any]]]


def planned_events(
    network: Network, message: RcsMessage, script: RcsScript, fate: Fate, early: bool
) -> Planned:
    """Seconds from now, and the event to happen then; `extra` ones change nothing at the handset."""
    times: list[float] = []
    at = 0.0
    for index, step in enumerate(script.events):
        at += 0.0 if early else network.delay(fate, index, step.after, step.late)
        times.append(at)
    reordered = bool(times) and fate.meets("reordered_receipt_rate")
    if reordered and len(times) > 1:
        times.reverse()
    planned: Planned = []
    for index, (when, step) in enumerate(zip(times, script.events, strict=True)):
        item = {
            "id": message.message_id,
            "status": step.status,
            "copies": step.copies + fate.meets("duplicate_receipt_rate", index),
            "reason_code": step.reason_code,
            "lost": fate.meets("lost_receipt_rate", index),
        }
        planned.append((when + network.lateness(message.carrier, fate, index), item))
    if planned:
        planned += _companions(planned[-1][1], fate, at, reordered and len(times) == 1)
    return planned


def _companions(last: dict[str, Any], fate: Fate, at: float, belated: bool) -> Planned:
    extra = {"id": last["id"], "copies": 1, "reason_code": 0, "extra": True}
    companions: Planned = []
    if belated:
        companions.append((at + _BELATED_SECONDS, extra | {"status": "sent"}))
    if fate.meets("conflicting_receipt_rate"):
        if last["status"] == "failed":
            conflict = extra | {"status": "delivered"}
        else:
            conflict = extra | {"status": "failed", "reason_code": _HANDSET_ERROR}
        companions.append((at + _CONFLICT_SECONDS, conflict))
    return companions


def malformed_webhook(message: RcsMessage, kind: str) -> tuple[bytes, str | None]:
    """The body of a webhook no platform can use, and the token to send it with, None = the right one."""
    event: dict[str, Any] = {
        "event": "messageStatus",
        "RCSMessage": {"msgId": message.message_id, "status": "failed"},
        "messageContact": {"userContact": international(message.number)},
        "botId": message.bot_id,
    }
    if kind == "not_json":
        return b'{"event":"messageStatus","RCSMessage":{"msgId"', None
    if kind == "duplicate_keys":
        return b'{"event":"messageStatus","event":"isTyping","RCSMessage":{},"RCSMessage":[]}', None
    if kind == "unknown_event":
        event["event"] = "teleported"
    elif kind == "one_megabyte":
        event["padding"] = "x" * _LARGE
    elif kind == "unknown_id":
        event["RCSMessage"]["msgId"] = "nobodys" + message.message_id[-6:]
    elif kind == "foreign_bot":
        event["botId"] = "nobodys-bot"
    return json.dumps(event).encode(), "wrong-token" if kind == "wrong_token" else None


def foreign_event(message: RcsMessage) -> bytes:
    """A delivered event for a message id nobody was given."""
    event = {
        "event": "messageStatus",
        "RCSMessage": {"msgId": "nobodys" + message.message_id[-6:], "status": "delivered"},
        "messageContact": {"userContact": international(message.number)},
        "botId": message.bot_id,
    }
    return json.dumps(event).encode()
