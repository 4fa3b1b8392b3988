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
    """Encodings of CSV and TSV; the values are Python codec names. A byte order mark is skipped.

    EUC-JP and ISO-2022-JP are read in the variants that know ① and half-width katakana, as Windows and
    mail programs write them.
    """

    UTF_8 = "utf-8"
    CP932 = "cp932"
    EUC_JP = "euc_jis_2004"
    ISO_2022_JP = "iso2022_jp_ext"
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
    # The first row holds a phone number: it is a recipient, not names of columns. They are named 列A, 列B …
    NO_HEADER = "no_header"
    NO_ROWS = "no_rows"
    # Of a sheet: with its header, so that no column is known; or below it, to be chosen on screen.
    EVERYTHING_HIDDEN = "everything_hidden"
    ALL_ROWS_HIDDEN = "all_rows_hidden"
    TOO_MANY_COLUMNS = "too_many_columns"
    DUPLICATE_COLUMN = "duplicate_column"
    RESERVED_COLUMN = "reserved_column"
    NO_PHONE_COLUMN = "no_phone_column"

    @property
    def blocks(self) -> bool:
        """Whether rows cannot be checked until the file is mended."""
        return self not in _REMARKS


_REMARKS = frozenset(
    {
        FileProblemCode.NO_PHONE_COLUMN,
        FileProblemCode.RESERVED_COLUMN,
        FileProblemCode.NO_HEADER,
        FileProblemCode.ALL_ROWS_HIDDEN,
    }
)


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One problem: ``row`` counts from 1 as in the file, ``column`` is a column's name or sheet's name.

    ``other_column`` is the name that clashes with ``column``, which may be written in another way.
    """

    code: FileProblemCode
    row: int | None = None
    column: str | None = None
    other_column: str | None = None


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
class EncodingReading:
    """An encoding that fits the whole file, and some of what comes out by it."""

    encoding: TextEncoding
    excerpt: str


@dataclass(frozen=True, slots=True)
class FirstRow:
    """One of the first rows of a file, blank ones left out; ``number`` as a spreadsheet shows it."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a person wants a file to be read; ``None``: as it is found. ``header_row`` 0: there is none."""

    encoding: TextEncoding | None = None
    header_row: int | None = None
    sheet: str | None = None
    include_hidden: bool = False


@dataclass(frozen=True, slots=True)
class FileShape:
    """An inspected file. ``rows`` are the data rows, estimated from the lines unless ``rows_counted``.

    ``sheet`` is the one sheet that is read, ``other_sheets`` what is left aside. ``first_rows`` are up
    to ten data rows, ``top_rows`` the first ten of all, whatever they are. ``header_row`` is 0 without a
    header. ``own_columns_at``: our own list of refused rows came back, this is where the columns begin
    that we had added. ``hidden_rows`` are data rows that the sheet hides; they are no recipients unless
    ``include_hidden``. The shape goes to JSON and back between the two stages.
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
    rows_counted: bool = False
    top_rows: tuple[FirstRow, ...] = ()
    first_numbers: tuple[int, ...] = ()
    readings: tuple[EncodingReading, ...] = ()
    encoding_doubted: bool = False
    own_columns_at: int | None = None
    hidden_rows: int = 0
    hidden_columns: tuple[int, ...] = ()
    include_hidden: bool = False

    @property
    def reading(self) -> Reading:
        """How the file was read, to be read the same way or with one thing changed."""
        return Reading(self.encoding, self.header_row, self.sheet, self.include_hidden)

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
            FileProblem(FileProblemCode(p["code"]), p["row"], p["column"], p.get("other_column"))
            for p in stored["problems"]
        ),
        # Lists from before these were known have none of them.
        rows_counted=stored.get("rows_counted", False),
        top_rows=tuple(FirstRow(row["number"], tuple(row["cells"])) for row in stored.get("top_rows", ())),
        first_numbers=tuple(stored.get("first_numbers", ())),
        readings=tuple(
            EncodingReading(TextEncoding(reading["encoding"]), reading["excerpt"])
            for reading in stored.get("readings", ())
        ),
        encoding_doubted=stored.get("encoding_doubted", False),
        own_columns_at=stored.get("own_columns_at"),
        hidden_rows=stored.get("hidden_rows", 0),
        hidden_columns=tuple(stored.get("hidden_columns", ())),
        include_hidden=stored.get("include_hidden", False),
    )
