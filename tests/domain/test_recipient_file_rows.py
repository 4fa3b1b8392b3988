"""Second stage of an upload: every row is checked before anything is registered (P-11, S-1)."""

import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.message_parts import ALTERNATIVE_PART_TABLE, DEFAULT_PART_TABLE, PartTable
from domain.phone_numbers import Repair
from domain.recipient_files import (
    CellRepair,
    CheckedRow,
    CheckedText,
    Column,
    FileCheck,
    Record,
    RowChecker,
    RowError,
    RowErrorCode,
    UnknownColumns,
    check_rows,
    inspect_file,
)
from domain.templates import parse_template
from tests.domain.recipient_file_samples import csv_file

HEADER = "電話番号,氏名,店舗\n"


def check(
    text: str,
    sms: str | None = "{{氏名}}様",
    rcs: str | None = None,
    others: Sequence[CheckedText] = (),
    part_table: PartTable = DEFAULT_PART_TABLE,
    max_rows: int = 250_000,
) -> FileCheck:
    file = csv_file(text)
    shape = inspect_file("a.csv", file)
    assert shape.can_be_checked, shape.problems
    return check_rows(
        shape,
        file,
        phone_column=0,
        sms=parse_template(sms) if sms else None,
        rcs=parse_template(rcs) if rcs else None,
        others=others,
        part_table=part_table,
        max_rows=max_rows,
    )


def errors(text: str, sms: str | None = "{{氏名}}様") -> list[tuple[int, RowErrorCode]]:
    return [(row.row_number, row.code) for row in check(text, sms) if isinstance(row, RowError)]


def test_a_good_row_has_its_number_variables_parts_and_repairs() -> None:
    """P-11: all columns are kept, a later change of the text needs no new upload."""
    [row] = check(f"{HEADER}090-1234-5678, 山田　太郎 ,東京\n")
    variables = {"電話番号": "090-1234-5678", "氏名": "山田　太郎", "店舗": "東京"}
    repairs = (Repair.SEPARATORS_REMOVED, CellRepair.BLANKS_REMOVED)
    assert row == CheckedRow(2, "09012345678", variables, 1, 6, repairs)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", RowErrorCode.NUMBER_EMPTY),
        ("不明", RowErrorCode.NUMBER_NOT_A_NUMBER),
        ("9.01E+09", RowErrorCode.NUMBER_ROUNDED),
        ("0901234567", RowErrorCode.NUMBER_WRONG_LENGTH),
        ("0312345678", RowErrorCode.NUMBER_NOT_MOBILE),
        ("02012345678", RowErrorCode.NUMBER_MACHINE),
        ("+14155552671", RowErrorCode.NUMBER_FOREIGN),
    ],
)
def test_a_number_that_is_not_japanese_mobile_is_an_error(number: str, code: RowErrorCode) -> None:
    """P-11: row, column, value, reason, and the cells for the file of errors."""
    [row] = check(f"{HEADER}{number},山田,東京\n")
    assert isinstance(row, RowError)
    assert (row.row_number, row.column, row.value, row.code) == (2, "電話番号", number, code)
    assert row.cells == (number, "山田", "東京")


def test_of_equal_numbers_the_first_is_kept() -> None:
    """P-11: however they are written; the error names the first row."""
    rows = list(check(f"{HEADER}09012345678,a,\n+81-90-1234-5678,b,\n9012345678,c,\n"))
    assert isinstance(rows[0], CheckedRow)
    assert [(r.code, r.problems[0].first_row) for r in rows[1:] if isinstance(r, RowError)] == [
        (RowErrorCode.DUPLICATE, 2)
    ] * 2


def test_a_row_with_an_error_does_not_make_the_next_one_a_duplicate() -> None:
    """P-11: going on with the valid rows still reaches that number."""
    text = f"{HEADER}09012345678,,\n09012345678,山田,\n"
    assert errors(text) == [(2, RowErrorCode.MISSING_VARIABLE)]


@pytest.mark.parametrize("name", ["", "  ", "　"])
def test_a_missing_variable_is_an_error(name: str) -> None:
    """P-11."""
    [row] = check(f"{HEADER}09012345678,{name},東京\n")
    assert isinstance(row, RowError)
    assert (row.code, row.column) == (RowErrorCode.MISSING_VARIABLE, "氏名")


def test_only_variables_the_texts_use_must_be_filled() -> None:
    """P-11."""
    assert errors(f"{HEADER}09012345678,山田\n08012345678,佐藤,\n") == []


def test_a_row_tells_all_its_errors_at_once() -> None:
    """P-11: mended in one go."""
    [row] = check(f"{HEADER}x,,\n", "{{氏名}}{{店舗}}")
    assert isinstance(row, RowError)
    assert [(p.code, p.column) for p in row.problems] == [
        (RowErrorCode.NUMBER_NOT_A_NUMBER, "電話番号"),
        (RowErrorCode.MISSING_VARIABLE, "氏名"),
        (RowErrorCode.MISSING_VARIABLE, "店舗"),
    ]


