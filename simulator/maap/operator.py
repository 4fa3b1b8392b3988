"""One carrier's MaaP: capability, submit, revoke, and the events that follow a message."""

import asyncio
import json
import math
import time
from typing import Any

from simulator.carriers import RCS_HOLD_SECONDS, Carrier
from simulator.chance import Fate
from simulator.handsets import Handset
from simulator.maap import misfortunes
from simulator.maap.bodies import accepted_body, ledger_entry, status_event
from simulator.maap.bots import Bots
from simulator.maap.errors import MaapError, bad_request
from simulator.maap.event_faults import MALFORMED, foreign_event, malformed_webhook, planned_events
from simulator.maap.misfortunes import Silence
from simulator.maap.oauth import TokenIssuer
from simulator.maap.validation import check_message, parse_expiry, without_nulls
from simulator.maap.webhooks import Webhooks
from simulator.messages import RcsMessage
from simulator.network import Network
from simulator.numbers import national
from simulator.scripts import Answer, Capability, RcsScript, Refusal, Revoke

CAPABILITIES = (
    "chat",
    "fileTransfer",
    "geolocationPush",
    "chatbotCommunication",
    "richCard",
)
_NOT_RCS, _NOT_OURS, _NO_SUCH_MESSAGE = 40401, 40402, 40403
_ALREADY_DELIVERED = MaapError(409, 40901, "already delivered")
_EXPIRED = 408  # reason code of the failed event
_NO_JSON = "<html>202 Accepted"
_LOOK_SECONDS = 1.0  # until the owner of a handset with auto_read looks at a message
_EARLY_SECONDS = 0.3  # how far an event overtakes its 202
_STATUSES = frozenset(("sent", "delivered", "displayed", "failed", "cancelled"))
_FINAL = frozenset(("delivered", "displayed", "failed", "cancelled"))


