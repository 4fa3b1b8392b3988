"""Codes people type: TOTP by the book (RFC 6238), backup and mail codes that survive being read aloud."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.one_time_codes import (
    RESET_CODE_SIGNS,
    matching_step,
    new_code,
    plain_code,
    provisioning_uri,
    secret_in_text,
    totp_code,
)

# RFC 6238, appendix B: SHA-1, the last six of its eight digits.
RFC_SECRET = b"12345678901234567890"
RFC_VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


@pytest.mark.parametrize(("seconds", "code"), RFC_VECTORS)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert totp_code(RFC_SECRET, seconds // 30) == code


@pytest.mark.parametrize("steps_off", [-1, 0, 1])
def test_a_clock_half_a_minute_off_is_forgiven(steps_off: int) -> None:
    code = totp_code(RFC_SECRET, STEP + steps_off)
    assert matching_step(RFC_SECRET, code, NOW, last_step=0) == STEP + steps_off


@pytest.mark.parametrize("steps_off", [-2, 2])
def test_a_clock_further_off_is_not(steps_off: int) -> None:
    assert matching_step(RFC_SECRET, totp_code(RFC_SECRET, STEP + steps_off), NOW, last_step=0) is None


def test_each_code_counts_once_and_older_ones_no_more() -> None:
    """Looked at over a shoulder, a code is worth nothing once it was used."""
    assert matching_step(RFC_SECRET, totp_code(RFC_SECRET, STEP), NOW, last_step=STEP) is None
    assert matching_step(RFC_SECRET, totp_code(RFC_SECRET, STEP - 1), NOW, last_step=STEP) is None
    later = NOW + timedelta(seconds=30)
    assert matching_step(RFC_SECRET, totp_code(RFC_SECRET, STEP + 1), later, last_step=STEP) == STEP + 1


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "1234567", "\x00", "१२३४५६७", "日本"])
def test_what_is_no_code_is_wrong(typed: str) -> None:
    assert matching_step(RFC_SECRET, typed, NOW, last_step=0) is None


def test_spaces_and_full_width_digits_are_understood() -> None:
    """As authenticators show them, and as a Japanese keyboard types them."""
    code = totp_code(RFC_SECRET, STEP)
    wide = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    for typed in (f"{code[:3]} {code[3:]}", wide):
        assert matching_step(RFC_SECRET, typed, NOW, last_step=0) == STEP


def test_a_reset_code_has_60_bits_in_three_groups_and_no_look_alikes() -> None:
    """C-3: 12 signs of 32."""
    code = new_code(RESET_CODE_SIGNS, secrets.randbelow)
    assert [len(group) for group in code.split("-")] == [4, 4, 4]
    assert len(plain_code(code)) == 12
    assert not set(code) & set("OILU")
    assert len({new_code(RESET_CODE_SIGNS, secrets.randbelow) for _ in range(500)}) == 500


@given(st.integers(1, 30), st.integers(0, 2**32))
def test_a_code_typed_carelessly_is_the_same_code(signs: int, seed: int) -> None:
    """Lower case, without groups, O for 0, l for 1."""
    code = new_code(signs, lambda below: seed % below)
    careless = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert plain_code(careless) == plain_code(code)


def test_the_picture_and_the_text_tell_the_same_secret() -> None:
    uri = provisioning_uri(RFC_SECRET, "owner@sakura.example", "配信ポータル")
    assert f"secret={secret_in_text(RFC_SECRET).replace(' ', '')}&" in uri
    assert uri.startswith("otpauth://totp/owner%40sakura.example?")
    assert "issuer=%E9%85%8D%E4%BF%A1" in uri
