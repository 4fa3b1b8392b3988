"""Every kind of content as a body: in MaaP's words, by our schema, as the simulator reads it (R-1 to R-5)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings

from domain.carrier_exchange import OutboundRcs
from domain.message_parts import normalize_text
from domain.rcs_content_limits import InvalidContent
from domain.rcs_contents import (
    Card,
    CardOrientation,
    CardWidth,
    Carousel,
    Dial,
    FileContent,
    ImageSide,
    Media,
    MediaHeight,
    MediaType,
    OpenUrl,
    RcsContent,
    Reply,
    RichCard,
    TextContent,
    Thumbnail,
    text_of,
)
from gateways.maap.bodies import message_body
from simulator.maap.errors import MaapError
from simulator.maap.validation import check_message
from tests.gateways.maap.message_bodies import INVALID_BODIES, VALIDATOR, envelope
from tests.support.rcs_contents import CONTENTS

EXPIRY = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
THUMBNAIL = Thumbnail("https://cdn.example.jp/t.jpg", MediaType.JPEG, 9_000)
PICTURE = Media("https://cdn.example.jp/a.jpg", MediaType.JPEG, 5_000, MediaHeight.MEDIUM, THUMBNAIL)
CHIPS = (
    Reply("確認", "rsv:ok"),
    OpenUrl("詳細", "rsv:url", "https://example.jp"),
    Dial("電話", "rsv:tel", "03-1234-5678"),
)
CHIPS_WRITTEN = [
    {"reply": {"displayText": "確認", "postback": {"data": "rsv:ok"}}},
    {
        "action": {
            "displayText": "詳細",
            "postback": {"data": "rsv:url"},
            "urlAction": {"openUrl": {"url": "https://example.jp"}},
        }
    },
    {
        "action": {
            "displayText": "電話",
            "postback": {"data": "rsv:tel"},
            "dialerAction": {"dialPhoneNumber": {"phoneNumber": "+81312345678"}},
        }
    },
]


def body_of(content: RcsContent | str) -> dict[str, Any]:
    message = OutboundRcs("09012345678", "bot", content, EXPIRY)
    body: dict[str, Any] = json.loads(message_body(message, "advertisement"))
    return body


def rcs_message(content: RcsContent) -> dict[str, Any]:
    message: dict[str, Any] = body_of(content)["RCSMessage"]
    del message["trafficType"], message["expiry"]
    return message


def test_text_with_chips() -> None:
    """docs/carriers.md §2, its example; R-4: a URL, a number, a reply."""
    assert rcs_message(TextContent("ご予約は11/25です", CHIPS)) == {
        "textMessage": "ご予約は11/25です",
        "suggestedChipList": {"suggestions": CHIPS_WRITTEN},
    }


def test_a_plain_text_is_a_text_without_chips() -> None:
    assert body_of("ご予約は11/25です") == body_of(TextContent("ご予約は11/25です"))
    assert rcs_message(TextContent("x")) == {"textMessage": "x"}


def test_rich_card() -> None:
    """R-2; no null and no empty list for what is not set."""
    card = Card(PICTURE, "題", "文", CHIPS[:1])
    message = rcs_message(RichCard(card, CardOrientation.HORIZONTAL, ImageSide.RIGHT, CHIPS[1:2]))
    assert message == {
        "richcardMessage": {
            "message": {
                "generalPurposeCard": {
                    "layout": {"cardOrientation": "HORIZONTAL", "imageAlignment": "RIGHT"},
                    "content": {
                        "media": {
                            "mediaUrl": "https://cdn.example.jp/a.jpg",
                            "mediaContentType": "image/jpeg",
                            "mediaFileSize": 5_000,
                            "height": "MEDIUM_HEIGHT",
                            "thumbnailUrl": "https://cdn.example.jp/t.jpg",
                            "thumbnailContentType": "image/jpeg",
                            "thumbnailFileSize": 9_000,
                        },
                        "title": "題",
                        "description": "文",
                        "suggestions": CHIPS_WRITTEN[:1],
                    },
                }
            }
        },
        "suggestedChipList": {"suggestions": CHIPS_WRITTEN[1:2]},
    }
    plain = rcs_message(RichCard(Card(title="題だけ")))["richcardMessage"]["message"]["generalPurposeCard"]
    assert plain == {"layout": {"cardOrientation": "VERTICAL"}, "content": {"title": "題だけ"}}


@pytest.mark.parametrize(
    ("height", "written"),
    [
        (MediaHeight.LOW, "SHORT_HEIGHT"),
        (MediaHeight.MEDIUM, "MEDIUM_HEIGHT"),
        (MediaHeight.HIGH, "TALL_HEIGHT"),
    ],
)
def test_media_heights(height: MediaHeight, written: str) -> None:
    """R-2: 低, 中, 高."""
    media = Media("https://a.example/v.mp4", MediaType.MP4, 1, height)
    card = rcs_message(RichCard(Card(media)))["richcardMessage"]["message"]["generalPurposeCard"]
    assert card["content"]["media"]["height"] == written


def test_carousel() -> None:
    """R-3."""
    message = rcs_message(Carousel((Card(PICTURE), Card(title="二")), CardWidth.SMALL, CHIPS[:1]))
    slides = message["richcardMessage"]["message"]["generalPurposeCardCarousel"]
    assert slides["layout"] == {"cardWidth": "SMALL_WIDTH"}
    assert [list(card) for card in slides["content"]] == [["media"], ["title"]]
    assert message["suggestedChipList"] == {"suggestions": CHIPS_WRITTEN[:1]}


def test_file() -> None:
    content = FileContent("https://a.example/v.mp4", MediaType.MP4, 7, "案内.mp4", THUMBNAIL, CHIPS[:1])
    assert rcs_message(content) == {
        "fileMessage": {
            "fileUrl": "https://a.example/v.mp4",
            "fileMIMEType": "video/mp4",
            "fileSize": 7,
            "fileName": "案内.mp4",
            "thumbnailUrl": "https://cdn.example.jp/t.jpg",
            "thumbnailMIMEType": "image/jpeg",
            "thumbnailFileSize": 9_000,
        },
        "suggestedChipList": {"suggestions": CHIPS_WRITTEN[:1]},
    }


def test_texts_go_out_as_they_were_counted_and_identifiers_as_they_were_written() -> None:
    """S-1 normalizes what people read; R-5 hands an identifier on untouched."""
    message = rcs_message(TextContent("か\u3099\r\n", (Reply("か\u3099", "か\u3099"),)))
    assert message["textMessage"] == "が\n"
    (chip,) = message["suggestedChipList"]["suggestions"]
    assert chip == {"reply": {"displayText": "が", "postback": {"data": "か\u3099"}}}


@settings(max_examples=40, deadline=None)
@given(CONTENTS)
@example(Carousel((Card(PICTURE, "題" * 200, "文" * 500, (CHIPS[2],) * 4),) * 10, chips=(CHIPS[1],) * 10))
def test_every_content_within_its_limits_is_a_valid_body_and_understood(content: RcsContent) -> None:
    """By our JSON Schema, and by the simulator, which shares no code with us."""
    body = body_of(content)
    VALIDATOR.validate(body)
    kind, text = check_message(body["RCSMessage"])
    assert kind in body["RCSMessage"]
    assert text == normalize_text(text_of(content))


@pytest.mark.parametrize("body", INVALID_BODIES)
def test_the_simulator_agrees_with_the_schema(body: dict[str, Any]) -> None:
    """It drops nulls first, and the contact is looked at elsewhere: without those, both say the same."""
    message = {name: value for name, value in body["RCSMessage"].items() if value is not None}
    try:
        accepted = bool(check_message(message))
    except MaapError:
        accepted = False
    assert accepted == VALIDATOR.is_valid(envelope(**message))


@pytest.mark.parametrize(
    "content",
    [TextContent("字" * 2731), "字" * 2731, "", RichCard(Card()), TextContent("x", (Dial("a", "b", "119"),))],
)
def test_what_is_beyond_a_limit_makes_no_body(content: RcsContent | str) -> None:
    with pytest.raises(InvalidContent):
        body_of(content)
