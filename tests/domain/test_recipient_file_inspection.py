"""First stage of an upload: what kind of file it is and what it holds (P-11)."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.recipient_files import (
    FileFormat,
    FileProblemCode,
    FileShape,
    PhoneColumn,
    TextEncoding,
    inspect_file,
    shape_from_json,
)
from tests.domain.recipient_file_samples import csv_file, xlsx_file

ROWS = "電話番号,氏名\r\n09012345678,髙橋①\r\n08012345678,山田\r\n"


def inspect(text: str, encoding: str = "utf-8") -> FileShape:
    return inspect_file("宛先.csv", csv_file(text, encoding))


def codes(shape: FileShape) -> list[FileProblemCode]:
    return [problem.code for problem in shape.problems]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", TextEncoding.UTF_8),
        ("utf-8-sig", TextEncoding.UTF_8),
        ("cp932", TextEncoding.CP932),
        ("utf-16", TextEncoding.UTF_16_LE),
        ("utf-16-le", TextEncoding.UTF_16_LE),
        ("utf-16-be", TextEncoding.UTF_16_BE),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_reads_every_accepted_encoding_and_line_end(
    encoding: str, found: TextEncoding, line_end: str
) -> None:
    """P-11: UTF-8 with or without BOM, CP932 with its own characters, UTF-16 with or without BOM."""
    shape = inspect(ROWS.replace("\r\n", line_end), encoding)
    assert (shape.format, shape.encoding, shape.problems) == (FileFormat.CSV, found, ())
    assert [column.name for column in shape.columns] == ["電話番号", "氏名"]
    assert shape.first_rows == (("09012345678", "髙橋①"), ("08012345678", "山田"))
    assert shape.phone_column == PhoneColumn(0, certain=True)
    assert shape.can_be_checked


def test_the_encoding_is_that_of_the_whole_file() -> None:
    """P-11: ASCII for a megabyte, CP932 after it."""
    shape = inspect("tel,name\n" + "09012345678,a\n" * 100_000 + "09012345678,山田\n", "cp932")
    assert (shape.encoding, shape.problems, shape.rows) == (TextEncoding.CP932, (), 100_001)


def test_says_in_which_row_the_encoding_breaks() -> None:
    """P-11."""
    for encoding in ("utf-8", "cp932"):
        broken = (ROWS * 100).encode(encoding) + b"\xff\xff," + ROWS.encode(encoding)
        shape = inspect_file("x.csv", io.BytesIO(broken))
        assert [(p.code, p.row) for p in shape.problems] == [(FileProblemCode.UNKNOWN_ENCODING, 301)]


def test_a_damaged_utf8_file_is_not_taken_for_cp932() -> None:
    """P-11: cut off in the middle of a character, it would decode as 縺ゅ縺ゅ."""
    shape = inspect_file("x.csv", io.BytesIO((ROWS + "07012345678,あ").encode()[:-1]))
    assert [(p.code, p.row) for p in shape.problems] == [(FileProblemCode.UNKNOWN_ENCODING, 4)]


def test_half_width_katakana_alone_is_cp932() -> None:
    """P-11: its bytes are partly valid UTF-8."""
    shape = inspect("TEL,ｼﾒｲ\n09012345678,ﾃｨﾃｨ ﾔﾏﾀﾞ\n", "cp932")
    assert (shape.encoding, shape.first_rows[0][1]) == (TextEncoding.CP932, "ﾃｨﾃｨ ﾔﾏﾀﾞ")


def test_refuses_utf_32() -> None:
    """P-11."""
    assert codes(inspect(ROWS, "utf-32")) == [FileProblemCode.UNKNOWN_ENCODING]


@pytest.mark.parametrize(
    ("delimiter", "form"), [(",", FileFormat.CSV), ("\t", FileFormat.TSV), (";", FileFormat.CSV)]
)
def test_finds_the_delimiter_by_content(delimiter: str, form: FileFormat) -> None:
    """P-11: a TSV named .csv is a TSV; a comma inside a cell does not confuse."""
    shape = inspect(f"tel{delimiter}住所\n09012345678{delimiter}東京\n09012345679{delimiter}大阪\n")
    assert (shape.delimiter, shape.format, len(shape.columns)) == (delimiter, form, 2)


def test_a_list_of_numbers_alone_is_a_table_of_one_column() -> None:
    """P-11."""
    shape = inspect("携帯番号\n09012345678\n")
    assert (shape.delimiter, shape.phone_column) == (",", PhoneColumn(0, certain=True))


@pytest.mark.parametrize(
    "name",
    [
        *("電話番号", "携帯番号", "携帯電話番号", "携帯 電話番号", " 電話番号 ", "ＴＥＬ", "tel", "ｹｰﾀｲ"),
        *("Phone", "phone_number", "Phone Number", "PHONE-NUMBER", "Mobile"),
    ],
)
def test_finds_the_phone_column_by_its_name(name: str) -> None:
    """P-11: full- and half-width, upper and lower case alike."""
    assert inspect(f"氏名,{name}\n山田,09012345678\n").phone_column == PhoneColumn(1, certain=True)


def test_prefers_the_mobile_column_to_the_landline_column() -> None:
    """P-11: 電話番号 beside 携帯番号 holds landlines."""
    shape = inspect("電話番号,携帯番号\n0312345678,09012345678\n")
    assert shape.phone_column == PhoneColumn(1, certain=True)


def test_guesses_the_one_column_that_is_mostly_mobile_numbers() -> None:
    """P-11: a guess, to be confirmed on screen."""
    shape = inspect("連絡,氏名\n090-1234-5678,山田\n080-1234-5678,佐藤\n不明,鈴木\n")
    assert (shape.phone_column, shape.problems) == (PhoneColumn(0, certain=False), ())


def test_guesses_nothing_between_two_columns_of_mobile_numbers() -> None:
    """P-11: chosen on screen then; the file can be checked."""
    shape = inspect("本人,家族\n09012345678,08012345678\n")
    assert (shape.phone_column, codes(shape)) == (None, [FileProblemCode.NO_PHONE_COLUMN])
    assert shape.can_be_checked


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", FileProblemCode.EMPTY),
        ("\n\n , \n", FileProblemCode.EMPTY),
        ("電話番号,氏名\n", FileProblemCode.NO_ROWS),
        ("電話番号,氏名, 氏名\n09012345678,a,b\n", FileProblemCode.DUPLICATE_COLUMN),
        ('電話番号,"氏名\n09012345678,a\n', FileProblemCode.BROKEN_HEADER),
        ("電話番号" + ",a" * 300 + "\n09012345678\n", FileProblemCode.TOO_MANY_COLUMNS),
    ],
)
def test_says_what_has_to_be_mended_first(text: str, code: FileProblemCode) -> None:
    """P-11: problems of the whole file, once, before any row."""
    shape = inspect(text)
    assert code in codes(shape)
    assert not shape.can_be_checked


def test_a_column_named_like_a_link_is_pointed_out() -> None:
    """P-12, U-1: {{短縮URL1}} is the platform's link, never that column."""
    shape = inspect("電話番号,短縮URL1\n09012345678,x\n")
    assert [(p.code, p.column) for p in shape.problems] == [(FileProblemCode.RESERVED_COLUMN, "短縮URL1")]
    assert shape.can_be_checked


