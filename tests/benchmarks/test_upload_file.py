"""The list that is uploaded."""

from benchmarks.upload import csv_file


def test_has_a_number_and_three_variables_in_every_row() -> None:
    lines = csv_file(10).decode().splitlines()

    assert lines[0] == "電話番号,氏名,店舗,日時"
    assert len(lines) == 11
    assert all(line.count(",") == 3 for line in lines)
