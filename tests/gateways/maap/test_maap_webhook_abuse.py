"""Webhooks that are broken, hostile or huge: read or set aside, never a crash (docs/carriers.md §2)."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.carrier_exchange import LONGEST_MESSAGE_ID, DeliveryReceipt, InboundMessage, ReceiptState
from domain.carriers import Carrier
from domain.rcs_files import MediaFileEvent
from gateways.maap import UnreadableEvent, WhyUnreadable, parse_webhook
from gateways.maap.webhooks import MAX_EVENTS


def strings_in(event: Any) -> Iterator[str]:
    """All strings of a dataclass, those of dataclasses in it as well."""
    for name in event.__dataclass_fields__:
        value = getattr(event, name)
        if isinstance(value, str):
            yield value
        elif hasattr(value, "__dataclass_fields__"):
            yield from strings_in(value)


READ = '{"event":"messageStatus","RCSMessage":{"msgId":"B","status":"read"}}'
AMBIGUOUS = '{"event":"messageStatus","RCSMessage":{"msgId":"A","status":"failed","status":"delivered"}}'


@pytest.mark.parametrize(
    "body",
    [
        AMBIGUOUS,
        '{"event":"messageStatus","event":"message","RCSMessage":{"msgId":"A","status":"delivered"}}',
        '{"event":"messageStatus","RCSMessage":{"msgId":"A","status":"failed"},'
        '"RCSMessage":{"msgId":"A","status":"delivered"}}',
        '{"event":"messageStatus","status":"failed","reason":{"code":1,"code":2}}',
    ],
)
def test_a_member_that_says_two_things_says_nothing(body: str) -> None:
    """Which value is meant depends on the reader: such an event decides nothing and is kept as it came."""
    (event,) = parse_webhook(Carrier.AU, body.encode())
    assert isinstance(event, UnreadableEvent)
    assert (event.why, event.raw) == (WhyUnreadable.AMBIGUOUS, body)


def test_a_member_that_says_the_same_twice_is_no_riddle() -> None:
    body = '{"event":"messageStatus","RCSMessage":{"msgId":"A","status":"read","status":"read"}}'
    (event,) = parse_webhook(Carrier.AU, body.encode())
    assert isinstance(event, DeliveryReceipt)
    assert event.state is ReceiptState.READ


def test_one_ambiguous_event_leaves_the_others_in_its_array_alone() -> None:
    body = f"[{AMBIGUOUS},{READ}]"
    unreadable, read = parse_webhook(Carrier.AU, body.encode())
    assert isinstance(unreadable, UnreadableEvent)
    assert unreadable.raw == body
    assert isinstance(read, DeliveryReceipt)
    assert read.state is ReceiptState.READ


def test_an_array_of_a_million_nothings_is_one_event() -> None:
    """1 MB of them would be half a million rows."""
    body = b"[" + b"{}," * 300_000 + b"{}]"
    (event,) = parse_webhook(Carrier.AU, body)
    assert isinstance(event, UnreadableEvent)
    assert event.why is WhyUnreadable.TOO_MANY_EVENTS
    full = parse_webhook(Carrier.AU, b"[" + b"{}," * (MAX_EVENTS - 1) + b"{}]")
    assert len(full) == MAX_EVENTS


_MEGABYTE = 1024 * 1024
_DELIVERED = b'{"event":"messageStatus","status":"delivered","msgId":"'


@pytest.mark.parametrize(
    "body",
    [
        b"[" * _MEGABYTE,
        b'{"a":' * (_MEGABYTE // 5),
        b'{"event":"message","messageContact":{"userContact":"' + b"9" * _MEGABYTE + b'"}}',
        b'{"event":"message","messageContact":{"userContact":"' + b"+-" * (_MEGABYTE // 2) + b'"}}',
        b'{"event":"message","RCSMessage":{"textMessage":"' + b"\\u0000" * (_MEGABYTE // 6) + b'"}}',
        b'{"event":' + b"9" * _MEGABYTE + b"}",
        b'{"event":"messageStatus","status":"' + b"x" * _MEGABYTE + b'"}',
        b'{"event":"messageStatus","status":"read","timestamp":"' + b"2" * _MEGABYTE + b'"}',
        b"{" + b",".join(b'"%d":1' % i for i in range(80_000)) + b"}",
        b"{" + b'"a":1,"a":2,' * 80_000 + b'"a":1}',
        b"[" + b",".join([_DELIVERED + b'x"}'] * MAX_EVENTS) + b"]",
        b"\xff" * _MEGABYTE,
        b"\x00" * _MEGABYTE,
        ("😀" * (_MEGABYTE // 4)).encode(),
    ],
)
def test_a_megabyte_of_anything_is_read_in_bounded_time_and_memory(body: bytes) -> None:
    """What is worst for a parser, at the largest size that is let in. Seconds are for a slow machine."""
    started = time.perf_counter()
    events = parse_webhook(Carrier.AU, body)
    seconds = time.perf_counter() - started
    assert 1 <= len(events) <= MAX_EVENTS
    assert sum(len(text) for event in events for text in strings_in(event)) < 3 * _MEGABYTE
    assert seconds < 10


def test_strings_can_be_stored_in_postgresql() -> None:
    """NUL and half surrogate pairs are valid in JSON, but no text column takes them."""
    body = (
        rb'{"event":"message","RCSMessage":{"textMessage":"a\u0000b\ud83d","msgId":"i\u0000j"},'
        rb'"messageContact":{"userContact":"+819012345678"}}'
    )
    (event,) = parse_webhook(Carrier.AU, body)
    assert isinstance(event, InboundMessage)
    assert (event.text, event.carrier_message_id) == ("a\ufffdb\ufffd", "i\ufffdj")


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_NAMES = st.sampled_from(
    ["event", "RCSMessage", "messageContact", "msgId", "status", "timestamp", "userContact", "botId",
     "reason", "code", "text", "textMessage", "file", "fileId", "fileUrl", "validity",
      "suggestedResponse", "response", "reply", "postback", "data"]
)  # fmt: skip
_WORDS = st.sampled_from(
    [
        "messageStatus",
        "response",
        "message",
        "newUser",
        "alias",
        "fileStatus",
        "ready",
        "failed",
        "delivered",
        "+819012345678",
    ]
)
_EVENTS = st.recursive(
    _SCALARS | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=6),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | _EVENTS.map(lambda event: json.dumps(event).encode()))
@example(b'{"event":"message","RCSMessage":{"msgId":' + b"9" * 5000 + b"}}")
@example('{"event":"messageStatus","status":"read"}'.encode("utf-16"))
@example(b'\xef\xbb\xbf{"event":"messageStatus","status":"read"}')
def test_no_body_raises_or_yields_what_cannot_be_stored(body: bytes) -> None:
    for event in parse_webhook(Carrier.DOCOMO, body):
        assert isinstance(event, DeliveryReceipt | InboundMessage | MediaFileEvent | UnreadableEvent)
        for value in strings_in(event):
            assert "\x00" not in value
            value.encode()  # raises on half a surrogate pair
        if isinstance(event, DeliveryReceipt | InboundMessage):
            assert len(event.carrier_message_id or "") <= LONGEST_MESSAGE_ID
            assert event.phone_number is None or len(event.phone_number) == 11
