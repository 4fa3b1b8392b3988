"""Outgoing bodies against the schema of docs/carriers.md §2, and the schema against its own examples."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.carrier_exchange import OutboundRcs
from domain.message_parts import count_characters, normalize_text
from domain.visible_text import is_blank
from gateways.maap.bodies import message_body
from tests.gateways.maap.message_bodies import (
    CARD,
    DIAL,
    FILE,
    INVALID_BODIES,
    OPEN_URL,
    REPLY,
    SCHEMA,
    VALIDATOR,
    card,
    carousel,
    chips,
    envelope,
)

EXPIRY = datetime(2026, 11, 25, 10, 0, tzinfo=timezone(timedelta(hours=9)))


def test_text_message_has_contact_expiry_and_traffic_type() -> None:
    message = OutboundRcs("09012345678", "bot", "ご予約は11/25です\n😀", EXPIRY)
    body = json.loads(message_body(message, "advertisement"))
    assert body == envelope(textMessage="ご予約は11/25です\n😀")
    VALIDATOR.validate(body)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=2730))
def test_every_text_makes_a_valid_body(text: str) -> None:
    """R-1: up to 2,730 characters, whatever they are; normalized, as they were counted (S-1)."""
    assume(not is_blank(text) and count_characters(text) <= 2730)
    body = json.loads(message_body(OutboundRcs("06012345678", "bot", text, EXPIRY), "advertisement"))
    VALIDATOR.validate(body)
    assert body["RCSMessage"]["textMessage"] == normalize_text(text)


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
        envelope(fileMessage=FILE),
        {
            **card(CARD),
            "RCSMessage": {**card(CARD)["RCSMessage"], "suggestedChipList": {"suggestions": [REPLY]}},
        },
    ],
)
def test_schema_accepts_what_carriers_md_shows(body: dict[str, Any]) -> None:
    """R-2, R-3, R-4."""
    VALIDATOR.validate(body)


@pytest.mark.parametrize("body", INVALID_BODIES)
def test_schema_refuses_what_a_carrier_would(body: dict[str, Any]) -> None:
    """R-1…R-4: limits, nulls, and a card needs at least one of media, title, description."""
    assert not VALIDATOR.is_valid(body)


def test_schema_itself_is_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)
