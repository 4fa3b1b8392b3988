"""Rows of an XLSX workbook (P-11).

``python-calamine`` builds the whole sheet as a rectangle in memory, and the process dies if that does
not fit. So before a workbook is opened its rectangle is measured from the raw file, and one that no
honest recipient list has is refused.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from domain.recipient_files.records import Record, RecordNote
from domain.recipient_files.shapes import FileProblem, FileProblemCode

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_MOST_UNPACKED_BYTES = 600 << 20
_MOST_CELLS = 12_000_000
_CHUNK = 1 << 22
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")

_ATTRIBUTES = rb'(?:\s+(?!r=)[\w:]+="[^"<]*")*'
_ANY_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
_CELL = re.compile(
    rb"<(?:\w+:)?c" + _ATTRIBUTES + rb'\s+r="([A-Z]{1,3})([0-9]{1,7})"' + _ATTRIBUTES + rb"\s*(/?)>"
)
_ANY_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
_ROW = re.compile(rb"<(?:\w+:)?row" + _ATTRIBUTES + rb'\s+r="([0-9]{1,7})"')

CellValue = int | float | str | bool | date | datetime | time | timedelta


class UnreadableWorkbook(ValueError):
    """The workbook cannot be read; ``problem`` says why."""

    def __init__(self, code: FileProblemCode) -> None:
        super().__init__(code.value)
        self.problem = FileProblem(code)


@dataclass(frozen=True, slots=True)
class OpenSheet:
    """The one sheet that is read: the first visible one with content."""

    sheet: CalamineSheet
    name: str
    others: tuple[str, ...]


def check_workbook(file: BinaryIO) -> None:
    """Raise ``UnreadableWorkbook`` for whatever is not an XLSX of sensible size."""
    file.seek(0)
    if file.read(8) == OLE_MAGIC:
        # Excel wraps an encrypted XLSX into the container that .xls files have.
        file.seek(0)
        encrypted = _ENCRYPTED_STREAM in file.read()
        code = FileProblemCode.ENCRYPTED_WORKBOOK if encrypted else FileProblemCode.OLD_EXCEL
        raise UnreadableWorkbook(code)
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            _check_archive(archive)
    except UnreadableWorkbook:
        raise
    except Exception as error:  # zipfile raises a dozen kinds over damaged files
        raise UnreadableWorkbook(FileProblemCode.UNREADABLE_WORKBOOK) from error


def open_sheet(file: BinaryIO, name: str | None = None) -> OpenSheet | None:
    """Open the sheet ``name`` or the first visible one with content; ``None`` if all are empty.

    ``check_workbook`` must have passed on the same bytes. Raises ``UnreadableWorkbook``.
    """
    file.seek(0)
    try:
        workbook = CalamineWorkbook.from_filelike(file)
        visible = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible
        ]
        for candidate in visible if name is None else [name]:
            sheet = workbook.get_sheet_by_name(candidate)
            if sheet.height:
                return OpenSheet(sheet, candidate, tuple(other for other in visible if other != candidate))
    except PasswordError as error:
        raise UnreadableWorkbook(FileProblemCode.ENCRYPTED_WORKBOOK) from error
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableWorkbook(FileProblemCode.UNREADABLE_WORKBOOK) from error
    except BaseException as error:
        # A panic of the Rust reader is no Exception; anything else of that rank is not ours.
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableWorkbook(FileProblemCode.UNREADABLE_WORKBOOK) from error
    return None


def read_sheet(sheet: CalamineSheet) -> Iterator[Record]:
    """Yield the rows of ``sheet``; columns begin at the first one with content."""
    for number, values in enumerate(sheet.iter_rows(), 1):
        cells = [value if type(value) is str else _cell_text(value) for value in values]
        dated = any(isinstance(value, date | time) for value in values)
        yield Record(number, cells, RecordNote.DATE_WRITTEN_OUT if dated else None)


def _check_archive(archive: zipfile.ZipFile) -> None:
    names = {name.lower().replace("\\", "/") for name in archive.namelist()}
    # Checked first: the reader would try an archive that is several things as each of them.
    if {"xl/workbook.bin", "content.xml"} & names:
        raise UnreadableWorkbook(FileProblemCode.OTHER_SPREADSHEET)
    if "xl/workbook.xml" not in names:
        raise UnreadableWorkbook(FileProblemCode.NOT_A_TABLE)
    if sum(member.file_size for member in archive.infolist()) > _MOST_UNPACKED_BYTES:
        raise UnreadableWorkbook(FileProblemCode.TOO_LARGE)
    for name in archive.namelist():
        # A sheet may lie anywhere in the archive, under any name.
        _check_rectangle(archive, name)


def _check_rectangle(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse a sheet whose rectangle of filled cells, estimated from above, is too large.

    Cells and rows without a plain address stand next to their neighbours: each may widen the rectangle
    by one. Empty cells, as formatting leaves them down to row 1,048,576, do not count.
    """
    columns = rows = 0
    rest = b""
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            chunk = rest + chunk
            cut = chunk.rfind(b"<") if len(chunk) >= _CHUNK else len(chunk)
            chunk, rest = chunk[:cut], chunk[cut:]
            cells = _CELL.findall(chunk)
            unplaced = len(_ANY_CELL.findall(chunk)) - len(cells)
            numbered = _ROW.findall(chunk)
            filled_columns = {column for column, _, empty in cells if not empty}
            filled_rows = {row for _, row, empty in cells if not empty}
            if unplaced:
                filled_rows.update(numbered)
            columns = max(columns, *map(_column_number, filled_columns), 0) + unplaced
            rows = max(rows, *map(int, filled_rows), 0) + len(_ANY_ROW.findall(chunk)) - len(numbered)
            if len(rest) > _CHUNK:
                # No cell has attributes of megabytes; anything else, such as a picture, is no sheet.
                if _ANY_CELL.match(rest) or _ANY_ROW.match(rest):
                    raise UnreadableWorkbook(FileProblemCode.UNREADABLE_WORKBOOK)
                rest = b""
            if columns * rows > _MOST_CELLS:
                raise UnreadableWorkbook(FileProblemCode.TOO_LARGE)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _cell_text(value: CellValue) -> str:
    """Write a value as a Japanese Excel shows it in its default format."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(value, ".15g")
    if isinstance(value, datetime):
        day = f"{value.year}/{value.month}/{value.day}"
        return day if value.time() == time() else f"{day} {_clock(value.time())}"
    if isinstance(value, date):
        return f"{value.year}/{value.month}/{value.day}"
    if isinstance(value, time):
        return _clock(value)
    return str(value)


def _clock(value: time) -> str:
    return f"{value.hour}:{value.minute:02}" + (f":{value.second:02}" if value.second else "")