class MaapOperator:
    """The MaaP of one carrier. Methods raise MaapError for HTTP errors, Silence for no answer."""

    def __init__(self, network: Network, carrier: Carrier, webhooks: Webhooks, bots: Bots) -> None:
        settings = network.settings
        self.carrier = carrier
        self.network = network
        self.webhooks = webhooks
        self.bots = bots
        self.faults = network.links[carrier.name]
        self.rates = network.rates[carrier.name]
        self.tokens = TokenIssuer(
            settings.oauth_client_id,
            settings.oauth_client_secret.get_secret_value(),
            settings.oauth_token_seconds,
        )
        self.accepted = 0
        self.refused = 0
        self._event = f"rcs:{carrier.name}"
        self._expiry = f"rcs-expiry:{carrier.name}"
        network.agenda.on(self._event, self._event_due)
        network.agenda.on(self._expiry, self._expired)
        network.handsets.on_change(self._handset_changed)

    def as_json(self) -> dict[str, int]:
        """Counts for the control API."""
        return {"accepted": self.accepted, "refused": self.refused}

    # --- capability

    def check_capability(self, contact: str) -> None:
        """Return when the number is our subscriber with the app."""
        handset = self._subscriber(contact)
        misfortunes.at_capability(self.network.new_fate(self.carrier.name, "capability", handset.number))
        capability = handset.scenario.rcs.capability
        if capability is Capability.ERROR:
            raise MaapError(503, 503, "capability exchange failed")
        if capability is Capability.SILENCE:
            raise Silence

    def _subscriber(self, contact: object) -> Handset:
        number = national(contact) if isinstance(contact, str) else None
        if number is None:
            raise bad_request("userContact must be a Japanese mobile number in E.164")
        handset = self.network.handsets.get(number)
        if handset.carrier != self.carrier.name:
            raise MaapError(404, _NOT_OURS, "not a subscriber of this operator")
        if not handset.app:
            raise MaapError(404, _NOT_RCS, "not an RCS user")
        return handset

    # --- submit

    async def submit(self, bot_id: str, body: bytes) -> str:
        """Take a message; the JSON of the 202. The ledger holds it when this returns or is silent."""
        message, kind, text = self._read(body)
        expiry = parse_expiry(message["RCSMessage"])
        if expiry is not None and expiry <= time.time():
            raise bad_request("expiry lies in the past")
        handset = self._subscriber(message["messageContact"].get("userContact"))
        fate = self.network.new_fate(self.carrier.name, "rcs", bot_id, handset.number, kind, text)
        self._refuse(handset, fate)
        stored = RcsMessage(
            self.network.new_id("Mz" + self.carrier.letter),
            self.carrier.name,
            handset.number,
            bot_id,
            body,
            time.time(),
            expiry,
            fate=fate.key,
        )
        try:
            await self.network.ledger.append(ledger_entry(stored, kind, text))
        except OSError:
            raise MaapError(500, 500, "could not store the message") from None
        self.accepted += 1
        self.network.messages.add_rcs(stored)
        await self._begin(stored, handset.scenario.rcs, fate)
        return _NO_JSON if fate.meets("garbled_answer_rate") else accepted_body(stored, fate)

    async def _begin(self, message: RcsMessage, script: RcsScript, fate: Fate) -> None:
        early = script.answer is Answer.RECEIPT_FIRST or fate.meets("early_receipt_rate")
        planned = planned_events(self.network, message, script, fate, early)
        for delay, item in planned:
            self.network.agenda.add(delay, self._event, item)
        # Only for messages that may outlive their expiry: one timer per message would cost memory.
        last = max((delay for delay, _ in planned), default=math.inf)
        if message.expiry is not None and message.accepted_at + last > message.expiry:
            self._arm_expiry(message)
        wait = misfortunes.patience(fate, self.rates) + (_EARLY_SECONDS if early else 0.0)
        if wait:
            await asyncio.sleep(wait)
        if script.answer is Answer.SILENCE:
            raise Silence
        if script.answer is Answer.SERVER_ERROR:
            raise MaapError(500, 500, "internal error")
        misfortunes.after_acceptance(fate)

    def _read(self, body: bytes) -> tuple[dict[str, Any], str, str]:
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            raise bad_request("the body is not JSON") from None
        if b"null" in body:
            message = without_nulls(message)
        if not isinstance(message, dict):
            raise bad_request("the body must be an object")
        for name in ("RCSMessage", "messageContact"):
            if not isinstance(message.get(name), dict):
                raise bad_request(f"{name} must be an object")
        return message, *check_message(message["RCSMessage"])

    def _refuse(self, handset: Handset, fate: Fate) -> None:
        network, script = self.network, handset.scenario.rcs
        if script.answer is Answer.DROP_BEFORE:
            raise Silence
        if self.faults.throttle:
            raise misfortunes.rate_limit()
        misfortunes.before_acceptance(fate)
        if script.refusal is None:
            return
        if (
            script.first_refusals
            and network.handsets.next_try(handset.number, "rcs") >= script.first_refusals
        ):
            return
        raise _refusal(script.refusal)

    # --- revoke

    def revoke(self, message_id: str) -> None:
        """Cancel a message; idempotent. 409 when it was delivered already."""
        message = self.message(message_id)
        script = self.network.handsets.get(message.number).scenario.rcs
        if message.status in ("delivered", "displayed"):
            raise _ALREADY_DELIVERED
        fate = self.network.new_fate(self.carrier.name, "revoke", message.fate)
        misfortunes.before_revoke(fate)
        if script.revoke is Revoke.ERROR:
            raise MaapError(503, 503, "temporarily unavailable")
        if script.revoke is Revoke.LOST:
            raise Silence
        if script.revoke is Revoke.ALREADY_DELIVERED:
            self._happen(message, "delivered", 1, 0)
            raise _ALREADY_DELIVERED
        # A message that failed or expired will not be delivered either: the wish is fulfilled.
        if message.status not in _FINAL and script.revoke is not Revoke.IGNORED:
            self._happen(message, "cancelled", 1, 0)
        if script.revoke is Revoke.LOST_EFFECTIVE or fate.meets("revoke_unanswered_rate"):
            raise Silence

    def message(self, message_id: str) -> RcsMessage:
        """A message of this operator."""
        message = self.network.messages.rcs(message_id)
        if message is None or message.carrier != self.carrier.name:
            raise MaapError(404, _NO_SUCH_MESSAGE, "no such message")
        return message

    # --- events

    def _event_due(self, item: dict[str, Any]) -> None:
        message = self.network.messages.rcs(item["id"])
        if message is None:
            return
        handset = self.network.handsets.get(message.number)
        if item.get("extra"):
            self._publish(message, item["status"], item["copies"], item["reason_code"])
            return
        if item.get("looked") and message.displayed_at:
            return
        stubborn = handset.scenario.rcs.revoke is Revoke.IGNORED
        if message.status == "cancelled" and not stubborn:
            return
        if message.status != "delivered" and not stubborn and self._is_over(message):
            self._expired({"id": message.message_id})
        elif not self._reaches(handset):
            self._hold(message, item)
        else:
            copies = 0 if item.get("lost") else item["copies"]
            self._happen(message, item["status"], copies, item["reason_code"])

    def _reaches(self, handset: Handset) -> bool:
        return handset.reachable_by_rcs and handset.carrier == self.carrier.name

    def _is_over(self, message: RcsMessage) -> bool:
        return message.expiry is not None and message.expiry <= time.time()

    def _hold(self, message: RcsMessage, item: dict[str, Any]) -> None:
        if not message.held:
            self._arm_expiry(message)
            longest = message.accepted_at + RCS_HOLD_SECONDS * self.network.settings.time_scale
            self.network.agenda.add_at(longest, self._expiry, {"id": message.message_id, "held": True})
        message.held.append(item)

    def _arm_expiry(self, message: RcsMessage) -> None:
        if message.expiry is not None:
            self.network.agenda.add_at(message.expiry, self._expiry, {"id": message.message_id})

    def _expired(self, item: dict[str, Any]) -> None:
        message = self.network.messages.rcs(item["id"])
        if message is None or message.status in _FINAL or (item.get("held") and not message.held):
            return
        message.held.clear()
        self._happen(message, "failed", 1, _EXPIRED)

    def _handset_changed(self, handset: Handset) -> None:
        if not self._reaches(handset):
            return
        for message in self.network.messages.of(handset.number):
            if isinstance(message, RcsMessage) and message.held and message.carrier == self.carrier.name:
                held, message.held = message.held, []
                fate = self.network.fate(self.carrier.name, message.fate)
                delay = self.network.delay(fate, 0, None, 0.0)
                for position, item in enumerate(held):
                    self.network.agenda.add(delay + position * 0.05, self._event, item)

    def _happen(self, message: RcsMessage, status: str, copies: int, reason_code: int) -> None:
        """copies 0: the platform is not told."""
        now = time.time()
        if status == "delivered":
            message.delivered_at = message.delivered_at or now
        elif status == "displayed":
            message.displayed_at = message.displayed_at or now
        # A displayed message stays displayed when its delivered event comes after.
        if status in _STATUSES and not (status == "delivered" and message.status == "displayed"):
            message.status = status
        if copies:
            self._publish(message, status, copies, reason_code)
        if status == "delivered" and self.network.handsets.get(message.number).auto_read:
            looked = {"id": message.message_id, "status": "displayed", "copies": 1, "reason_code": 0}
            self.network.agenda.add(_LOOK_SECONDS, self._event, looked | {"looked": True})

    def read(self, message: RcsMessage) -> bool:
        """Have its owner look at a message; whether it was there and new."""
        if message.delivered_at is None or message.displayed_at is not None:
            return False
        self._happen(message, "displayed", 1, 0)
        return True

    def _publish(self, message: RcsMessage, status: str, copies: int, reason_code: int) -> None:
        fate = self.network.fate(self.carrier.name, message.fate)
        if fate.meets("foreign_receipt_rate", status):
            self.webhooks.publish_once(self.carrier.name, foreign_event(message))
        if fate.meets("malformed_webhook_rate", status):
            body, token = malformed_webhook(message, fate.pick(MALFORMED, f"malformed/{status}"))
            self.webhooks.publish_once(self.carrier.name, body, token)
        event = status_event(message, status, reason_code, fate)
        for _ in range(copies):
            self.webhooks.publish(self.carrier.name, message.message_id, event)


def _refusal(refusal: Refusal) -> MaapError:
    headers = {"retry-after": "1"} if refusal.status == 429 else None
    return MaapError(refusal.status, refusal.code, refusal.text, headers)
