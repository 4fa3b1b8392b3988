"""Workbooks as offices have them: filters, folded rows, formats, errors; what is shown is sent (P-11)."""

import io
from collections.abc import Sequence

import pytest

from domain.phone_numbers import Repair
from domain.recipient_files import (
    CellRepair,
    CheckedRow,
    CheckSummary,
    FileProblemCode,
    PhoneColumn,
    Reading,
    RowError,
    RowErrorCode,
    check_rows,
    inspect_file,
)
from domain.templates import parse_template
from tests.domain.recipient_file_samples import CellSource, number, xlsx_file

HEADER: list[CellSource] = ["携帯番号", "値"]


def checked(
    file: io.BytesIO, reading: Reading | None = None, text: str = "{{値}}"
) -> tuple[list[CheckedRow], list[RowError], CheckSummary]:
    shape = inspect_file("名簿.xlsx", file, reading)
    found = check_rows(shape, file, phone_column=0, sms=parse_template(text))
    rows = list(found)
    good = [row for row in rows if isinstance(row, CheckedRow)]
    return good, [row for row in rows if isinstance(row, RowError)], found.summary


def sheet(cells: Sequence[CellSource], formats: Sequence[str] = ()) -> io.BytesIO:
    rows = [HEADER, *([f"0900000{at:04}", cell] for at, cell in enumerate(cells))]
    return xlsx_file(rows, formats=formats)


HIDDEN_ROWS = [
    pytest.param(' hidden="1"', id="by hand or filter"),
    pytest.param(' hidden="true" outlineLevel="1"', id="folded outline"),
    pytest.param(' ht="0" customHeight="1"', id="no height"),
]


@pytest.mark.parametrize("attributes", HIDDEN_ROWS)
def test_hidden_rows_are_no_recipients_unless_somebody_says_so(attributes: str) -> None:
    """P-11: people filtered their list to leave somebody out; numbers of rows stay those of the sheet."""
    people: list[list[CellSource]] = [
        HEADER,
        ["09000000001", "a"],
        ["09000000002", "b"],
        ["09000000003", "c"],
    ]
    file = xlsx_file(people, row_attributes={3: attributes})
    shape = inspect_file("名簿.xlsx", file)
    assert (shape.hidden_rows, shape.rows, shape.first_numbers) == (1, 2, (2, 4))
    good, _, summary = checked(file)
    assert [(row.row_number, row.phone_number) for row in good] == [(2, "09000000001"), (4, "09000000003")]
    assert summary.hidden_rows == 1
    good, _, summary = checked(file, Reading(include_hidden=True))
    assert ([row.row_number for row in good], summary.hidden_rows) == ([2, 3, 4], 0)


def test_a_sheet_whose_rows_are_all_hidden_has_no_rows() -> None:
    """P-11: nothing is sent in silence, and the page can offer to take them."""
    file = xlsx_file([HEADER, ["09000000001", "a"]], row_attributes={2: ' hidden="1"'})
    shape = inspect_file("名簿.xlsx", file)
    assert (shape.hidden_rows, shape.rows, shape.can_be_checked) == (1, 0, True)
    assert [problem.code for problem in shape.problems] == [FileProblemCode.ALL_ROWS_HIDDEN]
    assert checked(file)[0] == []
    file = xlsx_file([HEADER, ["09000000001", "a"]], row_attributes=dict.fromkeys((1, 2), ' hidden="1"'))
    [problem] = inspect_file("名簿.xlsx", file).problems
    assert (problem.code, problem.code.blocks) == (FileProblemCode.EVERYTHING_HIDDEN, True)


def test_a_hidden_column_is_never_taken_for_the_numbers_without_asking() -> None:
    """P-11."""
    rows: list[list[CellSource]] = [["氏名", "携帯番号"], ["山田", "09000000001"]]
    file = xlsx_file(rows, columns='<cols><col min="2" max="2" width="0" hidden="1"/></cols>')
    shape = inspect_file("名簿.xlsx", file)
    assert (shape.hidden_columns, shape.phone_column) == ((1,), PhoneColumn(1, certain=False))


def test_values_are_sent_as_the_sheet_shows_them() -> None:
    """P-11, P-12: and that a number was written out is told."""
    formats = ["00000", "0%", "000\\-0000", '[$-411]ggge"年"m"月"d"日"', "[h]:mm", '@"様"', "@"]
    values = ["12", "0.1", "600001", "46296", "1.5"]
    cells: list[CellSource] = [number(value, style) for style, value in enumerate(values, 2)]
    cells += ['<c r="REF" s="7" t="inlineStr"><is><t>山田</t></is></c>', number("42", 8)]
    good, bad, summary = checked(sheet(cells, formats))
    shown = ["00012", "10%", "060-0001", "令和8年10月1日", "36:00", "山田様", "42"]
    assert ([row.variables["値"] for row in good], bad) == (shown, [])
    assert summary.repairs[CellRepair.NUMBER_WRITTEN_OUT] == 3
    assert summary.repairs[CellRepair.DATE_WRITTEN_OUT] == 2


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ('<c r="REF" t="e"><v>#N/A</v></c>', RowErrorCode.CELL_ERROR_VALUE),
        ('<c r="REF" t="e"><f>1/0</f><v>#DIV/0!</v></c>', RowErrorCode.CELL_ERROR_VALUE),
        (number("-1", 1), RowErrorCode.CELL_NOT_SHOWN),
        (number("3000000", 1), RowErrorCode.CELL_NOT_SHOWN),
        (number("5", 2), RowErrorCode.CELL_UNKNOWN_FORMAT),
        ('<c r="REF"><v>1234567890123450</v></c>', RowErrorCode.CELL_DIGITS_LOST),
        (number("1234567890123450", 3), RowErrorCode.CELL_DIGITS_LOST),
    ],
)
def test_what_the_sheet_does_not_show_is_not_sent(cell: str, code: RowErrorCode) -> None:
    """P-11: the row says why; where no text uses the column it does no harm."""
    file = sheet([cell], ["[DBNum1]0", "0"])
    good, [error], _ = checked(file)
    assert (good, error.code, error.column, error.row_number) == ([], code, "値", 2)
    assert len(checked(file, text="お知らせ")[0]) == 1


