"""A copy's name fits whatever the name was, and says that it was shortened (P-9)."""

import pytest

from domain.campaign_names import copied_name
from domain.campaigns import MAX_NAME_CHARACTERS
from domain.message_parts import count_characters


def test_a_short_name_is_kept_whole() -> None:
    assert copied_name("4月の予約確認") == ("4月の予約確認（コピー）", False)


@pytest.mark.parametrize("length", [95, 96, 100])
@pytest.mark.parametrize("character", ["あ", "😀", "が", "👨‍👩‍👧", "葛\U000e0100"])
def test_a_long_name_is_shortened_by_the_rule_that_counts_names(character: str, length: int) -> None:
    """Counted as names are, in UTF-16 units; no character is cut in two."""
    name = character * (length // max(len(character), 1) + 1)
    copied = copied_name(name)
    assert count_characters(copied.name) <= MAX_NAME_CHARACTERS
    if copied.is_shortened:
        kept = copied.name.removesuffix("…（コピー）")
        assert name.startswith(kept)
        assert len(kept) % len(character) == 0


def test_a_name_that_just_fits_is_not_shortened() -> None:
    assert copied_name("あ" * 95).name == "あ" * 95 + "（コピー）"
    assert copied_name("あ" * 96) == ("あ" * 94 + "…（コピー）", True)


def test_copies_of_copies_stay_readable() -> None:
    once = copied_name("あ" * 100).name
    assert copied_name(once).name == once
