"""The rows of a file, one form for CSV, TSV and XLSX."""

from enum import StrEnum
from typing import NamedTuple


class RecordNote(StrEnum):
    """Something the reader of a file noticed about one row."""

    # A quotation mark that is not closed or not where one may be: where the cells end is unclear.
    BROKEN_QUOTES = "broken_quotes"
    # Reading ends at this row: a line without end, or so many broken rows that it is no list.
    GIVEN_UP = "given_up"
    # A workbook's date or time, written out the Japanese way.
    DATE_WRITTEN_OUT = "date_written_out"


class Record(NamedTuple):
    """One row: ``number`` counts from 1 as a spreadsheet shows it, blank rows included."""

    number: int
    cells: list[str]
    note: RecordNote | None = None
