"""What the person with the handset answers: a text or a tap, as the carrier hands it to the platform."""

import json
import time
from typing import Any

from simulator.ledger import utc_now
from simulator.maap.webhooks import Webhooks
from simulator.messages import Message, RcsMessage, SmsMessage
from simulator.network import Network
from simulator.numbers import international
from simulator.smpp.centre import ShortMessageCentre
from simulator.smpp.texts import MAX_CHARACTERS, HandsetText

_MOST_COPIES = 10


class NothingToAnswer(Exception):
    """The handset has no message (of the channel asked for)."""


class Replies:
    """Answers the newest message of a handset over the way it came."""

    def __init__(self, network: Network, centres: dict[str, ShortMessageCentre], webhooks: Webhooks) -> None:
        self._network = network
        self._centres = centres
        self._webhooks = webhooks

    def send(self, number: str, wishes: dict[str, Any]) -> dict[str, Any]:
        """Reply as `wishes` say: {text, postback_data?, channel?, copies?}; what was sent, as JSON.

        `postback_data` makes it the tap of a suggestion labelled `text`. Raises ValueError, NothingToAnswer.
        """
        unknown = wishes.keys() - {"text", "postback_data", "channel", "copies"}
        if unknown:
            raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
        text, postback = wishes.get("text"), wishes.get("postback_data")
        channel, copies = wishes.get("channel"), wishes.get("copies", 1)
        if not isinstance(text, str) or not text:
            raise ValueError("text must be a text")
        if postback is not None and not isinstance(postback, str):
            raise ValueError("postback_data must be a text")
        if channel not in (None, "sms", "rcs"):
            raise ValueError("channel must be sms or rcs")
        if type(copies) is not int or not 1 <= copies <= _MOST_COPIES:
            raise ValueError(f"copies must be 1 to {_MOST_COPIES}")
        answered = self._newest(number, channel)
        if isinstance(answered, RcsMessage):
            sent = self._by_rcs(answered, text, postback, copies)
        else:
            sent = self._by_sms(answered, text, postback, copies)
        return sent | {"carrier": answered.carrier, "number": number, "text": text}

    def _newest(self, number: str, channel: str | None) -> Message:
        kind = {"sms": SmsMessage, "rcs": RcsMessage}.get(channel or "", (SmsMessage, RcsMessage))
        for message in reversed(self._network.messages.of(number)):
            if isinstance(message, kind):
                return message
        raise NothingToAnswer("the handset has no message to answer")

    def _by_rcs(self, message: RcsMessage, text: str, postback: str | None, copies: int) -> dict[str, Any]:
        message_id = self._network.new_id("Uz")
        rcs: dict[str, Any] = {"msgId": message_id, "timestamp": utc_now()}
        if postback is None:
            rcs["textMessage"] = text
        else:
            reply = {"displayText": text, "postback": {"data": postback}}
            rcs["suggestedResponse"] = {"response": {"reply": reply}}
        event = {
            "event": "message" if postback is None else "response",
            "RCSMessage": rcs,
            "messageContact": {"userContact": international(message.number)},
            "botId": message.bot_id,
        }
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        for _ in range(copies):
            self._webhooks.publish(message.carrier, message_id, body)
        return {"channel": "rcs", "message_id": message_id, "postback_data": postback}

    def _by_sms(self, message: SmsMessage, text: str, postback: str | None, copies: int) -> dict[str, Any]:
        if postback is not None:
            raise ValueError("an SMS has no buttons: postback_data needs a +Message")
        if len(text.encode("utf-16-be", "surrogatepass")) > 2 * MAX_CHARACTERS:
            raise ValueError(f"an SMS reply has at most {MAX_CHARACTERS} characters")
        system_id = self._network.settings.smpp_system_id
        reply = HandsetText(system_id, message.number, message.sender, text, time.time())
        for _ in range(copies):
            self._centres[message.carrier].outbox.push(reply)
        return {"channel": "sms"}
