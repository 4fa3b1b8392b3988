"""What can be seen of a text decides whether there is one, where it ends, and whether it can be sent."""

import unicodedata

import pytest

from domain.campaigns import CampaignContent, CampaignProblem, problems_of
from domain.message_parts import count_characters, normalize_text
from domain.messages import ChannelPlan
from domain.templates import MissingVariables, clean_text, parse_template, variable_key
from domain.variable_names import clashing_names
from domain.visible_text import is_blank, trim, unshowable_character, with_directions_shown
from tests.domain.test_send_times import NOW
from tests.support.growth import assert_linear

INVISIBLE = [
    "",
    " ",
    "\t\r\n",
    "\u3000",
    "\u00a0",
    "\u2003\u2009\u202f\u205f",
    "\u200b",
    "\u200c\u200d",
    "\u2060\ufeff",
    "\ufe0f",
    "\U000e0100",
    "\u180e\u180b",
    "\u3164",
    "\uffa0",
    "\u115f\u1160",
    "\u2800",
    "\u00ad",
    "\u034f",
    "\u061c\u200e\u200f",
    "\u202a\u202e\u2066\u2069",
    "\U000e0041\U000e007f",
    "\x00\x1a\x7f\x85",
    "\u2028\u2029",
    "\ufff9\ufffb",
]


@pytest.mark.parametrize("text", INVISIBLE, ids=ascii)
def test_what_nobody_sees_is_empty(text: str) -> None:
    """P-11, P-12: 「様」 without a name before it is never sent."""
    assert is_blank(text)
    assert trim(f"{text}山田{text}").startswith("山田")
    assert variable_key(text) == ""
    with pytest.raises(MissingVariables):
        parse_template("{{氏名}}様").render({"氏名": text})
    content = CampaignContent("案件", ChannelPlan.SMS, text, None)
    assert [p.problem for p in problems_of(content, None, NOW)] == [CampaignProblem.SMS_TEXT_MISSING]


@pytest.mark.parametrize("text", ["0", "-", "ﾞ", "。", "👨\u200d👩\u200d👧", "\u0301", "葛\U000e0100"])
def test_what_somebody_sees_is_not_empty(text: str) -> None:
    """P-12."""
    assert not is_blank(text)
    assert trim(text) == text


@pytest.mark.parametrize(
    ("padded", "bare"),
    [
        ("山田　太郎　　　　", "山田　太郎"),
        (" 鈴木", "鈴木"),
        ("\u00a0\t鈴木\u200b\ufeff\r\n", "鈴木"),
        ("\u3164鈴木\u2800", "鈴木"),
        ("辻\U000e0100 ", "辻\U000e0100"),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", None),
        ("☎\ufe0f", None),
    ],
)
def test_blanks_around_a_text_are_no_part_of_it(padded: str, bare: str | None) -> None:
    """P-11: fixed-width exports pad; what a letter or emoji is made of stays."""
    assert trim(padded) == (padded if bare is None else bare)


@pytest.mark.parametrize(
    "text",
    ["\ue000田", "\uf8ff", "\U000f0000", "\U0010fffd", "\ufdd0", "\uffff", "\ufffd", "\u0378", "\U0001ffff"],
)
def test_characters_that_no_handset_shows_are_found(text: str) -> None:
    """P-11: 外字 of one machine are empty boxes on every other; in a typed text as in a value."""
    assert unshowable_character(f"山{text}") == text[0]
    content = CampaignContent("案件", ChannelPlan.SMS, f"一行目\n山{text}", None)
    [found] = problems_of(content, None, NOW)
    assert (found.problem, found.detail["line"], found.detail["column"]) == (
        CampaignProblem.UNSHOWABLE_CHARACTER,
        2,
        2,
    )


@pytest.mark.parametrize(
    "text", ["髙﨑神隆", "①㈱℡", "😀🫩👩\u200d🚀", "𠮷野家", "ｱﾞ", "é€Å", "한글", "葛\U000e0100"]
)
def test_characters_of_names_and_messages_can_be_shown(text: str) -> None:
    """P-11: emoji that are younger than our tables as well."""
    assert unshowable_character(text) is None


# Every kanji of CP932 that NFC would exchange, the supplementary ones, and signs.
KEPT = (
    "\ufa10\ufa12\uf929\ufa15\ufa16\ufa17\ufa18\ufa19\ufa1a\ufa1b\ufa1c\ufa1d\ufa1e\ufa20\ufa22\ufa25\ufa26"
    "\uf9dc\ufa2a\ufa2b\ufa2c\ufa2d\U0002f800\U0002fa1d\u212b\u2126\u212a\u2329\u2001"
)


def test_the_kanji_of_a_name_stay_those_of_the_list() -> None:
    """P-12: composing accents must not put another kanji into somebody's name; counted as it is sent."""
    for character in KEPT:
        assert normalize_text(f"{character}田か\u3099") == f"{character}田が"
        assert clean_text(character) == character
        assert count_characters(character) == len(character.encode("utf-16-le")) // 2
    compatibility = [chr(code) for area in ((0xF900, 0xFB00), (0x2F800, 0x2FA20)) for code in range(*area)]
    assert [c for c in compatibility if normalize_text(c) != c] == []


def test_accents_and_voicing_marks_are_composed() -> None:
    """S-1: also beside a kanji that stays, and a second time changes nothing."""
    text = "カ\u3099\ufa19ハ\u309ae\u0301\r\n"
    assert normalize_text(text) == "ガ\ufa19パé\n"
    assert normalize_text(normalize_text(text)) == normalize_text(text)
    assert unicodedata.is_normalized("NFC", normalize_text("e\u0301か\u3099"))


def test_names_meet_across_widths_but_not_across_kanji() -> None:
    """P-12."""
    assert variable_key("ＴＥＬ\u3000１") == variable_key("TEL 1")
    assert variable_key("ｱ") == variable_key("ア")
    assert variable_key("\ufa19") != variable_key("\u795e")


def test_different_names_under_one_key_are_found_with_both_names() -> None:
    """P-12: which of the two values is meant, nobody can know."""
    names = ["①", "氏名", "1", "ＴＥＬ", "", "TEL", "氏名 ", ""]
    assert clashing_names((name, variable_key(name)) for name in names) == [
        ("①", "1"),
        ("ＴＥＬ", "TEL"),
        ("氏名", "氏名 "),
    ]


@pytest.mark.parametrize("between", [" ", "\u200b", "\u3164", "\ufe0f", "\u200d", "あ "])
@pytest.mark.parametrize("ends", ["a{}b", "a{}", "{}a", " a{}b "])
def test_looking_for_the_edges_takes_time_by_the_length(between: str, ends: str) -> None:
    """S-1: blanks within a text are no way to stop the process."""

    def make(size: int) -> str:
        return ends.format(between * (size // len(between)))

    for rule in (trim, is_blank, unshowable_character):
        assert_linear(make, rule, 10_000)


@pytest.mark.parametrize("direction", [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_what_turns_the_direction_of_reading_is_written_out(direction: int) -> None:
    """A file's name that ends in fdp.exe must not look like one that ends in exe.pdf."""
    assert with_directions_shown(f"請求書{chr(direction)}fdp") == f"請求書[U+{direction:04X}]fdp"


@pytest.mark.parametrize("text", ["", "abc", "予約のご案内", "שלום \u200f1\u200e", "👨‍👩‍👧"])
def test_other_texts_are_shown_as_they_are(text: str) -> None:
    assert with_directions_shown(text) == text