def test_what_a_cell_says_without_a_format() -> None:
    """P-11: truth values, results of formulas, texts in pieces without their readings, long numbers."""
    pieces = "<is><r><t>山</t></r><r><t>田</t></r><rPh sb='0' eb='1'><t>ヤマダ</t></rPh></is>"
    cells = [
        '<c r="REF" t="b"><v>1</v></c>',
        '<c r="REF" t="str"><f>A1</f><v>計算</v></c>',
        f'<c r="REF" t="inlineStr">{pieces}</c>',
        '<c r="REF"><v>4901234567894</v></c>',
        '<c r="REF"><v>9.0123456789E10</v></c>',
        '<c r="REF"><v>0.1</v></c>',
    ]
    good, _, summary = checked(sheet(cells))
    shown = ["TRUE", "計算", "山田", "4901234567894", "90123456789", "0.1"]
    assert [row.variables["値"] for row in good] == shown
    # On the sheet it stands as 4.90123E+12.
    assert summary.repairs[CellRepair.DIGITS_WRITTEN_OUT] == 1


@pytest.mark.parametrize(
    ("cell", "repairs"),
    [
        (9012345678, {Repair.LEADING_ZERO_RESTORED}),
        (number("9012345678", 2), {Repair.SEPARATORS_REMOVED, CellRepair.NUMBER_WRITTEN_OUT}),
        (number("9012345678", 3), {CellRepair.NUMBER_WRITTEN_OUT}),
        (number("12345678", 4), {CellRepair.NUMBER_WRITTEN_OUT}),
        (number("9012345678", 5), {Repair.LEADING_ZERO_RESTORED, CellRepair.NUMBER_WRITTEN_OUT}),
        (number("9.012345678E9", 6), {Repair.LEADING_ZERO_RESTORED, CellRepair.NUMBER_WRITTEN_OUT}),
    ],
)
def test_phone_numbers_that_are_numbers(cell: CellSource, repairs: set[Repair | CellRepair]) -> None:
    """P-11: with zeros, hyphens or prefixes by their format, in thousands, or as 9.01E+09."""
    formats = ["000\\-0000\\-0000", "00000000000", '"090"00000000', "#,##0", "0.00E+00"]
    [row], bad, _ = checked(xlsx_file([["携帯番号"], [cell]], formats=formats), text="お知らせ")
    assert (row.phone_number, bad) == ("09012345678", [])
    assert repairs <= set(row.repairs)


@pytest.mark.parametrize(
    "cell",
    [
        90123456.78,
        -9012345678,
        number("9012345678.4", 2),
        number("-9012345678", 3),
        number("9012345678", 4),
        number("901234567890123450", 2),
        '<c r="REF" t="e"><v>#NAME?</v></c>',
    ],
)
def test_amounts_dates_and_errors_are_no_phone_numbers(cell: CellSource) -> None:
    """P-11: digits are never guessed."""
    formats = ["0", "0;0", '"080"00000000']
    good, bad, _ = checked(xlsx_file([HEADER, [cell, "a"]], formats=formats), text="お知らせ")
    assert (good, len(bad)) == ([], 1)


def test_formats_of_a_table_that_begins_further_right_and_down() -> None:
    """P-11: cells keep their formats where the sheet has empty columns and rows before them."""
    rows: list[list[CellSource]] = [[None, "携帯番号", "値"], [None, "09000000001", number("12", 2)]]
    good, _, _ = checked(xlsx_file(rows, first_row=4, formats=["00000"]))
    assert [(row.row_number, row.variables["値"]) for row in good] == [(5, "00012")]


def test_a_title_above_the_table_is_not_the_header() -> None:
    """P-11: merged title cells are one cell; the names stand below, and can be chosen."""
    rows: list[list[CellSource]] = [["会員名簿"], ["2026年10月1日現在"], HEADER, ["09000000001", "a"]]
    file = xlsx_file(rows)
    shape = inspect_file("名簿.xlsx", file)
    assert (shape.header_row, [row.number for row in shape.top_rows]) == (3, [1, 2, 3, 4])
    assert [row.row_number for row in checked(file)[0]] == [4]
    assert inspect_file("名簿.xlsx", file, Reading(header_row=1)).columns[0].name == "会員名簿"
