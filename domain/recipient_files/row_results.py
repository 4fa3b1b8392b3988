"""What the check of a row, and of all rows, finds (P-11, second stage)."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from domain.phone_numbers import NumberRefusal, Repair
from domain.recipient_files.records import CellFault, CellRepair


class RowErrorCode(StrEnum):
    """Why a row cannot be sent to."""

    NUMBER_EMPTY = "number_empty"
    NUMBER_NOT_A_NUMBER = "number_not_a_number"
    NUMBER_ROUNDED = "number_rounded"
    NUMBER_WRONG_LENGTH = "number_wrong_length"
    NUMBER_NOT_MOBILE = "number_not_mobile"
    NUMBER_MACHINE = "number_machine"
    NUMBER_FOREIGN = "number_foreign"
    DUPLICATE = "duplicate"
    MISSING_VARIABLE = "missing_variable"
    TOO_LONG = "too_long"
    # 外字 and the like, in the number or in a value that a text uses.
    UNSHOWABLE_CHARACTER = "unshowable_character"
    # A workbook's cell whose value is not what a text could say.
    CELL_ERROR_VALUE = "cell_error_value"
    CELL_NOT_SHOWN = "cell_not_shown"
    CELL_UNKNOWN_FORMAT = "cell_unknown_format"
    CELL_DIGITS_LOST = "cell_digits_lost"
    # More cells than the header has: usually a comma in an address without quotation marks.
    TOO_MANY_CELLS = "too_many_cells"
    BROKEN_QUOTES = "broken_quotes"
    # Reading or checking ends at this row; the summary says how much is left.
    TOO_MANY_ROWS = "too_many_rows"
    UNREADABLE_FROM_HERE = "unreadable_from_here"


ERROR_OF_FAULT = {fault: RowErrorCode(f"cell_{fault.value}") for fault in CellFault}
ERROR_OF_REFUSAL = {refusal: RowErrorCode(f"number_{refusal.value}") for refusal in NumberRefusal}


class CheckedRow(NamedTuple):
    """A row that can be sent to.

    ``variables`` holds every named column by its key, cleaned, so that a later change of the text needs
    no new upload. ``parts`` are billable SMS parts (0 without an SMS); ``characters`` are those of the
    SMS, without one those of the first text. ``second_parts`` are the SMS parts of the second message.
    """

    row_number: int
    phone_number: str
    variables: dict[str, str]
    parts: int
    characters: int
    repairs: tuple[Repair | CellRepair, ...] = ()
    second_parts: int = 0


class RowProblem(NamedTuple):
    """One thing wrong with a row.

    ``column`` is a column's name, for ``TOO_LONG`` the name of the text. ``measured`` and ``limit`` are
    what was counted and what is allowed; ``first_row`` is the row a duplicate repeats.
    """

    code: RowErrorCode
    column: str | None = None
    value: str = ""
    measured: int | None = None
    limit: int | None = None
    first_row: int | None = None


class RowError(NamedTuple):
    """A row that cannot be sent to: all its problems, at least one, and its cells as they were read."""

    row_number: int
    problems: tuple[RowProblem, ...]
    cells: tuple[str, ...]

    @property
    def code(self) -> RowErrorCode:
        """Code of the first problem."""
        return self.problems[0].code

    @property
    def column(self) -> str | None:
        """Column of the first problem."""
        return self.problems[0].column

    @property
    def value(self) -> str:
        """Value of the first problem, an excerpt of at most 100 characters."""
        return self.problems[0].value


@dataclass(slots=True)
class CheckSummary:
    """Counts over the rows checked so far; complete when the rows are exhausted.

    ``rows`` = ``valid_rows`` + ``error_rows``, without blank rows. ``errors`` counts rows by the code of
    their first problem. ``rows_by_parts`` maps SMS parts to rows. ``rows_left`` were not checked because
    the list is over its limit, ``hidden_rows`` because the sheet hides them; ``incomplete`` says that there
    are rows over the limit, or rows that cannot be read.
    """

    rows: int = 0
    valid_rows: int = 0
    error_rows: int = 0
    blank_rows: int = 0
    rows_left: int = 0
    hidden_rows: int = 0
    incomplete: bool = False
    total_parts: int = 0
    longest_characters: int = 0
    longest_row: int | None = None
    errors: Counter[RowErrorCode] = field(default_factory=Counter)
    repairs: Counter[Repair | CellRepair] = field(default_factory=Counter)
    rows_by_parts: Counter[int] = field(default_factory=Counter)

    def add_valid(self, row: CheckedRow) -> None:
        """Count a row that can be sent to."""
        self.rows += 1
        self.valid_rows += 1
        self.total_parts += row.parts
        self.rows_by_parts[row.parts] += 1
        if row.characters > self.longest_characters:
            self.longest_characters = row.characters
            self.longest_row = row.row_number
        for repair in row.repairs:
            self.repairs[repair] += 1

    def add_error(self, error: RowError) -> None:
        """Count a row that cannot be sent to."""
        self.rows += 1
        self.error_rows += 1
        self.errors[error.code] += 1

    def to_json(self) -> dict[str, Any]:
        """Return the counts as JSON types."""
        return {
            "rows": self.rows,
            "valid_rows": self.valid_rows,
            "error_rows": self.error_rows,
            "blank_rows": self.blank_rows,
            "rows_left": self.rows_left,
            "hidden_rows": self.hidden_rows,
            "incomplete": self.incomplete,
            "total_parts": self.total_parts,
            "longest_characters": self.longest_characters,
            "longest_row": self.longest_row,
            "errors": {code.value: count for code, count in self.errors.items()},
            "repairs": {repair.value: count for repair, count in self.repairs.items()},
            "rows_by_parts": {str(parts): rows for parts, rows in self.rows_by_parts.items()},
        }
