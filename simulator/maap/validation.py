"""What a MaaP accepts as a message: the GSMA schema, hand-written because it runs for every message."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from simulator.maap.errors import bad_request

# Characters (UTF-16 units), numbers and bytes as the Japanese +Message service has them; displayText and
# URLs as GSMA has them.
MAX_TEXT, MAX_TITLE, MAX_DESCRIPTION, MAX_DISPLAY_TEXT, MAX_POSTBACK = 2730, 200, 500, 25, 40
MAX_URL, MAX_FILE_NAME = 2048, 200
MAX_CARD_SUGGESTIONS, MAX_CHIPS, MAX_CARDS = 4, 10, 10
MAX_MEDIA_BYTES = 5 * 1024 * 1024
IMAGE_TYPES = frozenset(("image/gif", "image/jpeg", "image/png"))
MEDIA_TYPES = IMAGE_TYPES | {"video/mp4"}

_TRAFFIC_TYPES = frozenset(("advertisement", "payment", "premium", "subscription", "token"))
_WEB_URL = re.compile(r"https?://[^\s/]\S*")
_E164 = re.compile(r"\+[1-9][0-9]{4,14}")
_ORIENTATIONS = frozenset(("VERTICAL", "HORIZONTAL"))
_SIDES = frozenset(("LEFT", "RIGHT"))
_WIDTHS = frozenset(("SMALL_WIDTH", "MEDIUM_WIDTH"))
_HEIGHTS = frozenset(("SHORT_HEIGHT", "MEDIUM_HEIGHT", "TALL_HEIGHT"))
_ACTIONS = {
    "urlAction": ("openUrl",),
    "dialerAction": ("dialPhoneNumber", "dialEnrichedCall", "dialVideoCall"),
    "mapAction": ("showLocation", "requestLocationPush"),
    "calendarAction": ("createCalendarEvent",),
    "composeAction": ("composeTextMessage", "composeRecordingMessage"),
    "deviceAction": ("requestDeviceSpecifics",),
    "settingsAction": ("disableAnonymization", "enableDisplayedNotifications"),
}


def without_nulls(value: Any) -> Any:
    """Drop null members: some clients send them for what they do not set."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def _require(condition: object, text: str) -> None:
    if not condition:
        raise bad_request(text)


