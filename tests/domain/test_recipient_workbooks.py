"""XLSX uploads: values as a spreadsheet keeps them, and files that are not what they seem (P-11)."""

import io
import zipfile

import pytest

from domain.phone_numbers import Repair
from domain.recipient_files import (
    CellRepair,
    CheckedRow,
    FileFormat,
    FileProblemCode,
    PhoneColumn,
    check_rows,
    inspect_file,
)
from domain.templates import parse_template
from tests.domain.recipient_file_samples import CellSource, xlsx_file

DATE = '<c r="REF" s="1"><v>46296</v></c>'
TIME = '<c r="REF" s="1"><v>46296.395833333</v></c>'


def checked(rows: list[list[CellSource]], first_row: int = 1) -> list[CheckedRow]:
    file = xlsx_file(rows, first_row=first_row)
    shape = inspect_file("宛先.csv", file)
    found = check_rows(shape, file, phone_column=0, sms=parse_template("お知らせ"))
    return [row for row in found if isinstance(row, CheckedRow)]


def archive(*names: str) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for name in names:
            opened.writestr(name, "x")
    return file


def test_a_workbook_is_recognised_by_content() -> None:
    """P-11: an XLSX named .csv is an XLSX."""
    shape = inspect_file("宛先.csv", xlsx_file([["氏名", "携帯番号"], ["山田", 9012345678]]))
    assert (shape.format, shape.sheet, shape.problems) == (FileFormat.XLSX, "宛先", ())
    assert shape.first_rows == (("山田", "9012345678"),)
    assert (shape.phone_column, shape.rows) == (PhoneColumn(1, certain=True), 1)


def test_a_number_without_its_zero_is_mended() -> None:
    """P-11: a leading zero lost in Excel."""
    [row] = checked([["tel"], [9012345678]])
    assert (row.phone_number, row.repairs) == ("09012345678", (Repair.LEADING_ZERO_RESTORED,))


def test_values_are_written_as_a_spreadsheet_shows_them() -> None:
    """P-12: numbers without .0, dates the Japanese way and reported, as their format is not known."""
    [row] = checked([["tel", "a", "b", "c", "d"], ["09012345678", 1234, 0.1, DATE, TIME]])
    assert row.variables == {
        "tel": "09012345678",
        "a": "1234",
        "b": "0.1",
        "c": "2026/10/1",
        "d": "2026/10/1",
    }
    assert row.repairs == (CellRepair.DATE_WRITTEN_OUT,)


def test_row_numbers_are_those_of_the_sheet() -> None:
    """P-11: also where the table starts further down and has gaps."""
    rows: list[list[CellSource]] = [["tel"], ["09012345678"], [None], ["09012345679"]]
    assert [row.row_number for row in checked(rows, first_row=3)] == [4, 6]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (xlsx_file([]), FileProblemCode.EMPTY),
        (xlsx_file([["tel"]]), FileProblemCode.NO_ROWS),
        (io.BytesIO(xlsx_file([["tel"], ["x"]]).getvalue()[:400]), FileProblemCode.UNREADABLE_WORKBOOK),
        (io.BytesIO(b"PK\x03\x04" + b"x" * 100), FileProblemCode.UNREADABLE_WORKBOOK),
        (archive("word/document.xml"), FileProblemCode.NOT_A_TABLE),
        (archive("xl/workbook.bin"), FileProblemCode.OTHER_SPREADSHEET),
        (archive("mimetype", "content.xml", "xl/workbook.xml"), FileProblemCode.OTHER_SPREADSHEET),
        (archive("xl/workbook.xml"), FileProblemCode.UNREADABLE_WORKBOOK),
        (io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), FileProblemCode.OLD_EXCEL),
        (
            io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")),
            FileProblemCode.ENCRYPTED_WORKBOOK,
        ),
    ],
)
def test_says_why_a_workbook_cannot_be_used(file: io.BytesIO, code: FileProblemCode) -> None:
    """P-11."""
    shape = inspect_file("宛先.xlsx", file)
    assert [problem.code for problem in shape.problems] == [code]
    assert not shape.can_be_checked


@pytest.mark.parametrize(
    ("bomb", "code"),
    [
        ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', FileProblemCode.TOO_LARGE),
        ("<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>", FileProblemCode.TOO_LARGE),
        ('<row r="1048576"><c r="XFD1048576" x="/>"><v>1</v></c></row>', FileProblemCode.TOO_LARGE),
        ('<row r="1048576">' + '<c t="n"><v>1</v></c>' * 20 + "</row>", FileProblemCode.TOO_LARGE),
        ("<row/>" * 600_000 + "<row>" + "<c><v>1</v></c>" * 40 + "</row>", FileProblemCode.TOO_LARGE),
        ('<row r="9"><c r="&#88;FD9"><v>1</v></c></row>', FileProblemCode.UNREADABLE_WORKBOOK),
        ('<row r = "1048576"><c><v>1</v></c></row>', FileProblemCode.UNREADABLE_WORKBOOK),
        (
            f'<row r="9"><c x="{"x" * 9_000_000}" r="XFD9"><v>1</v></c></row>',
            FileProblemCode.UNREADABLE_WORKBOOK,
        ),
    ],
)
def test_a_small_file_that_unfolds_into_a_huge_sheet_is_refused(bomb: str, code: FileProblemCode) -> None:
    """P-11: the reader would take the whole process down with it."""
    shape = inspect_file("x.xlsx", xlsx_file([["tel"], ["09012345678"]], raw_cells=bomb))
    assert [problem.code for problem in shape.problems] == [code]


def test_cells_without_addresses_are_read() -> None:
    """P-11: some programs leave them out."""
    rows = '<row><c><v>9012345678</v></c><c t="str"><v>山田</v></c></row>' * 3
    shape = inspect_file("x.xlsx", xlsx_file([["tel", "氏名"]], raw_cells=rows))
    assert shape.first_rows[:1] == (("9012345678", "山田"),)


def test_formatted_but_empty_cells_far_down_do_no_harm() -> None:
    """P-11: whole columns are often formatted."""
    empty = '<row r="1048576">' + '<c r="XFD1048576" s="1"/>' + "</row>"
    shape = inspect_file("x.xlsx", xlsx_file([["tel"], ["09012345678"]], raw_cells=empty))
    assert (shape.problems, len(shape.columns)) == ((), 1)
