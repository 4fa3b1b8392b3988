"""What the person with the handset does: reads, answers, taps; as the carrier hands it to the platform."""

import json
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any

from simulator.ledger import utc_now
from simulator.maap.operator import MaapOperator
from simulator.maap.webhooks import Webhooks
from simulator.messages import Message, RcsMessage, SmsMessage
from simulator.network import Network
from simulator.numbers import international
from simulator.smpp.centre import ShortMessageCentre
from simulator.smpp.texts import MAX_CHARACTERS, HandsetText

_MOST_COPIES = 10
_KEPT_NUMBERS, _KEPT_EACH = 10_000, 200
_FIELDS = {"text", "postback_data", "action", "message_id", "channel", "copies"}


class NothingToAnswer(Exception):
    """The handset has no message (of the channel asked for)."""


@dataclass(frozen=True, slots=True)
class SentReply:
    """What a handset shows of an answer. at: epoch seconds; to: sender or bot it went to."""

    channel: str
    text: str
    to: str
    at: float
    tapped: bool


@dataclass(frozen=True, slots=True)
class _Wish:
    text: str
    postback: str | None
    action: bool
    copies: int


class Replies:
    """Answers a message of a handset over the way it came; keeps the answers, to show them."""

    def __init__(
        self,
        network: Network,
        centres: dict[str, ShortMessageCentre],
        operators: dict[str, MaapOperator],
        webhooks: Webhooks,
    ) -> None:
        self._network = network
        self._centres = centres
        self._operators = operators
        self._webhooks = webhooks
        self._sent: OrderedDict[str, deque[SentReply]] = OrderedDict()

    def of(self, number: str) -> list[SentReply]:
        """The answers given on a handset, oldest first."""
        return list(self._sent.get(number, ()))

    def clear(self) -> None:
        """Forget all answers."""
        self._sent.clear()

    def read(self, number: str) -> int:
        """Have the handset's owner look at every +Message on it; how many were new."""
        return sum(
            self._operators[message.carrier].read(message)
            for message in self._network.messages.of(number)
            if isinstance(message, RcsMessage)
        )

    def send(self, number: str, wishes: dict[str, Any]) -> dict[str, Any]:
        """Reply as `wishes` say; what was sent, as JSON.

        {text, postback_data?, action?, message_id?, channel?, copies?}: `postback_data` makes it the tap
        of a suggestion labelled `text`, `action` of one that is an action and not a reply. Answers
        `message_id`, else the newest message. Raises ValueError, NothingToAnswer.
        """
        wish = _read(wishes)
        answered = self._answered(number, wishes.get("message_id"), wishes.get("channel"))
        if isinstance(answered, RcsMessage):
            sent = self._by_rcs(answered, wish)
            to = answered.bot_id
        else:
            sent = self._by_sms(answered, wish)
            to = answered.sender
        tapped = wish.postback is not None or wish.action
        self._keep(number, SentReply(sent["channel"], wish.text, to, time.time(), tapped))
        return sent | {"carrier": answered.carrier, "number": number, "text": wish.text}

    def _answered(self, number: str, message_id: object, channel: str | None) -> Message:
        kind = {"sms": SmsMessage, "rcs": RcsMessage}.get(channel or "", (SmsMessage, RcsMessage))
        for message in reversed(self._network.messages.of(number)):
            if isinstance(message, kind) and message_id in (None, message.key):
                return message
        raise NothingToAnswer("the handset has no such message to answer")

    def _keep(self, number: str, reply: SentReply) -> None:
        self._sent.setdefault(number, deque(maxlen=_KEPT_EACH)).append(reply)
        self._sent.move_to_end(number)
        if len(self._sent) > _KEPT_NUMBERS:
            self._sent.popitem(last=False)

    def _by_rcs(self, message: RcsMessage, wish: _Wish) -> dict[str, Any]:
        self._operators[message.carrier].read(message)  # nobody answers what he has not seen
        message_id = self._network.new_id("Uz")
        rcs: dict[str, Any] = {"msgId": message_id, "timestamp": utc_now()}
        tapped = wish.postback is not None or wish.action
        if tapped:
            suggestion: dict[str, Any] = {"displayText": wish.text}
            if wish.postback is not None:
                suggestion["postback"] = {"data": wish.postback}
            kind = "action" if wish.action else "reply"
            rcs["suggestedResponse"] = {"response": {kind: suggestion}}
        else:
            rcs["textMessage"] = wish.text
        event = {
            "event": "response" if tapped else "message",
            "RCSMessage": rcs,
            "messageContact": {"userContact": international(message.number)},
            "botId": message.bot_id,
        }
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        for _ in range(wish.copies):
            self._webhooks.publish(message.carrier, message_id, body)
        return {"channel": "rcs", "message_id": message_id, "postback_data": wish.postback}

    def _by_sms(self, message: SmsMessage, wish: _Wish) -> dict[str, Any]:
        if wish.postback is not None or wish.action:
            raise ValueError("an SMS has no buttons: postback_data needs a +Message")
        if len(wish.text.encode("utf-16-be", "surrogatepass")) > 2 * MAX_CHARACTERS:
            raise ValueError(f"an SMS reply has at most {MAX_CHARACTERS} characters")
        system_id = self._network.settings.smpp_system_id
        reply = HandsetText(system_id, message.number, message.sender, wish.text, time.time())
        for _ in range(wish.copies):
            self._centres[message.carrier].outbox.push(reply)
        return {"channel": "sms"}


def _read(wishes: dict[str, Any]) -> _Wish:
    unknown = wishes.keys() - _FIELDS
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    text, postback = wishes.get("text"), wishes.get("postback_data")
    action, copies = wishes.get("action", False), wishes.get("copies", 1)
    if not isinstance(text, str) or not text:
        raise ValueError("text must be a text")
    if postback is not None and not isinstance(postback, str):
        raise ValueError("postback_data must be a text")
    if not isinstance(action, bool):
        raise ValueError("action must be true or false")
    if wishes.get("channel") not in (None, "sms", "rcs"):
        raise ValueError("channel must be sms or rcs")
    if type(copies) is not int or not 1 <= copies <= _MOST_COPIES:
        raise ValueError(f"copies must be 1 to {_MOST_COPIES}")
    return _Wish(text, postback, action, copies)
