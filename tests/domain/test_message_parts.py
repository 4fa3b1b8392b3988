"""Characters, bytes and billable parts (S-1, R-1, R-2, B-1)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.message_parts import (
    ALTERNATIVE_PART_TABLE,
    DEFAULT_PART_TABLE,
    RCS_MAX_CHARACTERS,
    SMS_MAX_CHARACTERS,
    InvalidPartTable,
    MessageTooLong,
    characters_left_in_part,
    check_part_table,
    count_bytes,
    count_characters,
    normalize_text,
    parts_for,
)
from tests.support.growth import assert_linear


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("", 0),
        ("abc", 3),
        ("あいう", 3),
        ("ｱｲｳ", 3),
        ("😀", 2),
        ("が", 1),
        ("か\u3099", 1),
        ("a\r\nb\rc\n", 6),
    ],
)
def test_counts_utf16_code_units_after_normalization(text: str, characters: int) -> None:
    """S-1: half- and full-width alike; an emoji is 2; composed and decomposed kana count the same."""
    assert count_characters(text) == characters


@pytest.mark.parametrize(("text", "size"), [("abc", 3), ("ｱｲｳ", 3), ("あいう", 6), ("a\r\nあ", 4), ("😀", 4)])
def test_counts_half_width_as_one_byte_and_full_width_as_two(text: str, size: int) -> None:
    """R-2."""
    assert count_bytes(text) == size


def test_every_edge_of_the_default_table_starts_a_new_part() -> None:
    """B-1: 70, 134, 201 … 660 characters are 1, 2, 3 … 10 parts, one more character is one part more."""
    for parts, most in enumerate(DEFAULT_PART_TABLE, 1):
        assert parts_for("あ" * most) == parts
        assert characters_left_in_part(most) == 0
        if most < SMS_MAX_CHARACTERS:
            assert parts_for(most + 1) == parts + 1


def test_the_contract_table_decides() -> None:
    """B-1: 133 characters are 2 parts by the default table and 3 by the other one."""
    assert (parts_for(133), parts_for(133, ALTERNATIVE_PART_TABLE)) == (2, 3)


def test_says_how_many_characters_are_left_before_the_next_part() -> None:
    """B-1: the live counter."""
    assert [characters_left_in_part(count) for count in (0, 1, 69, 71, 600)] == [70, 69, 1, 63, 3]


def test_refuses_more_characters_than_the_table_knows() -> None:
    """S-1: 661 characters are an error, never 11 parts."""
    with pytest.raises(MessageTooLong) as refused:
        parts_for("あ" * 661)
    assert (refused.value.characters, refused.value.limit) == (661, 660)


def test_nothing_is_no_part() -> None:
    """B-1: an empty text is not billed; a negative length is a mistake of the caller."""
    assert parts_for("") == 0
    with pytest.raises(ValueError):
        parts_for(-1)


def test_limits_are_those_of_the_specification() -> None:
    """S-1, R-1."""
    assert (SMS_MAX_CHARACTERS, RCS_MAX_CHARACTERS) == (660, 2_730)


@pytest.mark.parametrize("table", [(), (0, 70), (70, 70), (70, 60)])
def test_refuses_a_part_table_that_does_not_grow(table: tuple[int, ...]) -> None:
    """B-1: contract data is checked before it is billed with."""
    with pytest.raises(InvalidPartTable):
        check_part_table(table)


def test_known_part_tables_are_valid() -> None:
    """B-1."""
    check_part_table(DEFAULT_PART_TABLE)
    check_part_table(ALTERNATIVE_PART_TABLE)


def text_with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(st.text())
def test_normalizing_twice_changes_nothing(text: str) -> None:
    """S-1: what was counted is what is sent, however often it passes."""
    once = normalize_text(text)
    assert normalize_text(once) == once
    assert "\r" not in once
    # Canonically the same text: composed, except for the characters that are kept as they came.
    assert unicodedata.normalize("NFC", once) == unicodedata.normalize("NFC", text_with_line_feeds(text))


@given(st.integers(0, 659), st.sampled_from([DEFAULT_PART_TABLE, ALTERNATIVE_PART_TABLE]))
def test_one_character_more_never_costs_less(count: int, table: tuple[int, ...]) -> None:
    """B-1: parts are monotonic and grow by one at most; the counter agrees with them."""
    more = parts_for(count + 1, table) - parts_for(count, table)
    assert more in (0, 1)
    left = characters_left_in_part(count, table)
    assert parts_for(count + left, table) == max(parts_for(count, table), 1)


@given(st.text(max_size=300))
def test_bytes_lie_between_once_and_twice_the_characters(text: str) -> None:
    """R-2."""
    assert count_characters(text) <= count_bytes(text) <= 2 * count_characters(text)


@pytest.mark.parametrize(
    "letter", ["a\u0315\u0300", "\u0315\u0300", "か\u3099\u0323", "\u0344\u0323", "é\u0323\u0315", "a"]
)
def test_normalizing_takes_time_by_the_length_of_the_text(letter: str) -> None:
    """S-1: unsorted marks on one letter are no way to stop the process."""
    assert_linear(lambda size: "x" + letter * (size // len(letter)), normalize_text, 20_000)


def test_no_language_loses_a_mark() -> None:
    """S-1: 30 marks on a letter are kept, in whatever order they came; a heap of them is cut."""
    kept = "x" + "\u0323\u0300" * 15
    assert normalize_text(kept) == unicodedata.normalize("NFC", kept)
    assert len(normalize_text("x" + "\u0315\u0300" * 5_000)) <= 31
