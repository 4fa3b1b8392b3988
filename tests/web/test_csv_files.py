"""CSV files of the portal: safe to open, named so that one finds them again (L-4, P-11)."""

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.spreadsheet_guard import guarded, unguarded
from web.csv_files import csv_answer, csv_file_name

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "value",
    [
        "=1+2",
        "@SUM(A1)",
        "-2+3",
        "+81-90-1234-5678",
        "-10%OFF",
        "+α",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
        "−1",
        "\t=1",
        "\r=1",
        "\n=1",
        "\tx",
        "\rx",
        "\nx",
        " =1+1",
        "\u3000=1",
        "\u200b=1",
        "\ufeff=1",
        "﹦1",
        "'=1",
        "''-10%OFF",
        "'\tx",
        "' =1",
    ],
    ids=ascii,
)
def test_what_a_spreadsheet_might_run_is_text_and_comes_back_whole(value: str) -> None:
    """L-4: also behind blanks, in full width, and behind an apostrophe that was there before."""
    assert guarded(value) == f"'{value}"
    assert unguarded(guarded(value)) == value
    assert unguarded(guarded(guarded(value))) == guarded(value)


@pytest.mark.parametrize(
    "value", ["", "山田", "+819012345678", "-5", "-5.5", "'山田", "O'Brien", "090-1234-5678"]
)
def test_everything_else_is_left_as_it_is(value: str) -> None:
    """L-4."""
    assert guarded(value) == value
    assert unguarded(value) == value


def test_every_cell_of_a_file_is_guarded_the_first_row_too() -> None:
    """L-4."""
    content = csv_answer("x.csv", [["=A1", "名"], ["＝1", -5]]).body
    assert bytes(content).startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(bytes(content).decode("utf-8-sig"))))
    assert rows == [["'=A1", "名"], ["'＝1", "-5"]]


def test_files_are_named_after_what_they_hold_and_the_day() -> None:
    """P-11: in Japan's time; nothing that a disk or a header would not take."""
    at = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert csv_file_name("送信できない行", "春の案内", at=at) == "送信できない行_春の案内_20261201.csv"
    name = csv_file_name("送信できない行", '../a\\b:"c"\r\nX: y\u202e', at=at)
    assert name == "送信できない行_.._a_b_c_ X_ y_20261201.csv"
    header = csv_answer(name, []).headers["content-disposition"]
    assert header.isascii()
    assert "filename*=UTF-8''%E9%80%81%E4%BF%A1" in header
    assert re.search(r'filename="[\w.-]+\.csv"', header)


def test_only_one_place_writes_csv() -> None:
    """L-4: a second writer would be one without the guard."""
    writers = [
        str(path.relative_to(ROOT))
        for folder in ("web", "api", "services", "domain")
        for path in (ROOT / folder).rglob("*.py")
        if "csv.writer" in path.read_text() or "csv.DictWriter" in path.read_text()
    ]
    assert writers == ["web/csv_files.py"]
