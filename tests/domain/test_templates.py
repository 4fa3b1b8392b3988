"""Variables in texts (P-12) and the links among them (U-1, U-2, O-1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.message_parts import count_characters
from domain.templates import (
    LINK_CHARACTERS,
    LINK_PLACEHOLDER,
    OPT_OUT_URL_KEY,
    MalformedTemplate,
    MissingVariables,
    TemplateProblemCode,
    clean_text,
    has_unsendable_characters,
    parse_template,
    variable_key,
)


def test_fills_variables_wherever_they_stand() -> None:
    """P-12."""
    template = parse_template("{{氏名}}様\n{{店舗}}です。{{氏名}}様へ")
    assert template.variables == ("氏名", "店舗")
    assert template.render({"氏名": "山田", "店舗": "東京店"}) == "山田様\n東京店です。山田様へ"


@pytest.mark.parametrize("written", ["{{ 氏名 }}", "{{　氏名　}}", "{{氏名}}"])
def test_white_space_around_a_name_does_not_matter(written: str) -> None:
    """P-12: names are compared after NFKC and strip."""
    assert parse_template(written).render({"氏名": "山田"}) == "山田"


def test_full_and_half_width_names_are_the_same() -> None:
    """P-12."""
    assert variable_key("ＩＤ（新）") == variable_key(" ID(新)") == "ID(新)"
    assert variable_key("ﾎﾟｲﾝﾄ") == "ポイント"
    assert variable_key("お客様\n番号") == "お客様 番号"


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("こんにちは{{氏名", TemplateProblemCode.UNCLOSED, 5),
        ("{{氏名\n}}", TemplateProblemCode.UNCLOSED, 0),
        ("{{{氏名}}", TemplateProblemCode.UNCLOSED, 0),
        ("氏名}}様", TemplateProblemCode.UNOPENED, 2),
        ("{{ }}", TemplateProblemCode.EMPTY_NAME, 0),
        ("｛｛氏名｝｝", TemplateProblemCode.FULL_WIDTH_BRACES, 0),
    ],
)
def test_says_where_braces_do_not_pair(text: str, code: TemplateProblemCode, position: int) -> None:
    """P-12: a placeholder with a slip is refused, never sent as it stands."""
    with pytest.raises(MalformedTemplate) as refused:
        parse_template(text)
    assert (refused.value.problems[0].code, refused.value.problems[0].position) == (code, position)


def test_reports_every_bad_place_with_line_and_column() -> None:
    """P-12."""
    with pytest.raises(MalformedTemplate) as refused:
        parse_template("{{}}\nあ}}")
    assert [(p.line, p.column) for p in refused.value.problems] == [(1, 1), (2, 2)]


def test_single_braces_are_ordinary_text() -> None:
    """P-12."""
    assert parse_template("{氏名} {a}").render({}) == "{氏名} {a}"


def test_reports_variables_without_a_column() -> None:
    """P-12: once for the file, not once for each of 250,000 rows."""
    problems = parse_template("{{氏名}}\n{{番号}}{{短縮URL1}}").unknown_variables(["氏名"])
    assert [(p.code, p.text, p.line) for p in problems] == [(TemplateProblemCode.UNKNOWN_VARIABLE, "番号", 2)]


@pytest.mark.parametrize("values", [{}, {"氏名": ""}, {"氏名": " 　\n"}])
def test_a_missing_or_blank_value_is_refused(values: dict[str, str]) -> None:
    """P-11: 「様」 alone is never sent."""
    with pytest.raises(MissingVariables) as refused:
        parse_template("{{氏名}}様{{氏名}}").render(values)
    assert refused.value.keys == ("氏名",)


def test_a_value_is_not_read_as_a_template_again() -> None:
    """P-12: what a recipient entered cannot pull in other columns."""
    assert parse_template("{{a}}{{b}}").render({"a": "{{b}}", "b": "x"}) == "{{b}}x"


def test_links_are_not_columns() -> None:
    """U-1, O-1."""
    template = parse_template("{{短縮ＵＲＬ２}}{{氏名}}{{オプトアウトURL}}")
    assert template.links == ("短縮URL2", OPT_OUT_URL_KEY)
    assert template.variables == ("氏名",)


def test_a_link_counts_25_characters_before_it_exists() -> None:
    """U-2, O-1: with one half-width space on each side."""
    assert len(LINK_PLACEHOLDER) == LINK_CHARACTERS == 25
    counted = parse_template("詳細{{短縮URL1}}配信停止{{オプトアウトURL}}").fill_links_for_counting()
    assert count_characters(counted.render({})) == 2 + 25 + 4 + 25


def test_filling_links_leaves_the_variables() -> None:
    """U-1: settled once for all rows, or per recipient."""
    template = parse_template("{{氏名}}{{短縮URL1}}").fill({"短縮URL1": " https://s.jp/a "})
    assert (template.links, template.variables) == ((), ("氏名",))
    assert template.render({"氏名": "山田"}) == "山田 https://s.jp/a "


def test_unsendable_characters_are_taken_out_of_text_and_values() -> None:
    """S-1: controls, direction overrides and zero-width spaces never reach a handset or the bill."""
    rendered = parse_template("\u202eA\x00{{a}}").render({"a": "x\x1by\tz\r\n\u200b"})
    assert rendered == "Axy z\n"
    assert has_unsendable_characters("a\tb")
    assert not has_unsendable_characters("山田\n太郎👨‍👩‍👧")


def test_emoji_families_and_variants_stay_whole() -> None:
    """S-1: joiners and variation selectors are part of a character."""
    assert clean_text("👨‍👩‍👧葛\U000e0100") == "👨‍👩‍👧葛\U000e0100"


def test_an_accent_finds_its_letter_after_cleaning() -> None:
    """S-1: cleaning comes before NFC."""
    assert clean_text("か\x00\u3099") == "が"


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """S-1."""
    once = clean_text(text)
    assert clean_text(once) == once
    assert not has_unsendable_characters(once)


@given(st.text())
def test_any_text_is_parsed_or_refused_with_places(text: str) -> None:
    """P-12: nothing else is raised; places lie within the text."""
    places: list[int] = []
    try:
        template = parse_template(text)
        template.render(dict.fromkeys((*template.variables, *template.links), "値"))
    except MalformedTemplate as refused:
        places = [problem.position for problem in refused.problems]
    assert all(0 <= place < len(clean_text(text)) for place in places)


_NAMES = st.text("氏名店舗abcＡ１", min_size=1, max_size=5)
_LITERALS = st.text(st.characters(exclude_characters="{}｛｝", exclude_categories=["Cc", "Cs"]), max_size=20)


@given(st.lists(st.tuples(_LITERALS, _NAMES), max_size=5), _LITERALS)
def test_rendering_puts_every_value_in_its_place(parts: list[tuple[str, str]], end: str) -> None:
    """P-12: the text between placeholders comes out unchanged, apart from S-1's normalization."""
    source = "".join(f"{literal}{{{{{name}}}}}" for literal, name in parts) + end
    values = {variable_key(name): f"<{variable_key(name)}>" for _, name in parts}
    expected = "".join(f"{literal}<{variable_key(name)}>" for literal, name in parts) + end
    assert parse_template(source).render(values) == clean_text(expected)
