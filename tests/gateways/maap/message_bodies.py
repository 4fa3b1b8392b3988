"""Bodies by hand as docs/carriers.md §2 shows them, good and bad, and the schema that tells them apart."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

import gateways.maap

SCHEMA = json.loads((Path(gateways.maap.__file__).parent / "message_schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)

_EXCHANGE = json.loads((Path(gateways.maap.__file__).parent / "exchange_schema.json").read_text("utf-8"))
# Everything besides messages, by the name of its definition.
EXCHANGE = {
    name: Draft202012Validator({**_EXCHANGE, "$ref": f"#/$defs/{name}"}) for name in _EXCHANGE["$defs"]
}

REPLY = {"reply": {"displayText": "確認", "postback": {"data": "rsv:ok"}}}
OPEN_URL = {
    "action": {
        "displayText": "詳細",
        "postback": {"data": "rsv:url"},
        "urlAction": {"openUrl": {"url": "https://example.jp"}},
    }
}
DIAL = {
    "action": {
        "displayText": "電話",
        "postback": {"data": "rsv:tel"},
        "dialerAction": {"dialPhoneNumber": {"phoneNumber": "+81312345678"}},
    }
}
MEDIA = {
    "mediaUrl": "https://cdn.example.jp/a.jpg",
    "mediaContentType": "image/jpeg",
    "mediaFileSize": 5_000_000,
    "height": "MEDIUM_HEIGHT",
    "thumbnailUrl": "https://cdn.example.jp/t.jpg",
    "thumbnailContentType": "image/jpeg",
    "thumbnailFileSize": 9_000,
}
FILE = {"fileUrl": "https://cdn.example.jp/a.png", "fileMIMEType": "image/png", "fileSize": 9_000}
CARD = {"media": MEDIA, "title": "題", "description": "文", "suggestions": [REPLY, OPEN_URL, DIAL]}


def envelope(**content: Any) -> dict[str, Any]:
    return {
        "RCSMessage": {**content, "trafficType": "advertisement", "expiry": "2026-11-25T01:00:00Z"},
        "messageContact": {"userContact": "+819012345678"},
    }


def card(content: dict[str, Any]) -> dict[str, Any]:
    general = {"layout": {"cardOrientation": "VERTICAL"}, "content": content}
    return envelope(richcardMessage={"message": {"generalPurposeCard": general}})


def laid_out(layout: dict[str, Any]) -> dict[str, Any]:
    general = {"layout": layout, "content": CARD}
    return envelope(richcardMessage={"message": {"generalPurposeCard": general}})


def carousel(*contents: dict[str, Any]) -> dict[str, Any]:
    general = {"layout": {"cardWidth": "MEDIUM_WIDTH"}, "content": list(contents)}
    return envelope(richcardMessage={"message": {"generalPurposeCardCarousel": general}})


def chips(*suggestions: dict[str, Any]) -> dict[str, Any]:
    return envelope(textMessage="x", suggestedChipList={"suggestions": list(suggestions)})


def without(part: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in deepcopy(part).items() if name not in names}


INVALID_BODIES: list[dict[str, Any]] = [
    envelope(),
    envelope(textMessage="x", richcardMessage=card(CARD)["RCSMessage"]["richcardMessage"]),
    envelope(textMessage="字" * 2731),
    envelope(textMessage=None),
    envelope(textMessage="x", suggestedChipList=None),
    {**envelope(textMessage="x"), "messageContact": {"userContact": "09012345678"}},
    chips(*[REPLY] * 11),
    chips({**REPLY, **DIAL}),
    chips({"action": {**OPEN_URL["action"], **DIAL["action"]}}),
    # A dial action with the number not where the schema has it.
    chips({"action": {**DIAL["action"], "dialerAction": {"phoneNumber": "+81312345678"}}}),
    chips({"reply": {"displayText": "長い", "postback": {"data": "x" * 41}}}),
    chips({"reply": {"displayText": "識別子なし"}}),
    card({}),
    card({"suggestions": [REPLY]}),
    card({**CARD, "suggestions": [REPLY] * 5}),
    card({**CARD, "title": "題" * 201}),
    card({**CARD, "media": {**MEDIA, "mediaFileSize": 5 * 1024 * 1024 + 1}}),
    card({**CARD, "media": {**MEDIA, "mediaContentType": "image/webp"}}),
    card({**CARD, "media": without(MEDIA, "thumbnailFileSize")}),
    carousel(),
    carousel(*[CARD] * 11),
    carousel({**CARD, "media": {**MEDIA, "height": "TALL_HEIGHT"}}),
    chips({"reply": {"displayText": "長" * 26, "postback": {"data": "x"}}}),
    chips({"action": {**OPEN_URL["action"], "urlAction": {"openUrl": {"url": "javascript:alert(1)"}}}}),
    chips({"action": {**DIAL["action"], "dialerAction": {"dialPhoneNumber": {"phoneNumber": "0312345678"}}}}),
    card({**CARD, "description": "文" * 501}),
    card({**CARD, "media": {**MEDIA, "mediaUrl": "ftp://example.jp/a.jpg"}}),
    card({**CARD, "media": {**MEDIA, "thumbnailContentType": "video/mp4"}}),
    laid_out({"cardOrientation": "HORIZONTAL"}),
    laid_out({"cardOrientation": "VERTICAL", "imageAlignment": "LEFT"}),
    laid_out({"cardOrientation": "HORIZONTAL", "imageAlignment": "None"}),
    laid_out({"cardOrientation": ["VERTICAL"]}),
    envelope(fileMessage={}),
    envelope(fileMessage={**FILE, "fileMIMEType": "application/pdf"}),
    envelope(fileMessage={**FILE, "fileSize": 0}),
    envelope(fileMessage={**FILE, "thumbnailUrl": "https://example.jp/t.png"}),
    envelope(fileMessage=FILE, textMessage="x"),
]
