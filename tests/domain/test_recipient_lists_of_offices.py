"""Text files as offices export them: paddings, wrappers, titles, end marks, old encodings (P-11)."""

import io

import pytest

from domain.phone_numbers import Repair
from domain.recipient_files import (
    ADDED_COLUMNS,
    CellRepair,
    CheckedRow,
    CheckSummary,
    FileProblemCode,
    Reading,
    RowError,
    RowErrorCode,
    TextEncoding,
    check_rows,
    inspect_file,
)
from domain.spreadsheet_guard import guarded
from domain.templates import parse_template

NUMBERS = ("09000000000", "09000000001", "09000000002")


def checked(
    content: bytes, text: str = "お知らせ", reading: Reading | None = None
) -> tuple[list[CheckedRow], list[RowError], CheckSummary]:
    file = io.BytesIO(content)
    shape = inspect_file("名簿.csv", file, reading)
    column = shape.phone_column.index if shape.phone_column else 0
    found = check_rows(shape, file, phone_column=column, sms=parse_template(text))
    rows = list(found)
    good = [row for row in rows if isinstance(row, CheckedRow)]
    return good, [row for row in rows if isinstance(row, RowError)], found.summary


def values(content: bytes, key: str = "氏名") -> list[str]:
    return [row.variables[key] for row in checked(content)[0]]


def test_half_width_katakana_that_would_be_utf8_is_cp932_and_both_are_offered() -> None:
    """P-11: Armenian letters and no Japanese are no list of a Japanese office."""
    content = b"tel,name\r\n09000000000,\xd5\xb7\r\n09000000001,\xc5\xb5\r\n"
    shape = inspect_file("a.csv", io.BytesIO(content))
    assert shape.encoding is TextEncoding.CP932
    assert shape.encoding_doubted
    assert {reading.encoding: reading.excerpt for reading in shape.readings}[TextEncoding.UTF_8] == "շ、ŵ"
    assert values(content, "name") == ["ﾕｷ", "ﾅｵ"]
    chosen = checked(content, reading=Reading(encoding=TextEncoding.UTF_8))[0]
    assert [row.variables["name"] for row in chosen] == ["շ", "ŵ"]


