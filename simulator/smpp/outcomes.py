"""From an accepted segment to its receipts: held, decided, expired."""

import time
from typing import Any

from simulator.carriers import Carrier, Outcome
from simulator.chance import Fate
from simulator.handsets import Handset
from simulator.messages import SmsPart
from simulator.network import Network
from simulator.scripts import ReceiptForm, ReceiptStep
from simulator.smpp.outbox import ReceiptOutbox
from simulator.smpp.pdu import ShortMessage
from simulator.smpp.plan import Plan, validity_seconds
from simulator.smpp.receipt_faults import planned_receipts
from simulator.smpp.receipts import Receipt

_RECEIPT_WANTED = 0x03  # the other bits of registered_delivery ask for other things
_ONLY_FAILURES = 2


class Outcomes:
    """How the accepted segments of one carrier end. Outcomes wait in the agenda as plain values."""

    def __init__(self, network: Network, carrier: Carrier, outbox: ReceiptOutbox) -> None:
        self._network = network
        self._carrier = carrier
        self._outbox = outbox
        self._decide = f"sms:{carrier.name}"
        self._expire = f"sms-expiry:{carrier.name}"
        self._parts: dict[str, SmsPart] = {}  # undecided segments, to show how they ended
        self.held: dict[str, dict[str, Any]] = {}  # by message id: what waits for its handset
        network.agenda.on(self._decide, self._decided)
        network.agenda.on(self._expire, self._expired)
        network.handsets.on_change(self._handset_changed)

    def watch(self, part: SmsPart) -> None:
        """Show on this segment how it ends."""
        self._parts[part.message_id] = part

    def begin(
        self, system_id: str, message: ShortMessage, message_id: str, number: str, plan: Plan, fate: Fate
    ) -> None:
        """Plan the receipts of a segment accepted just now, or hold it for its handset."""
        network = self._network
        segment = {
            "system_id": system_id,
            "message_id": message_id,
            "number": number,
            "source": (message.source.ton, message.source.npi, message.source.value),
            "destination": (message.destination.ton, message.destination.npi, message.destination.value),
            "submitted_at": time.time(),
            "registered": message.registered_delivery & _RECEIPT_WANTED,
            "fate": fate.key,
        }
        if not plan.hold:
            self._run(segment, plan.receipts)
            return
        validity = validity_seconds(message.validity_period)
        hold = self._carrier.hold_seconds
        hold = (hold if validity is None else min(hold, validity)) * network.settings.time_scale
        self.held[message_id] = segment
        network.agenda.add(hold, self._expire, {"message_id": message_id})

    def clear(self) -> None:
        """Forget every segment."""
        self.held.clear()
        self._parts.clear()

    def _run(self, segment: dict[str, Any], steps: tuple[ReceiptStep, ...]) -> None:
        network = self._network
        fate = network.fate(self._carrier.name, segment["fate"])
        for delay, decision in planned_receipts(network, self._carrier, fate, steps):
            network.agenda.add(delay, self._decide, segment | decision)
        if not steps:
            self._parts.pop(segment["message_id"], None)

    def _decided(self, outcome: dict[str, Any]) -> None:
        part = None if outcome.get("extra") else self._parts.pop(outcome["message_id"], None)
        if part is not None:
            part.status = outcome["outcome"]
        registered = outcome["registered"]
        delivered = outcome["outcome"] == Outcome.DELIVERED
        if registered == 0 or (registered == _ONLY_FAILURES and delivered):
            return
        if outcome.get("lost"):
            return
        receipt = Receipt(
            system_id=outcome["system_id"],
            message_id=outcome["message_id"],
            source=tuple(outcome["source"]),
            destination=tuple(outcome["destination"]),
            submitted_at=outcome["submitted_at"],
            done_at=time.time(),
            outcome=outcome["outcome"],
            form=outcome["form"],
            err=outcome["err"],
            other_date=outcome.get("other_date", False),
            fate=outcome["fate"],
        )
        for _ in range(outcome["copies"]):
            self._outbox.push(receipt)

    def _expired(self, item: dict[str, Any]) -> None:
        segment = self.held.pop(item["message_id"], None)
        if segment is not None:
            expired = {"outcome": Outcome.EXPIRED.value, "form": ReceiptForm.FULL.value}
            self._decided(segment | expired | {"err": None, "copies": 1})

    def _handset_changed(self, handset: Handset) -> None:
        if not handset.on or handset.carrier != self._carrier.name or not self.held:
            return
        for message_id in [key for key, value in self.held.items() if value["number"] == handset.number]:
            self._run(self.held.pop(message_id), handset.scenario.sms.receipts)