def test_a_text_that_gets_too_long_for_one_row_is_an_error_of_that_row() -> None:
    """S-1: over 660 for any recipient is an error before registration."""
    rows = list(check(f"{HEADER}09012345678,{'あ' * 659},\n08012345678,{'あ' * 660},\n"))
    assert isinstance(rows[0], CheckedRow)
    assert (rows[0].parts, rows[0].characters) == (10, 660)
    assert isinstance(rows[1], RowError)
    problem = rows[1].problems[0]
    assert (problem.code, problem.column, problem.measured, problem.limit) == (
        RowErrorCode.TOO_LONG,
        "sms_text",
        661,
        660,
    )


def test_links_count_25_characters_each() -> None:
    """U-2, O-1, S-1."""
    [row] = check(f"{HEADER}09012345678,山田,\n", "{{氏名}}{{短縮URL1}}{{オプトアウトURL}}")
    assert isinstance(row, CheckedRow)
    assert row.characters == 52


def test_parts_follow_the_contract() -> None:
    """B-1."""
    text = f"{HEADER}09012345678,{'あ' * 132},\n"
    counted = [check(text, part_table=table) for table in (DEFAULT_PART_TABLE, ALTERNATIVE_PART_TABLE)]
    assert [row.parts for rows in counted for row in rows if isinstance(row, CheckedRow)] == [2, 3]


def test_a_plus_message_has_its_own_limit_and_no_sms_parts() -> None:
    """R-1: 2,730 characters."""
    text = f"{HEADER}09012345678,{'あ' * 2730},\n08012345678,{'あ' * 2731},\n"
    rows = list(check(text, None, "{{氏名}}"))
    assert [type(row) for row in rows] == [CheckedRow, RowError]
    assert isinstance(rows[0], CheckedRow)
    assert (rows[0].parts, rows[0].characters) == (0, 2730)


def test_card_texts_are_limited_in_bytes_and_urls_not_at_all() -> None:
    """R-2, U-4: the other texts of a message are checked with it."""
    title = CheckedText("card_1_title", parse_template("{{氏名}}"), 200, 400)
    url = CheckedText("short_url_1", parse_template("https://example.jp/{{店舗}}"))
    rows = list(
        check(
            f"{HEADER}09012345678,{'あ' * 200},{'x' * 900}\n08012345678,{'あ' * 201},x\n07012345678,a,\n",
            "お知らせ",
            others=[title, url],
        )
    )
    assert isinstance(rows[0], CheckedRow)
    assert [(r.code, r.column) for r in rows[1:] if isinstance(r, RowError)] == [
        (RowErrorCode.TOO_LONG, "card_1_title"),
        (RowErrorCode.MISSING_VARIABLE, "店舗"),
    ]


def test_a_text_with_an_unknown_column_is_refused_before_the_first_row() -> None:
    """P-12: one answer, not 250,000."""
    with pytest.raises(UnknownColumns) as refused:
        check(f"{HEADER}09012345678,a,b\n", "{{会員番号}}{{氏名}}{{会員番号}}")
    assert refused.value.keys == ("会員番号",)


def test_a_file_with_blocking_problems_is_not_checked() -> None:
    """P-11."""
    file = csv_file("")
    with pytest.raises(ValueError):
        check_rows(inspect_file("a", file), file, phone_column=0)


def test_row_numbers_are_those_of_the_file() -> None:
    """P-11: blank rows and cells of several lines included, as a spreadsheet counts."""
    text = f'\n{HEADER}\n09012345678,"山\n田",\n,,\nx,佐藤,\n'
    rows = list(check(text))
    assert [row.row_number for row in rows] == [4, 6]
    assert isinstance(rows[0], CheckedRow)
    assert rows[0].variables["氏名"] == "山\n田"


def test_blank_rows_are_skipped_and_counted() -> None:
    """P-11."""
    result = check(f"{HEADER}09012345678,a,\n\n,,\n , ,\n")
    assert len(list(result)) == 1
    assert (result.summary.rows, result.summary.blank_rows) == (1, 3)


def test_a_comma_without_quotation_marks_is_noticed() -> None:
    """P-11: columns would be shifted, a wrong text sent."""
    assert errors(f"{HEADER}09012345678,山田,東京,港区\n") == [(2, RowErrorCode.TOO_MANY_CELLS)]
    assert errors(f"{HEADER}09012345678,山田,東京,,\n") == []


