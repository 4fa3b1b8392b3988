"""What is known of an uploaded file before its rows are checked (P-11, first stage)."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class FileFormat(StrEnum):
    """What the content is, whatever the file's name says."""

    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"


class TextEncoding(StrEnum):
    """Encodings of CSV and TSV; the values are Python codec names. A byte order mark is skipped."""

    UTF_8 = "utf-8"
    CP932 = "cp932"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"


class FileProblemCode(StrEnum):
    """What is wrong with a file as a whole."""

    EMPTY = "empty"
    # A picture, a PDF, a word-processor document, a web page …
    NOT_A_TABLE = "not_a_table"
    UNKNOWN_ENCODING = "unknown_encoding"
    UNREADABLE_WORKBOOK = "unreadable_workbook"
    ENCRYPTED_WORKBOOK = "encrypted_workbook"
    OLD_EXCEL = "old_excel"
    # .xlsb, .ods: spreadsheets of a kind that is not taken.
    OTHER_SPREADSHEET = "other_spreadsheet"
    TOO_LARGE = "too_large"
    BROKEN_HEADER = "broken_header"
    # The first row holds a phone number: it is a recipient, not names of columns.
    NO_HEADER = "no_header"
    NO_ROWS = "no_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    DUPLICATE_COLUMN = "duplicate_column"
    RESERVED_COLUMN = "reserved_column"
    NO_PHONE_COLUMN = "no_phone_column"

    @property
    def blocks(self) -> bool:
        """Whether rows cannot be checked until the file is mended."""
        return self not in (FileProblemCode.NO_PHONE_COLUMN, FileProblemCode.RESERVED_COLUMN)


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One problem: ``row`` counts from 1 as in the file, ``column`` is a column's name or sheet's name."""

    code: FileProblemCode
    row: int | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``index`` from 0, ``name`` as in the header, ``key`` as variables find it (P-12).

    A column without a name has an empty key and is no variable.
    """

    index: int
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class PhoneColumn:
    """Which column seems to hold the numbers; to be confirmed on screen unless ``certain``."""

    index: int
    certain: bool


@dataclass(frozen=True, slots=True)
class FileShape:
    """An inspected file. ``rows`` is about how many data rows there are, for a progress bar.

    ``sheet`` is the one sheet that is read, ``other_sheets`` what is left aside. ``first_rows`` are up
    to ten data rows. The shape goes to JSON and back between the two stages.
    """

    filename: str
    format: FileFormat | None = None
    encoding: TextEncoding | None = None
    delimiter: str | None = None
    sheet: str | None = None
    other_sheets: tuple[str, ...] = ()
    header_row: int = 0
    columns: tuple[Column, ...] = ()
    first_rows: tuple[tuple[str, ...], ...] = ()
    phone_column: PhoneColumn | None = None
    rows: int = 0
    problems: tuple[FileProblem, ...] = ()

    @property
    def can_be_checked(self) -> bool:
        """Whether no problem stands in the way of checking the rows."""
        return self.format is not None and not any(problem.code.blocks for problem in self.problems)

    @property
    def variable_keys(self) -> tuple[str, ...]:
        """Keys of the columns a template may name."""
        return tuple(column.key for column in self.columns if column.key)

    def to_json(self) -> dict[str, Any]:
        """Return the shape as JSON types; ``shape_from_json`` reads it back."""
        return asdict(self)


def shape_from_json(stored: dict[str, Any]) -> FileShape:
    """Return the shape that ``FileShape.to_json`` wrote, also after a trip through JSON."""
    phone_column = stored["phone_column"]
    return FileShape(
        filename=stored["filename"],
        format=FileFormat(stored["format"]) if stored["format"] else None,
        encoding=TextEncoding(stored["encoding"]) if stored["encoding"] else None,
        delimiter=stored["delimiter"],
        sheet=stored["sheet"],
        other_sheets=tuple(stored["other_sheets"]),
        header_row=stored["header_row"],
        columns=tuple(Column(**column) for column in stored["columns"]),
        first_rows=tuple(tuple(row) for row in stored["first_rows"]),
        phone_column=PhoneColumn(**phone_column) if phone_column else None,
        rows=stored["rows"],
        problems=tuple(
            FileProblem(FileProblemCode(p["code"]), p["row"], p["column"]) for p in stored["problems"]
        ),
    )