def _object(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    if not isinstance(value, dict):
        raise bad_request(f"{name} must be an object")
    return value


def _list(parent: dict[str, Any], name: str, smallest: int, largest: int) -> list[Any]:
    value = parent.get(name)
    if not isinstance(value, list) or not smallest <= len(value) <= largest:
        raise bad_request(f"{name} must hold {smallest} to {largest} items")
    return value


def _text(parent: dict[str, Any], name: str, largest: int) -> str:
    value = parent.get(name)
    if not isinstance(value, str) or not 1 <= _length(value) <= largest:
        raise bad_request(f"{name} must be a string of 1 to {largest} characters")
    return value


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _url(parent: dict[str, Any], name: str) -> str:
    value = _text(parent, name, MAX_URL)
    _require(_WEB_URL.fullmatch(value), f"{name} must be an http(s) URL")
    return value


def _one_of(parent: dict[str, Any], name: str, allowed: frozenset[str]) -> None:
    value = parent.get(name)
    _require(
        isinstance(value, str) and value in allowed, f"{name} must be one of {', '.join(sorted(allowed))}"
    )


def check_message(message: dict[str, Any]) -> tuple[str, str]:
    """Check an RCSMessage; its kind and the text for the ledger. Raises MaapError 400."""
    kinds = [kind for kind in _CONTENTS if kind in message]
    _require(len(kinds) == 1, f"RCSMessage needs exactly one of {', '.join(_CONTENTS)}")
    text = _CONTENTS[kinds[0]](message)
    if "trafficType" in message:
        _one_of(message, "trafficType", _TRAFFIC_TYPES)
    if "suggestedChipList" in message:
        chips = _object(message, "suggestedChipList")
        for chip in _list(chips, "suggestions", 1, MAX_CHIPS):
            _check_suggestion(chip)
    return kinds[0], text


def parse_expiry(message: dict[str, Any]) -> float | None:
    """`expiry` as epoch seconds, None without. Raises MaapError 400 on any other form."""
    raw = message.get("expiry")
    if raw is None:
        return None
    try:
        expiry = datetime.fromisoformat(raw)
    except (TypeError, ValueError):
        raise bad_request("expiry must be an RFC 3339 date-time") from None
    _require(expiry.tzinfo is not None, "expiry must carry a time zone")
    return expiry.timestamp()


def _check_text(message: dict[str, Any]) -> str:
    return _text(message, "textMessage", MAX_TEXT)


def _check_rich_card(message: dict[str, Any]) -> str:
    content = _object(_object(message, "richcardMessage"), "message")
    single, carousel = "generalPurposeCard" in content, "generalPurposeCardCarousel" in content
    _require(
        single != carousel, "richcardMessage needs one of generalPurposeCard, generalPurposeCardCarousel"
    )
    if single:
        card = _object(content, "generalPurposeCard")
        _check_layout(_object(card, "layout"))
        return _check_card(_object(card, "content"))
    slides = _object(content, "generalPurposeCardCarousel")
    _one_of(_object(slides, "layout"), "cardWidth", _WIDTHS)
    cards = _list(slides, "content", 1, MAX_CARDS)
    texts = [_check_card(card) for card in cards]
    heights = {card["media"]["height"] for card in cards if "media" in card}
    _require(heights <= {"MEDIUM_HEIGHT"}, "media of a carousel must have MEDIUM_HEIGHT")
    return "\n\n".join(text for text in texts if text)


def _check_layout(layout: dict[str, Any]) -> None:
    _one_of(layout, "cardOrientation", _ORIENTATIONS)
    if layout["cardOrientation"] == "HORIZONTAL":
        _one_of(layout, "imageAlignment", _SIDES)
    else:
        _require("imageAlignment" not in layout, "imageAlignment is for HORIZONTAL cards")


def _check_card(card: Any) -> str:
    _require(isinstance(card, dict), "a card must be an object")
    _require(
        any(part in card for part in ("media", "title", "description")),
        "a card needs media, title or description",
    )
    texts = []
    if "title" in card:
        texts.append(_text(card, "title", MAX_TITLE))
    if "description" in card:
        texts.append(_text(card, "description", MAX_DESCRIPTION))
    if "media" in card:
        _check_media(_object(card, "media"))
    if "suggestions" in card:
        for suggestion in _list(card, "suggestions", 1, MAX_CARD_SUGGESTIONS):
            _check_suggestion(suggestion)
    return "\n".join(texts)


def _check_media(media: dict[str, Any]) -> None:
    _url(media, "mediaUrl")
    _one_of(media, "mediaContentType", MEDIA_TYPES)
    _check_size(media, "mediaFileSize")
    _one_of(media, "height", _HEIGHTS)
    if "contentDescription" in media:
        _text(media, "contentDescription", MAX_TITLE)
    _check_thumbnail(media, "thumbnailContentType")


def _check_thumbnail(parent: dict[str, Any], type_name: str) -> None:
    if any(name in parent for name in ("thumbnailUrl", type_name, "thumbnailFileSize")):
        _url(parent, "thumbnailUrl")
        _one_of(parent, type_name, IMAGE_TYPES)
        _check_size(parent, "thumbnailFileSize")


def _check_size(parent: dict[str, Any], name: str) -> None:
    size = parent.get(name)
    _require(
        type(size) is int and 0 < size <= MAX_MEDIA_BYTES, f"{name} must be 1 to {MAX_MEDIA_BYTES} bytes"
    )


def _check_suggestion(suggestion: Any) -> None:
    _require(isinstance(suggestion, dict), "a suggestion must be an object")
    _require(
        len(suggestion) == 1 and suggestion.keys() <= {"reply", "action"},
        "a suggestion is one reply or one action",
    )
    kind = "reply" if "reply" in suggestion else "action"
    body = _object(suggestion, kind)
    _text(body, "displayText", MAX_DISPLAY_TEXT)
    if kind == "reply" or "postback" in body:
        _text(_object(body, "postback"), "data", MAX_POSTBACK)
    if kind == "action":
        _check_action(body)


def _check_action(body: dict[str, Any]) -> None:
    names = [name for name in _ACTIONS if name in body]
    _require(len(names) == 1, f"an action needs exactly one of {', '.join(_ACTIONS)}")
    action = _object(body, names[0])
    members = [name for name in _ACTIONS[names[0]] if name in action]
    _require(len(members) == 1, f"{names[0]} needs one of {', '.join(_ACTIONS[names[0]])}")
    details = _object(action, members[0])
    if members[0] == "openUrl":
        _url(details, "url")
    elif names[0] == "dialerAction":
        _require(_E164.fullmatch(_text(details, "phoneNumber", 20)), "phoneNumber must be E.164")


def _check_file(message: dict[str, Any]) -> str:
    file = _object(message, "fileMessage")
    _url(file, "fileUrl")
    if "fileMIMEType" in file:
        _one_of(file, "fileMIMEType", MEDIA_TYPES)
    if "fileSize" in file:
        _check_size(file, "fileSize")
    _check_thumbnail(file, "thumbnailMIMEType")
    return _text(file, "fileName", MAX_FILE_NAME) if "fileName" in file else ""


def _check_audio(message: dict[str, Any]) -> str:
    return _url(_object(message, "audioMessage"), "fileUrl")


def _check_place(message: dict[str, Any]) -> str:
    return str(_object(message, "geolocationPushMessage").get("label", ""))


_CONTENTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "textMessage": _check_text,
    "richcardMessage": _check_rich_card,
    "fileMessage": _check_file,
    "audioMessage": _check_audio,
    "geolocationPushMessage": _check_place,
}
