"""Rows of an XLSX workbook that ``check_workbook`` has let pass, as the sheet shows them (P-11)."""

from collections.abc import Iterator, Mapping
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

from domain.recipient_files.date_formats import NotShown
from domain.recipient_files.format_codes import UnknownFormat
from domain.recipient_files.number_formats import plain_number, show_number, show_text
from domain.recipient_files.records import CellFault, CellRepair, Record, WorkbookCell
from domain.recipient_files.shapes import FileProblemCode
from domain.recipient_files.sheet_layer import LayerCell, LayerRow, SheetLayer
from domain.recipient_files.workbook_guard import UnreadableWorkbook

CellValue = int | float | str | bool | date | datetime | time | timedelta

# A spreadsheet keeps 15 digits of a number and puts zeros for the rest.
_MOST_DIGITS = 10**15
# So many characters it shows of a number without a format.
_GENERAL_WIDTH = 11


@dataclass(frozen=True, slots=True)
class OpenSheet:
    """The one sheet that is read: the first visible one with content."""

    sheet: CalamineSheet
    name: str
    others: tuple[str, ...]
    layer: SheetLayer


def open_sheet(file: BinaryIO, name: str | None = None) -> OpenSheet | None:
    """Open the visible sheet ``name`` or the first one with content; ``None`` if all are empty.

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
        for candidate in [name] if name in visible else visible:
            sheet = workbook.get_sheet_by_name(candidate)
            if sheet.height:
                others = tuple(other for other in visible if other != candidate)
                return OpenSheet(sheet, candidate, others, SheetLayer.of(file, candidate, sheet))
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


def read_sheet(opened: OpenSheet) -> Iterator[Record]:
    """Yield the rows of a sheet; columns begin at the first one with content."""
    first_column = opened.sheet.start[1] if opened.sheet.start else 0
    layer_rows = opened.layer.rows()
    layer_row: LayerRow | None = next(layer_rows, None)
    for number, values in enumerate(opened.sheet.iter_rows(), 1):
        while layer_row is not None and layer_row.number < number:
            layer_row = next(layer_rows, None)
        if layer_row is not None and layer_row.number == number:
            shifted = {index - first_column: cell for index, cell in layer_row.cells.items()}
            yield _row_of(number, values, shifted, hidden=layer_row.hidden)
        else:
            yield _row_of(number, values, {})


def _row_of(
    number: int, values: list[CellValue], layer: Mapping[int, LayerCell], *, hidden: bool = False
) -> Record:
    cells: list[str] = []
    repairs: dict[CellRepair, None] = {}
    behind: dict[int, WorkbookCell] = {}
    for index, value in enumerate(values):
        if index in layer:
            text, cell, repair = _shown(value, layer[index])
        elif type(value) is str:
            cells.append(value)
            continue
        else:
            text, cell, repair = _plain(value)
        cells.append(text)
        if repair is not None:
            repairs[repair] = None
        if cell is not None:
            behind[index] = cell
    if repairs or behind or hidden:
        return Record(number, cells, None, tuple(repairs), hidden, behind)
    return Record(number, cells)


_Told = tuple[str, WorkbookCell | None, CellRepair | None]


def _shown(value: CellValue, layer: LayerCell) -> _Told:
    """Return a cell with a format as the sheet shows it, what is behind it, and what was written out."""
    try:
        if layer.error:
            return layer.stored, WorkbookCell(fault=CellFault.ERROR_VALUE), None
        if not layer.stored:
            text = _plain(value)[0]
            return show_text(text, layer.code) if isinstance(value, str) else text, None, None
        number = plain_number(layer.stored)
        shown = show_number(layer.stored, layer.code, from_1904=layer.from_1904)
    except NotShown:
        return "####", WorkbookCell(fault=CellFault.NOT_SHOWN), None
    except UnknownFormat:
        text = _plain(value)[0]
        return text, WorkbookCell(text, CellFault.UNKNOWN_FORMAT), None
    if shown.is_date:
        return shown.text, WorkbookCell(number), CellRepair.DATE_WRITTEN_OUT
    if abs(float(number)) >= _MOST_DIGITS:
        return shown.text, WorkbookCell(number, CellFault.DIGITS_LOST), None
    repair = CellRepair.NUMBER_WRITTEN_OUT if shown.text != number else None
    return shown.text, WorkbookCell(number), CellRepair.DIGITS_WRITTEN_OUT if shown.is_cut else repair


def _plain(value: CellValue) -> _Told:
    """Write a value without a format as a Japanese spreadsheet shows it."""
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), None, None
    if isinstance(value, float):
        if value.is_integer() and abs(value) < _MOST_DIGITS:
            text = str(int(value))
        elif abs(value) >= _MOST_DIGITS:
            return format(value, ".15g"), WorkbookCell(fault=CellFault.DIGITS_LOST), None
        else:
            text = plain_number(repr(value))
        cut = len(text) > _GENERAL_WIDTH
        return text, None, CellRepair.DIGITS_WRITTEN_OUT if cut else None
    if isinstance(value, datetime):
        day = f"{value.year}/{value.month}/{value.day}"
        text = day if value.time() == time() else f"{day} {_clock(value.time())}"
        return text, None, CellRepair.DATE_WRITTEN_OUT
    if isinstance(value, date):
        return f"{value.year}/{value.month}/{value.day}", None, CellRepair.DATE_WRITTEN_OUT
    if isinstance(value, time):
        return _clock(value), None, CellRepair.DATE_WRITTEN_OUT
    return str(value), None, None


def _clock(value: time) -> str:
    return f"{value.hour}:{value.minute:02}" + (f":{value.second:02}" if value.second else "")
