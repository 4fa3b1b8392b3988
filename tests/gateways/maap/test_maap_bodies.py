"""Outgoing bodies against the schema of docs/carriers.md §2, and the schema against its own examples."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import gateways.maap
from domain.carrier_exchange import OutboundRcs
from gateways.maap.bodies import message_body

SCHEMA = json.loads((Path(gateways.maap.__file__).parent / "message_schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
EXPIRY = datetime(2026, 11, 25, 10, 0, tzinfo=timezone(timedelta(hours=9)))

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
CARD = {"media": MEDIA, "title": "題", "description": "文", "suggestions": [REPLY, OPEN_URL, DIAL]}


def envelope(**content: Any) -> dict[str, Any]:
    return {
        "RCSMessage": {**content, "trafficType": "advertisement", "expiry": "2026-11-25T01:00:00Z"},
        "messageContact": {"userContact": "+819012345678"},
    }


def card(content: dict[str, Any]) -> dict[str, Any]:
    general = {"layout": {"cardOrientation": "VERTICAL"}, "content": content}
    return envelope(richcardMessage={"message": {"generalPurposeCard": general}})


def carousel(*contents: dict[str, Any]) -> dict[str, Any]:
    general = {"layout": {"cardWidth": "MEDIUM_WIDTH"}, "content": list(contents)}
    return envelope(richcardMessage={"message": {"generalPurposeCardCarousel": general}})


def chips(*suggestions: dict[str, Any]) -> dict[str, Any]:
    return envelope(textMessage="x", suggestedChipList={"suggestions": list(suggestions)})


def without(part: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in deepcopy(part).items() if name not in names}


def test_text_message_has_contact_expiry_and_traffic_type() -> None:
    message = OutboundRcs("09012345678", "bot", "ご予約は11/25です\n😀", EXPIRY)
    body = json.loads(message_body(message, "advertisement"))
    assert body == envelope(textMessage="ご予約は11/25です\n😀")
    VALIDATOR.validate(body)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=2730))
def test_every_text_makes_a_valid_body(text: str) -> None:
    """R-1: up to 2,730 characters, whatever they are."""
    body = json.loads(message_body(OutboundRcs("06012345678", "bot", text, EXPIRY), "advertisement"))
    VALIDATOR.validate(body)
    assert body["RCSMessage"]["textMessage"] == text


def test_expiry_without_a_time_zone_is_a_callers_bug() -> None:
    naive = datetime(2026, 11, 25)  # noqa: DTZ001  # on purpose
    with pytest.raises(ValueError, match="time zone"):
        message_body(OutboundRcs("09012345678", "bot", "x", naive), "advertisement")


def test_expiry_is_written_in_utc() -> None:
    utc = message_body(OutboundRcs("09012345678", "bot", "x", EXPIRY.astimezone(UTC)), "advertisement")
    assert b'"expiry":"2026-11-25T01:00:00Z"' in utc


@pytest.mark.parametrize(
    "body",
    [
        chips(REPLY, OPEN_URL, DIAL),
        card(CARD),
        card({"title": "題だけ"}),
        carousel(CARD),
        carousel(*[CARD] * 10),
        {
            **card(CARD),
            "RCSMessage": {**card(CARD)["RCSMessage"], "suggestedChipList": {"suggestions": [REPLY]}},
        },
    ],
)
def test_schema_accepts_what_carriers_md_shows(body: dict[str, Any]) -> None:
    """R-2, R-3, R-4."""
    VALIDATOR.validate(body)


@pytest.mark.parametrize(
    "body",
    [
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
    ],
)  # fmt: skip
def test_schema_refuses_what_a_carrier_would(body: dict[str, Any]) -> None:
    """R-1…R-4: limits, nulls, and a card needs at least one of media, title, description."""
    assert not VALIDATOR.is_valid(body)


def test_schema_itself_is_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)