def test_the_header_may_stand_below_blank_rows() -> None:
    """P-11."""
    shape = inspect("\n,,\n電話番号,氏名\n09012345678,山田\n")
    assert (shape.header_row, shape.columns[1].name) == (3, "氏名")


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\nabc", b"<html><table>", b"\x89PNG\r\n\x1a\n\0\0", b"GIF89a\x01", b"a,b\nx\0y,z\n"]
)
def test_other_kinds_of_files_are_recognised(content: bytes) -> None:
    """P-11."""
    assert codes(inspect_file("宛先.csv", io.BytesIO(content))) == [FileProblemCode.NOT_A_TABLE]


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "utf-16"])
def test_the_shape_survives_a_trip_through_json(encoding: str) -> None:
    """P-11: it is stored between the two stages."""
    for shape in (inspect(ROWS, encoding), inspect(""), inspect_file("a.xlsx", xlsx_file([["tel"], [1]]))):
        assert shape_from_json(json.loads(json.dumps(shape.to_json()))) == shape


def test_the_file_stays_open_and_is_read_from_its_start() -> None:
    """P-11: the same upload is read again in the second stage."""
    file = csv_file(ROWS)
    file.seek(7)
    assert inspect_file("a.csv", file) == inspect_file("a.csv", file)
    assert not file.closed


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=100).map(lambda rest: b"PK\x03\x04" + rest),
        st.binary(max_size=100).map(lambda rest: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + rest),
        st.text('0ａ,"\n\r\t;', max_size=50).map(str.encode),
        st.text(max_size=50).map(lambda text: text.encode("utf-16", "surrogatepass")),
    )
)
def test_no_bytes_make_the_inspection_fail(content: bytes) -> None:
    """P-11: the shape either can be checked or says why not."""
    shape = inspect_file("x", io.BytesIO(content))
    assert shape.can_be_checked or any(problem.code.blocks for problem in shape.problems)
    json.dumps(shape.to_json())
