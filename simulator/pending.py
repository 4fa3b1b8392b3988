"""What a clean stop writes down and the next start takes up: everything promised but not yet sent."""

import base64
import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

from simulator.maap.webhooks import Webhooks
from simulator.messages import RcsMessage
from simulator.network import Network
from simulator.smpp.centre import ShortMessageCentre
from simulator.smpp.receipts import Receipt
from simulator.smpp.texts import HandsetText

_RECENT_MESSAGES = 2000  # decided ones a late revoke or read event may still ask about


def save_pending(
    path: Path, network: Network, centres: dict[str, ShortMessageCentre], webhooks: Webhooks
) -> None:
    """Write held messages, planned events, unacknowledged receipts and webhooks, atomically."""
    state = {
        "agenda": network.agenda.dump(),
        "webhooks": webhooks.dump(),
        "held": {name: centre.outcomes.held for name, centre in centres.items()},
        "receipts": {
            name: [receipt.as_json() for receipt in centre.outbox.dump()] for name, centre in centres.items()
        },
        "rcs": [_pack(message) for message in network.messages.rcs_to_keep(_RECENT_MESSAGES)],
    }
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(state))
    os.replace(temporary, path)


def load_pending(
    path: Path, network: Network, centres: dict[str, ShortMessageCentre], webhooks: Webhooks
) -> None:
    """Take up what `save_pending` wrote, once: the file is gone afterwards."""
    if not path.exists():
        return
    state = json.loads(path.read_text())
    for row in state["rcs"]:
        network.messages.add_rcs(_unpack(row))
    for name, centre in centres.items():
        centre.outcomes.held.update(state["held"].get(name, {}))
        for row in state["receipts"].get(name, []):
            centre.outbox.push(HandsetText(**row) if "text" in row else Receipt.from_json(row))
    webhooks.restore([tuple(row) for row in state["webhooks"]])
    network.agenda.restore([tuple(row) for row in state["agenda"]])
    path.unlink()


def _pack(message: RcsMessage) -> dict[str, Any]:
    # Not asdict: it copies deeply, and a stop must stay below two seconds with many messages open.
    row = {field.name: getattr(message, field.name) for field in fields(message)}
    return row | {"body": base64.b64encode(message.body).decode()}


def _unpack(row: dict[str, Any]) -> RcsMessage:
    return RcsMessage(**row | {"body": base64.b64decode(row["body"])})