@pytest.mark.parametrize("encoding", ["euc_jp", "iso2022_jp", "cp932", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("header", ["tel,name", "電話番号,氏名"])
@pytest.mark.parametrize("name", ["山田太郎", "佐藤", "すずき", "ヤマダ", "東京都港区"])
def test_every_encoding_of_japanese_offices_is_read(encoding: str, header: str, name: str) -> None:
    """P-11: an ASCII header tells nothing about the rest."""
    content = f"{header}\r\n09000000000,{name}\r\n".encode(encoding)
    assert values(content, header.split(",")[1]) == [name]


@pytest.mark.parametrize("encoding", [*TextEncoding])
def test_the_encoding_is_found_far_behind_the_beginning(encoding: TextEncoding) -> None:
    """P-11: the first Japanese letter may stand in row 30,000."""
    lines = "".join(f"0900{number:07},abc\r\n" for number in range(30_000))
    content = f"tel,name\r\n{lines}08000000000,山田\r\n".encode(encoding.value)
    shape = inspect_file("a.csv", io.BytesIO(content))
    assert (shape.encoding, shape.encoding_doubted) == (encoding, False)


@pytest.mark.parametrize("name", ["José", "Zoë", "Müller"])
def test_names_with_accents_are_utf8(name: str) -> None:
    """P-11: as CP932 they would end in half-width katakana."""
    assert values(f"tel,name\r\n09000000000,{name}\r\n".encode(), "name") == [name]


def test_ordinary_lists_are_not_doubted() -> None:
    """P-11: a question that is always asked is not read."""
    text = "電話番号,氏名,住所\n09000000000,髙﨑 花子,東京都港区①\n09000000001,ﾔﾏﾀﾞ ﾊﾅｺ,大阪市\n"
    for encoding in ("utf-8", "cp932"):
        assert not inspect_file("a.csv", io.BytesIO(text.encode(encoding))).encoding_doubted
    assert not inspect_file("a.csv", io.BytesIO(b"tel,name\n09000000000,Smith\n")).encoding_doubted


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_all_line_ends_are_read(line_end: str) -> None:
    """P-11: also of old Macs, and mixed."""
    lines = ["電話番号,氏名", f"{NUMBERS[0]},山田", f"{NUMBERS[1]},鈴木", ""]
    good, bad, _ = checked(line_end.join(lines).encode())
    assert ([row.row_number for row in good], bad) == ([2, 3], [])
    mixed = f"電話番号,氏名\r\n{NUMBERS[0]},山田\r{NUMBERS[1]},鈴木\n{NUMBERS[2]},佐藤"
    assert values(mixed.encode()) == ["山田", "鈴木", "佐藤"]


@pytest.mark.parametrize("mark", ["\x1a", "\x1a\r\n", "\x1a\x1a", "\r\n\x1a", "\u200b\r\n", "\ufeff\r\n"])
def test_an_end_mark_is_no_row(mark: str) -> None:
    """P-11: old office software ends a file with 0x1A; a line of nothing is no recipient."""
    good, bad, _ = checked(f"電話番号,氏名\r\n{NUMBERS[0]},山田\r\n{mark}".encode(), "{{氏名}}様")
    assert (len(good), bad) == (1, [])


def test_an_end_mark_in_the_middle_is_taken_out_and_told() -> None:
    """P-11: files that were copied behind one another."""
    good, bad, summary = checked(f"tel,氏名\r\n{NUMBERS[0]},山田\x1a\r\n\x1a{NUMBERS[1]},鈴木\r\n".encode())
    assert ([row.phone_number for row in good], bad) == ([*NUMBERS[:2]], [])
    assert good[0].variables["氏名"] == "山田"
    assert summary.repairs[CellRepair.BLANKS_REMOVED] == 2


def test_blanks_around_values_are_taken_off_and_told() -> None:
    """P-11: fixed-width exports pad with full-width blanks, others put a blank behind each comma."""
    text = f"電話番号, 氏名\r\n{NUMBERS[0]},山田　太郎　　　　\r\n{NUMBERS[1]}, 鈴木\r\n{NUMBERS[2]},佐藤\r\n"
    good, _, summary = checked(text.encode("cp932"), "{{氏名}}様")
    assert [row.variables["氏名"] for row in good] == ["山田　太郎", "鈴木", "佐藤"]
    assert summary.repairs == {CellRepair.BLANKS_REMOVED: 2}


@pytest.mark.parametrize("row", ['{}, "a, b"', '{} ,"a, b"', '{},"a, b" ', '"{}" , "a, b" '])
def test_a_quoted_cell_between_blanks_is_one_cell(row: str) -> None:
    """P-11."""
    good, bad, summary = checked(f"tel,氏名\r\n{row.format(NUMBERS[0])}\r\n{NUMBERS[1]},x\r\n".encode())
    assert ([r.variables["氏名"] for r in good], bad) == (["a, b", "x"], [])
    assert summary.repairs[CellRepair.BLANKS_REMOVED] == 1


def test_a_comma_and_a_blank_within_a_quoted_cell_stay() -> None:
    """P-11: and nothing is said to be mended."""
    good, _, summary = checked(f'tel,氏名\r\n{NUMBERS[0]},"山田, ""花"" 子"\r\n'.encode())
    assert good[0].variables["氏名"] == '山田, "花" 子'
    assert not summary.repairs


@pytest.mark.parametrize("wrapped", ['="{}"', '"=""{}"""', '= "{}"'])
def test_text_wrapped_into_a_formula_is_unwrapped_and_told(wrapped: str) -> None:
    """P-11: the way shop and accounting systems keep zeros for Excel; in the header as well."""
    header, cell = wrapped.format("会員番号"), wrapped.format("00123")
    content = f"{wrapped.format('tel')},{header}\r\n{wrapped.format(NUMBERS[0])},{cell}\r\n".encode()
    [row], bad, summary = checked(content, "{{会員番号}}")
    assert (row.phone_number, row.variables["会員番号"], bad) == (NUMBERS[0], "00123", [])
    assert summary.repairs[CellRepair.FORMULA_UNWRAPPED] == 1


@pytest.mark.parametrize(
    "value", ["\u200b", "\u3164", "\u2800", "\u00ad", "\ufe0f", "\u202e", "\u00a0", "\U000e0041", '=""']
)
def test_a_value_that_nobody_sees_is_missing(value: str) -> None:
    """P-11: 「様」 alone is never sent."""
    _, [error], _ = checked(f"tel,氏名\n{NUMBERS[0]},{value}\n".encode(), "{{氏名}}様")
    assert (error.code, error.column) == (RowErrorCode.MISSING_VARIABLE, "氏名")


@pytest.mark.parametrize("character", ["\ue000", "\U000f0001", "\ufdd0", "\ufffd", "\u0378"])
def test_a_row_with_a_character_nobody_can_show_is_refused(character: str) -> None:
    """P-11: 外字 of one machine; only where a text uses the value."""
    content = f"tel,氏名\n{NUMBERS[0]},{character}田\n{NUMBERS[1]},田中\n".encode()
    good, [error], _ = checked(content, "{{氏名}}様")
    assert (len(good), error.code, error.column) == (1, RowErrorCode.UNSHOWABLE_CHARACTER, "氏名")
    assert f"U+{ord(character):04X}" in error.value
    assert len(checked(content, "お知らせ")[0]) == 2


def test_user_defined_characters_of_cp932_are_found() -> None:
    """P-11: F040 is U+E000."""
    _, [error], _ = checked(b"tel,name\r\n09000000000,\xf0\x40\x93\x63\r\n", "{{name}}")
    assert error.code is RowErrorCode.UNSHOWABLE_CHARACTER


@pytest.mark.parametrize("line", ["sep=,", "SEP=,", '"sep=,"'])
def test_a_line_that_names_the_delimiter_is_followed_and_no_row(line: str) -> None:
    """P-11: Excel writes and reads it; row numbers stay those of the file."""
    good, bad, _ = checked(f"{line}\r\n電話番号,氏名\r\n{NUMBERS[0]},山田\r\n".encode("cp932"))
    assert ([row.row_number for row in good], bad) == ([3], [])


def test_the_named_delimiter_holds_although_another_one_would_fit() -> None:
    """P-11."""
    content = f"sep=;\r\ntel;住所,氏名\r\n{NUMBERS[0]};a,b\r\n".encode()
    assert values(content, "住所,氏名") == ["a,b"]
    assert values(f"sep=\t\ntel\t氏名\n{NUMBERS[0]}\ta,b\n".encode()) == ["a,b"]


@pytest.mark.parametrize(
    "above",
    [
        "会員名簿",
        "会員名簿,,",
        "\n会員名簿\n\n2026年10月1日現在",
        "作成者,総務部\n作成日,10月1日",
        "No.1,,\n,,",
    ],
)
def test_the_header_is_found_below_titles(above: str) -> None:
    """P-11: what stands above is not read as names; the page says so and lets one choose."""
    content = f"{above}\n電話番号,氏名,備考\n{NUMBERS[0]},山田,\n{NUMBERS[1]},鈴木,\n".encode()
    shape = inspect_file("a.csv", io.BytesIO(content))
    assert shape.header_row == above.count("\n") + 2
    assert [column.name for column in shape.columns] == ["電話番号", "氏名", "備考"]
    assert len(checked(content)[0]) == 2


def test_a_header_without_a_known_name_is_the_fullest_row_above_the_numbers() -> None:
    """P-11."""
    content = f"名簿\n連絡,担当,備考\n不明,山田,x\n{NUMBERS[0]},鈴木,y\n".encode()
    assert inspect_file("a.csv", io.BytesIO(content)).header_row == 2


def test_a_list_without_a_header_is_read_from_its_first_row() -> None:
    """P-11: columns are named as a spreadsheet does; the page points it out."""
    content = f"{NUMBERS[0]},山田\n{NUMBERS[1]},鈴木\n".encode()
    shape = inspect_file("a.csv", io.BytesIO(content))
    assert (shape.header_row, [column.name for column in shape.columns]) == (0, ["列A", "列B"])
    assert [problem.code for problem in shape.problems] == [FileProblemCode.NO_HEADER]
    good, _, _ = checked(content, "{{列B}}様")
    assert [(row.row_number, row.variables["列B"]) for row in good] == [(1, "山田"), (2, "鈴木")]


def test_the_header_can_be_chosen() -> None:
    """P-11: another row, or none at all."""
    content = f"電話番号,氏名\n{NUMBERS[0]},山田\n{NUMBERS[1]},鈴木\n".encode()
    none = inspect_file("a.csv", io.BytesIO(content), Reading(header_row=0))
    assert (none.header_row, none.columns[1].name, none.problems) == (0, "列B", ())
    second = inspect_file("a.csv", io.BytesIO(content), Reading(header_row=2))
    assert (second.header_row, second.columns[1].name) == (2, "山田")


def test_rows_of_a_small_file_are_counted() -> None:
    """P-11: not told as "about"; blank rows are none."""
    content = f"電話番号,氏名\n{NUMBERS[0]},山田\n\n{NUMBERS[1]},鈴木\n\n\n".encode()
    shape = inspect_file("a.csv", io.BytesIO(content))
    assert (shape.rows, shape.rows_counted, shape.first_numbers) == (2, True, (2, 4))


def test_two_names_that_are_one_are_refused_naming_both() -> None:
    """P-12."""
    shape = inspect_file("a.csv", io.BytesIO(f"tel,①,1\n{NUMBERS[0]},a,b\n".encode()))
    [problem] = shape.problems
    assert (problem.code, problem.column, problem.other_column) == (
        FileProblemCode.DUPLICATE_COLUMN,
        "①",
        "1",
    )
    kanji = inspect_file("a.csv", io.BytesIO(f"tel,\ufa19,\u795e\n{NUMBERS[0]},a,b\n".encode()))
    assert kanji.problems == ()


def download(content: bytes, mended: dict[str, str]) -> bytes:
    """Return our list of refused rows, with some cells mended, as a person would."""
    shape = inspect_file("a.csv", io.BytesIO(content))
    _, errors, _ = checked(content, "{{氏名}}様 {{特典}}")
    lines = [[*(column.name for column in shape.columns), *ADDED_COLUMNS]]
    lines += [[*error.cells, str(error.row_number), "電話番号", "理由", "直し方"] for error in errors]
    rows = (",".join(guarded(mended.get(cell, cell)) for cell in line) for line in lines)
    return "\ufeff{}\r\n".format("\r\n".join(rows)).encode()


@pytest.mark.parametrize("value", ["-10%OFF", "+α", "=1+2", "'=1", "'年始", "'-5", "@x", "＝1", "-5", "''x"])
def test_our_own_list_of_refused_rows_comes_back_as_it_went_any_number_of_times(value: str) -> None:
    """P-11, L-4: guards are taken off; an apostrophe that was there before stays."""
    content = f"携帯番号,氏名,特典\n0,山田,{value}\n".encode()
    for _ in range(3):
        content = download(content, {})
    good, bad, summary = checked(download(content, {"0": NUMBERS[0]}), "{{氏名}}様 {{特典}}")
    assert ([row.variables["特典"] for row in good], bad) == ([value], [])
    assert set(good[0].variables) == {"携帯番号", "氏名", "特典"}
    assert bool(summary.repairs[CellRepair.GUARD_REMOVED]) == (guarded(value) != value)


def test_apostrophes_of_other_files_stay() -> None:
    """P-11: only our own guard is taken off."""
    assert values(f"tel,氏名\n{NUMBERS[0]},'-10%OFF\n".encode()) == ["'-10%OFF"]


def test_our_list_comes_back_from_a_spreadsheet_in_another_format() -> None:
    """P-11: saved as CP932, with tabs, and the zero of the number lost."""
    mended = download("携帯番号,氏名,特典\n0,山田,-10%OFF\n".encode(), {"0": "9000000000"})
    content = mended.decode("utf-8-sig").replace(",", "\t").encode("cp932")
    [row], _, _ = checked(content, "{{氏名}}様 {{特典}}")
    assert (row.phone_number, row.variables["特典"]) == (NUMBERS[0], "-10%OFF")
    assert Repair.LEADING_ZERO_RESTORED in row.repairs


def test_three_hundred_columns_and_columns_without_names_are_read() -> None:
    """P-11."""
    header = ",".join(["tel", *(f"列{number}" for number in range(297)), "", ""])
    row = ",".join([NUMBERS[0], *("x" for _ in range(299))])
    good, bad, _ = checked(f"{header}\n{row}\n{row[:-2]}\n,,\n".encode())
    assert (len(good), [error.code for error in bad]) == (1, [RowErrorCode.DUPLICATE])
