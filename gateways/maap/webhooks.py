"""What a carrier's MaaP posts to us, in our words (docs/carriers.md §2 "Webhooks to us").

``parse_webhook`` never raises: whatever comes is answered 200. Its strings are safe to
store (no NUL, no half surrogate pairs: PostgreSQL takes neither) and its ids short enough for keys.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.carrier_exchange import LONGEST_MESSAGE_ID, DeliveryReceipt, InboundMessage, ReceiptState
from domain.carriers import Carrier, Channel
from domain.messages import StatusReason
from domain.phone_numbers import NormalizedNumber, read_phone_number
from domain.rcs_files import MediaFileEvent
from gateways.maap.files import media_file
from gateways.maap.readings import json_object, message_key, storable, storable_text, utc_time, word
from gateways.maap.statuses import PROFILES, MaapProfile
from gateways.maap.strict_json import is_ambiguous, read_json

# The postback of a newUser event: the end user began to talk to the official account (a subscription).
NEW_USER_POSTBACK = "new_bot_user_initiation"

# Of one body. Carriers send one event a body; so many fit into 1 MB only if they say nothing.
MAX_EVENTS = 5_000

_MAX_CODE_LENGTH = 64
# No contact is longer; what is, is not searched for a number.
_MAX_CONTACT_LENGTH = 256
_SCHEME = re.compile("^(tel|sips?):", re.IGNORECASE)


class WhyUnreadable(StrEnum):
    """Why an event is acknowledged and nothing more."""

    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    # The same member twice with different values: which one is meant is anybody's guess.
    AMBIGUOUS = "ambiguous"
    TOO_MANY_EVENTS = "too_many_events"
    UNKNOWN_EVENT = "unknown_event"
    # Known, but nothing of ours waits for it: isTyping, alias, a status "pending".
    NOT_USED = "not_used"
    # A messageStatus that says nothing: as a receipt it would end the message as 結果不明.
    NO_STATUS = "no_status"
    # A fileStatus without the file's id.
    NO_FILE = "no_file"
    # A message or tap without a usable Japanese number.
    NO_SENDER = "no_sender"


@dataclass(frozen=True, slots=True)
class UnreadableEvent:
    """An event to acknowledge only. ``event`` is its name as given, ``raw`` the body."""

    carrier: Carrier
    why: WhyUnreadable
    event: str | None = None
    raw: str = field(default="", repr=False)


WebhookEvent = DeliveryReceipt | InboundMessage | MediaFileEvent | UnreadableEvent


def parse_webhook(carrier: Carrier, body: bytes) -> tuple[WebhookEvent, ...]:
    """Read one webhook body (≤ 1 MB, the caller's limit): one event, or a JSON array of them.

    A ``messageStatus`` is a receipt; an unmapped status gives ``ReceiptState.UNKNOWN`` with the word
    as ``carrier_code``, a missing msgId ``carrier_message_id=None``. ``message``, ``response`` and
    ``newUser`` are inbound messages; a ``newUser`` has ``postback_data == NEW_USER_POSTBACK`` and
    answers no message of ours (P-8). A ``fileStatus`` is about a file we uploaded.
    """
    raw = storable(body.decode("utf-8", "replace"))
    try:
        content = read_json(body)
    except (ValueError, RecursionError):
        return (UnreadableEvent(carrier, WhyUnreadable.NOT_JSON, raw=raw),)
    if not isinstance(content, list):
        return (_read(carrier, content, raw),)
    if len(content) > MAX_EVENTS:
        return (UnreadableEvent(carrier, WhyUnreadable.TOO_MANY_EVENTS, raw=raw),)
    # Written anew, an ambiguous item would look as if it were not.
    return tuple(_read(carrier, item, raw if is_ambiguous(item) else _dumped(item)) for item in content)


class _Fields:
    """Looks a field up wherever a carrier may have put it: RCSMessage, top level, messageContact."""

    def __init__(self, event: dict[str, Any]) -> None:
        self.event = event
        self.message = json_object(event.get("RCSMessage"))
        self._places = (self.message, event, json_object(event.get("messageContact")))

    def value(self, name: str) -> Any:
        """The first value that is not null."""
        return next((place[name] for place in self._places if place.get(name) is not None), None)

    def text(self, name: str) -> str | None:
        """The first value that is text and not blank; numbers count as text."""
        texts = (storable_text(place.get(name)) for place in self._places)
        return next((text for text in texts if text and text.strip()), None)

    def key(self, name: str) -> str | None:
        """The first value that is an id; one too long to be looked up by counts as missing (it is in raw)."""
        keys = (message_key(place.get(name)) for place in self._places)
        return next((key for key in keys if key and len(key) <= LONGEST_MESSAGE_ID), None)

    def phone_number(self) -> str | None:
        """``+8190…``, ``tel:+81-90…``, ``sip:+8190…@…`` → national 11 digits, else ``None``."""
        contact = (self.text("userContact") or "").strip()[:_MAX_CONTACT_LENGTH]
        bare = re.split("[@;]", _SCHEME.sub("", contact), maxsplit=1)[0]
        number = read_phone_number(bare)
        return number.national if isinstance(number, NormalizedNumber) else None


def _read(carrier: Carrier, event: Any, raw: str) -> WebhookEvent:
    if not isinstance(event, dict):
        return UnreadableEvent(carrier, WhyUnreadable.NOT_AN_OBJECT, raw=raw)
    fields = _Fields(event)
    name = message_key(event.get("event")) or _guessed_name(fields)
    if is_ambiguous(event):
        return UnreadableEvent(carrier, WhyUnreadable.AMBIGUOUS, name, raw)
    reader = _READERS.get(word(name or ""))
    if reader is None:
        return UnreadableEvent(carrier, WhyUnreadable.UNKNOWN_EVENT, name, raw)
    return reader(carrier, fields, name or "", raw)


def _guessed_name(fields: _Fields) -> str | None:
    """The event a body without a name must be, by what it carries."""
    if fields.value("suggestedResponse") is not None or fields.value("response") is not None:
        return "response"
    if fields.value("textMessage") is not None:
        return "message"
    is_status = fields.text("status") and (fields.message.get("status") is not None or fields.key("msgId"))
    return "messageStatus" if is_status else None


def _receipt(carrier: Carrier, fields: _Fields, name: str, raw: str) -> DeliveryReceipt | UnreadableEvent:
    profile = PROFILES.get(carrier) or MaapProfile()
    status = (fields.text("status") or "").strip()
    if not status or word(status) in profile.waiting_statuses:
        why = WhyUnreadable.NOT_USED if status else WhyUnreadable.NO_STATUS
        return UnreadableEvent(carrier, why, name, raw)
    state = profile.receipt_states.get(word(status), ReceiptState.UNKNOWN)
    code = _failure_code(fields)
    reason: StatusReason | None = None
    if state is ReceiptState.UNDELIVERED:
        reason = profile.failure_reasons.get((code or word(status)).casefold())
        if code in profile.wrong_carrier_codes:
            state = ReceiptState.WRONG_CARRIER
    return DeliveryReceipt(
        channel=Channel.RCS,
        carrier=carrier,
        carrier_message_id=fields.key("msgId"),
        state=state,
        reason=reason,
        carrier_code=(code or status)[:_MAX_CODE_LENGTH],
        occurred_at=utc_time(fields.value("timestamp")),
        phone_number=fields.phone_number(),
        bot_id=fields.key("botId"),
        raw=raw,
    )


def _failure_code(fields: _Fields) -> str | None:
    """``reason`` as ``{"code":…,"text":…}`` (the shape of MaaP's errors), or the code or text itself."""
    reason = fields.value("reason")
    if not isinstance(reason, dict):
        return message_key(reason)
    code, text = message_key(reason.get("code")), message_key(reason.get("text"))
    # Code 0 is no code: then the text is all there is.
    return code if code and (code != "0" or text is None) else text


def _inbound(carrier: Carrier, fields: _Fields, name: str, raw: str) -> InboundMessage | UnreadableEvent:
    phone_number = fields.phone_number()
    if phone_number is None:
        return UnreadableEvent(carrier, WhyUnreadable.NO_SENDER, name, raw)
    text, postback = _tapped(fields)
    if word(name) == "newuser":
        postback = NEW_USER_POSTBACK
    return InboundMessage(
        channel=Channel.RCS,
        carrier=carrier,
        phone_number=phone_number,
        bot_id=fields.key("botId"),
        carrier_message_id=fields.key("msgId"),
        text=fields.text("textMessage") or text,
        postback_data=postback,
        occurred_at=utc_time(fields.value("timestamp")),
        raw=raw,
    )


def _tapped(fields: _Fields) -> tuple[str | None, str | None]:
    """``suggestedResponse.response.reply|action`` → its text and its postback (R-5)."""
    outer = json_object(fields.value("suggestedResponse"))
    response = json_object(outer.get("response")) or json_object(fields.value("response")) or outer
    suggestion = json_object(response.get("reply")) or json_object(response.get("action"))
    postback = suggestion.get("postback")
    data = postback.get("data") if isinstance(postback, dict) else postback
    return storable_text(suggestion.get("displayText")), storable_text(data)


def _file(carrier: Carrier, fields: _Fields, name: str, raw: str) -> MediaFileEvent | UnreadableEvent:
    file = media_file(fields.event) or media_file(fields.message)
    if file is None:
        return UnreadableEvent(carrier, WhyUnreadable.NO_FILE, name, raw)
    return MediaFileEvent(carrier, fields.key("botId"), file, raw)


def _not_used(carrier: Carrier, _fields: _Fields, name: str, raw: str) -> UnreadableEvent:
    return UnreadableEvent(carrier, WhyUnreadable.NOT_USED, name, raw)


_READERS: dict[str, Callable[[Carrier, _Fields, str, str], WebhookEvent]] = {
    "messagestatus": _receipt,
    "message": _inbound,
    "response": _inbound,
    "newuser": _inbound,
    "filestatus": _file,
    "istyping": _not_used,
    "alias": _not_used,
}


def _dumped(item: Any) -> str:
    try:
        return storable(json.dumps(item, ensure_ascii=False))
    except (ValueError, RecursionError):
        return ""
