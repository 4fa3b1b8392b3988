"""Rows of an XLSX workbook that ``check_workbook`` has let pass (P-11)."""

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
from domain.recipient_files.shapes import FileProblemCode
from domain.recipient_files.workbook_guard import UnreadableWorkbook

CellValue = int | float | str | bool | date | datetime | time | timedelta


@dataclass(frozen=True, slots=True)
class OpenSheet:
    """The one sheet that is read: the first visible one with content."""

    sheet: CalamineSheet
    name: str
    others: tuple[str, ...]


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