@pytest.mark.parametrize("rest", ["", '08012345671,"大阪"\n', "08012345671,大阪,梅田\n" * 100])
def test_an_open_quotation_mark_costs_one_row_only(rest: str) -> None:
    """P-11: the rows behind it are neither lost nor sent to somebody as text."""
    text = f'{HEADER}09012345678,"山田,東京\n08012345670,佐藤,東京\n{rest}'
    rows = list(check(text))
    assert (rows[0].row_number, isinstance(rows[0], RowError) and rows[0].code) == (
        2,
        RowErrorCode.BROKEN_QUOTES,
    )
    assert isinstance(rows[1], CheckedRow)
    assert rows[1].phone_number == "08012345670"


def test_rows_inside_a_cell_are_not_taken_for_text() -> None:
    """P-11: even where the marks happen to pair."""
    text = f'{HEADER}09012345678,"山田\n08012345670,佐藤",東京\n07012345678,鈴木,\n'
    rows = list(check(text))
    assert [isinstance(row, CheckedRow) for row in rows] == [False, False, True]
    assert [row.row_number for row in rows] == [2, 3, 4]


def test_a_file_of_broken_rows_is_given_up() -> None:
    """P-11: a bound against hostile files; the summary says the check is incomplete."""
    text = HEADER + "09012345678,山田,東京\n" + '09012345678,"山\n' * 3_000
    result = check(text)
    assert sum(1 for _ in result) < 1_100
    assert result.summary.incomplete
    assert result.summary.errors[RowErrorCode.UNREADABLE_FROM_HERE] == 1


def test_more_recipients_than_allowed_end_the_check() -> None:
    """P-10: one error, and how many rows are left; errors and duplicates do not use up the limit."""
    numbers = ["x", "09012345670", "09012345670", "09012345671", "09012345672", "09012345673"]
    result = check(HEADER + "".join(f"{number},a,\n" for number in numbers), max_rows=2)
    found = [(row.row_number, row.code) for row in result if isinstance(row, RowError)]
    assert found[-1] == (6, RowErrorCode.TOO_MANY_ROWS)
    assert (result.summary.valid_rows, result.summary.rows_left, result.summary.incomplete) == (2, 1, True)


def test_exactly_the_allowed_number_of_recipients_passes() -> None:
    """P-10."""
    result = check(HEADER + "".join(f"0901234567{n},a,\n" for n in range(3)), max_rows=3)
    assert all(isinstance(row, CheckedRow) for row in result)
    assert not result.summary.incomplete


def test_control_characters_are_taken_out_and_reported() -> None:
    """P-11: what was repaired is reported."""
    [row] = check(f"{HEADER}09012345678,山\x1b田\t様,\n")
    assert isinstance(row, CheckedRow)
    assert row.variables["氏名"] == "山田 様"
    assert row.repairs == (CellRepair.CHARACTERS_REMOVED,)


def test_the_summary_adds_up() -> None:
    """P-11: counts by reason, repairs by kind, parts in all."""
    result = check(f"{HEADER}09012345678,a,\n9012345679,{'あ' * 80},\nx,a,\n09012345678,a,\n\n")
    assert len(list(result)) == 4
    assert result.summary.to_json() == {
        "rows": 4,
        "valid_rows": 2,
        "error_rows": 2,
        "blank_rows": 1,
        "rows_left": 0,
        "hidden_rows": 0,
        "incomplete": False,
        "total_parts": 3,
        "longest_characters": 81,
        "longest_row": 3,
        "errors": {"number_not_a_number": 1, "duplicate": 1},
        "repairs": {"leading_zero_restored": 1},
        "rows_by_parts": {"1": 1, "2": 1},
    }


def test_typed_numbers_pass_through_the_same_rules() -> None:
    """P-10: a typed list is a table of one column without a header."""
    checker = RowChecker([Column(0, "電話番号", "電話番号")], phone_column=0, sms=parse_template("お知らせ"))
    typed = ["090-1234-5678", "", "03-1234-5678", "09012345678"]
    results = [checker.check(Record(number, [line])) for number, line in enumerate(typed, 1)]
    assert [type(result) for result in results] == [CheckedRow, type(None), RowError, RowError]


_CELLS = st.one_of(
    st.sampled_from(["09012345678", "9012345679", "x", '"', '"a\n', "山田", ""]), st.text(max_size=8)
)


@settings(deadline=None)
@given(st.lists(st.lists(_CELLS, max_size=5), max_size=8))
def test_any_table_is_checked_row_by_row(rows: list[list[str]]) -> None:
    """P-11: nothing a file holds makes the check fail, and every row is counted once."""
    body = "\n".join(",".join(row) for row in rows)
    file = io.BytesIO((HEADER + body).encode("utf-8", "replace"))
    shape = inspect_file("x", file)
    if not shape.can_be_checked:
        return
    result = check_rows(shape, file, phone_column=0, sms=parse_template("お知らせ"))
    found = list(result)
    summary = result.summary
    assert summary.rows == len(found) == summary.valid_rows + summary.error_rows
    assert summary.error_rows == sum(summary.errors.values())
    json.dumps(summary.to_json())
