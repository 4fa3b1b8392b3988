"""Reading messages for the screen: whatever a platform sent, a page shows something."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.messages import RcsMessage
from simulator.pages.content import Content, content_of, is_loopback

_WORDS = (
    "textMessage",
    "suggestedChipList",
    "suggestions",
    "reply",
    "action",
    "displayText",
    "postback",
    "data",
    "urlAction",
    "openUrl",
    "url",
    "richcardMessage",
    "message",
    "generalPurposeCard",
    "generalPurposeCardCarousel",
    "content",
    "layout",
    "media",
    "mediaUrl",
    "mediaContentType",
    "title",
    "description",
)
_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(("http://[", "http://a/b", ""))
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_WORDS), inner, max_size=5),
    max_leaves=20,
)


def read(rcs: Any) -> Content:
    body = json.dumps({"RCSMessage": rcs}).encode()
    return content_of(RcsMessage("Mz1", "docomo", "09000000000", "bot1", body, 0.0))


@given(_VALUES)
@settings(max_examples=40, deadline=None)
def test_any_content_can_be_shown(rcs: Any) -> None:
    content = read(rcs)
    content.summary.encode("utf-8")
    assert content.address("chip-0") is None or content.suggestion("chip-0") is not None


def test_text_is_kept_to_the_letter_and_addresses_are_found() -> None:
    text = "変更は https://example.jp/a?b=1&c=2。電話は(http://example.jp/x)へ"
    pieces = read({"textMessage": text}).pieces
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if piece.link] == [
        "https://example.jp/a?b=1&c=2",
        "http://example.jp/x",
    ]


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("http://localhost/", True),
        ("http://[::1]/", True),
        ("http://127.0.0.2/", True),
        ("http://127.0.0.1.evil.example/", False),
        ("http://127.evil.example/", False),
        ("http://127.0.0.1@evil.example/", False),
        ("http://localhost.example/", False),
        ("https://example.jp/", False),
        ("http://10.0.0.1/", False),
        ("http://[", False),
        ("nonsense", False),
    ],
)
def test_only_addresses_of_this_machine_count_as_such(address: str, local: bool) -> None:
    assert is_loopback(address) is local
