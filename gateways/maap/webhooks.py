"""What a carrier's MaaP posts to us, in our words (docs/carriers.md §2 "Webhooks to us").

``parse_webhook`` never raises: whatever comes is answered 200. Its strings are safe to
store (no NUL, no half surrogate pairs: PostgreSQL takes neither) and its ids short enough for keys.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from domain.carrier_exchange import DeliveryReceipt, InboundMessage, ReceiptState
from domain.carriers import Carrier, Channel
from domain.messages import StatusReason
from domain.phone_numbers import NormalizedNumber, read_phone_number
from gateways.maap.statuses import MAX_MESSAGE_ID_LENGTH, PROFILES, MaapProfile

# The postback of a newUser event: the end user began to talk to the official account (a subscription).
NEW_USER_POSTBACK = "new_bot_user_initiation"

_MAX_CODE_LENGTH = 64
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class WhyUnreadable(StrEnum):
    """Why an event is acknowledged and nothing more."""

    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_EVENT = "unknown_event"
    # Known, but nothing of ours waits for it: fileStatus, isTyping, alias, a status "pending".
    NOT_USED = "not_used"
    # A messageStatus that says nothing: as a receipt it would end the message as 結果不明.
    NO_STATUS = "no_status"
    # A message or tap without a usable Japanese number.
    NO_SENDER = "no_sender"


@dataclass(frozen=True, slots=True)
class UnreadableEvent:
    """An event to acknowledge only. ``event`` is its name as given, ``raw`` the body."""

    carrier: Carrier
    why: WhyUnreadable
    event: str | None = None
    raw: str = field(default="", repr=False)


WebhookEvent = DeliveryReceipt | InboundMessage | UnreadableEvent


def parse_webhook(carrier: Carrier, body: bytes) -> tuple[WebhookEvent, ...]:
    """Read one webhook body (≤ 1 MB, the caller's limit): one event, or a JSON array of them.

    A ``messageStatus`` is a receipt; an unmapped status gives ``ReceiptState.UNKNOWN`` with the word
    as ``carrier_code``, a missing msgId ``carrier_message_id=None``. ``message``, ``response`` and
    ``newUser`` are inbound messages; a ``newUser`` has ``postback_data == NEW_USER_POSTBACK`` and
    answers no message of ours (P-8).
    """
    raw = _storable(body.decode("utf-8", "replace"))
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return (UnreadableEvent(carrier, WhyUnreadable.NOT_JSON, raw=raw),)
    if not isinstance(content, list):
        return (_read(carrier, content, raw),)
    return tuple(_read(carrier, item, _dumped(item)) for item in content)


class _Fields:
    """Looks a field up wherever a carrier may have put it: RCSMessage, top level, messageContact."""

    def __init__(self, event: dict[str, Any]) -> None:
        self.event = event
        self.message = _object(event.get("RCSMessage"))
        self._places = (self.message, event, _object(event.get("messageContact")))

    def value(self, name: str) -> Any:
        """The first value that is not null."""
        return next((place[name] for place in self._places if place.get(name) is not None), None)

    def text(self, name: str) -> str | None:
        """The value as storable text; numbers count as text, empty text as nothing."""
        return _text(self.value(name))

    def key(self, name: str) -> str | None:
        """The value as an id; one too long to be looked up by counts as missing (it is in raw)."""
        text = self.text(name)
        return text if text and len(text) <= MAX_MESSAGE_ID_LENGTH else None

    def phone_number(self) -> str | None:
        """``+8190…``, ``tel:+81-90…``, ``sip:+8190…@…`` → national 11 digits, else ``None``."""
        contact = self.text("userContact") or ""
        bare = re.split("[@;]", contact.removeprefix("tel:").removeprefix("sip:"))[0]
        number = read_phone_number(bare)
        return number.national if isinstance(number, NormalizedNumber) else None

    def occurred_at(self) -> datetime | None:
        """The timestamp in UTC; one without a zone is UTC."""
        value = self.value("timestamp")
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
            if moment is None:
                return None
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            return None


def _read(carrier: Carrier, event: Any, raw: str) -> WebhookEvent:
    if not isinstance(event, dict):
        return UnreadableEvent(carrier, WhyUnreadable.NOT_AN_OBJECT, raw=raw)
    fields = _Fields(event)
    name = _text(event.get("event")) or _guessed_name(fields)
    reader = _READERS.get((name or "").casefold())
    if reader is None:
        return UnreadableEvent(carrier, WhyUnreadable.UNKNOWN_EVENT, name, raw)
    return reader(carrier, fields, name or "", raw)


def _guessed_name(fields: _Fields) -> str | None:
    """The event a body without a name must be, by what it carries."""
    if fields.value("suggestedResponse") is not None or fields.value("response") is not None:
        return "response"
    if fields.value("textMessage") is not None:
        return "message"
    return "messageStatus" if fields.message.get("status") is not None else None


def _receipt(carrier: Carrier, fields: _Fields, name: str, raw: str) -> DeliveryReceipt | UnreadableEvent:
    profile = PROFILES.get(carrier) or MaapProfile()
    status = (fields.text("status") or "").strip()
    if not status or status.casefold() in profile.waiting_statuses:
        why = WhyUnreadable.NOT_USED if status else WhyUnreadable.NO_STATUS
        return UnreadableEvent(carrier, why, name, raw)
    state = profile.receipt_states.get(status.casefold(), ReceiptState.UNKNOWN)
    code = _failure_code(fields)
    reason: StatusReason | None = None
    if state is ReceiptState.UNDELIVERED and code is not None:
        reason = profile.failure_reasons.get(code.casefold())
        if code in profile.wrong_carrier_codes:
            state = ReceiptState.WRONG_CARRIER
    return DeliveryReceipt(
        channel=Channel.RCS,
        carrier=carrier,
        carrier_message_id=fields.key("msgId"),
        state=state,
        reason=reason,
        carrier_code=(code or status)[:_MAX_CODE_LENGTH],
        occurred_at=fields.occurred_at(),
        phone_number=fields.phone_number(),
        raw=raw,
    )


def _failure_code(fields: _Fields) -> str | None:
    """``reason`` as ``{"code":…,"text":…}`` (the shape of MaaP's errors), or the code or text itself."""
    reason = fields.value("reason")
    if not isinstance(reason, dict):
        return _text(reason)
    code, text = _text(reason.get("code")), _text(reason.get("text"))
    # Code 0 is no code: then the text is all there is.
    return code if code and (code != "0" or text is None) else text


def _inbound(carrier: Carrier, fields: _Fields, name: str, raw: str) -> InboundMessage | UnreadableEvent:
    phone_number = fields.phone_number()
    if phone_number is None:
        return UnreadableEvent(carrier, WhyUnreadable.NO_SENDER, name, raw)
    text, postback = _tapped(fields)
    if name.casefold() == "newuser":
        postback = NEW_USER_POSTBACK
    return InboundMessage(
        channel=Channel.RCS,
        carrier=carrier,
        phone_number=phone_number,
        bot_id=fields.key("botId"),
        carrier_message_id=fields.key("msgId"),
        text=fields.text("textMessage") or text,
        postback_data=postback,
        occurred_at=fields.occurred_at(),
        raw=raw,
    )


def _tapped(fields: _Fields) -> tuple[str | None, str | None]:
    """``suggestedResponse.response.reply|action`` → its text and its postback (R-5)."""
    outer = _object(fields.value("suggestedResponse"))
    response = _object(outer.get("response")) or _object(fields.value("response")) or outer
    suggestion = _object(response.get("reply")) or _object(response.get("action"))
    postback = suggestion.get("postback")
    data = postback.get("data") if isinstance(postback, dict) else postback
    return _text(suggestion.get("displayText")), _text(data)


def _not_used(carrier: Carrier, _fields: _Fields, name: str, raw: str) -> UnreadableEvent:
    return UnreadableEvent(carrier, WhyUnreadable.NOT_USED, name, raw)


_READERS: dict[str, Callable[[Carrier, _Fields, str, str], WebhookEvent]] = {
    "messagestatus": _receipt,
    "message": _inbound,
    "response": _inbound,
    "newuser": _inbound,
    "filestatus": _not_used,
    "istyping": _not_used,
    "alias": _not_used,
}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        return _storable(str(value)) or None
    except ValueError:  # an int of more digits than Python prints
        return None


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


def _dumped(item: Any) -> str:
    try:
        return _storable(json.dumps(item, ensure_ascii=False))
    except (ValueError, RecursionError):
        return ""
