"""The rows of a file, one form for CSV, TSV and XLSX."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class RecordNote(StrEnum):
    """Something the reader of a file noticed about one row that stands in the way of reading it."""

    # A quotation mark that is not closed or not where one may be: where the cells end is unclear.
    BROKEN_QUOTES = "broken_quotes"
    # Reading ends at this row: a line without end, or so many broken rows that it is no list.
    GIVEN_UP = "given_up"


class CellRepair(StrEnum):
    """What was mended in a row besides its number: each is counted and told (P-11)."""

    CHARACTERS_REMOVED = "characters_removed"
    # Blanks, or what nobody sees, before or behind a value.
    BLANKS_REMOVED = "blanks_removed"
    # ="00123", by which shop and accounting systems keep zeros for a spreadsheet.
    FORMULA_UNWRAPPED = "formula_unwrapped"
    # The apostrophe that our own download puts before what a spreadsheet might run.
    GUARD_REMOVED = "guard_removed"
    # A workbook's date or time, written out as the sheet shows it.
    DATE_WRITTEN_OUT = "date_written_out"
    # A workbook's number, written as its format shows it: 00012, 10%, 060-0001.
    NUMBER_WRITTEN_OUT = "number_written_out"
    # 4.90123E+12 on the sheet, all digits in the message.
    DIGITS_WRITTEN_OUT = "digits_written_out"


class CellFault(StrEnum):
    """Why the value of a workbook's cell cannot be put into a text."""

    # #N/A, #REF! …
    ERROR_VALUE = "error_value"
    # ####: a negative date, or one beyond the calendar.
    NOT_SHOWN = "not_shown"
    # A number format we cannot draw: better no message than another number than the sheet shows.
    UNKNOWN_FORMAT = "unknown_format"
    # More than 15 digits: a spreadsheet has put zeros for the rest.
    DIGITS_LOST = "digits_lost"


class WorkbookCell(NamedTuple):
    """What a workbook keeps behind a cell's text: the plain number, or what is wrong with it."""

    number: str = ""
    fault: CellFault | None = None


_NO_CELLS: Mapping[int, WorkbookCell] = MappingProxyType({})


class Record(NamedTuple):
    """One row: ``number`` counts from 1 as a spreadsheet shows it, blank rows included.

    ``hidden`` rows are filtered out, folded away or hidden by hand in the sheet. ``behind`` has an entry
    for each cell (by index) that is more than its text.
    """

    number: int
    cells: list[str]
    note: RecordNote | None = None
    repairs: tuple[CellRepair, ...] = ()
    hidden: bool = False
    behind: Mapping[int, WorkbookCell] = _NO_CELLS
