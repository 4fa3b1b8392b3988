"""What a sheet shows and the fast reader of workbooks does not tell: hidden rows, number formats, errors.

The reader (python-calamine) gives values only. Here the raw XML of the one sheet is read beside it, row by
row in the same order, for the cells that are more than their value. ``check_workbook`` has measured it.
"""

import html
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from python_calamine import CalamineSheet

from domain.recipient_files.number_formats import BUILT_IN_FORMATS, is_plain
from domain.recipient_files.shapes import FileProblemCode
from domain.recipient_files.workbook_guard import UnreadableWorkbook

_CHUNK = 1 << 20
_LONGEST_ROW = 1 << 24
# Styles and names of sheets; honest ones have kilobytes.
_LARGEST_PART = 32 << 20
_GENERAL = "General"

_TAG = r"<(?:\w+:)?{}(?=[\s/>])([^>]*?)/?>"
_SHEET = re.compile(_TAG.format("sheet"))
_RELATION = re.compile(_TAG.format("Relationship"))
_WORKBOOK_PROPERTIES = re.compile(_TAG.format("workbookPr"))
_NUMBER_FORMAT = re.compile(_TAG.format("numFmt"))
_CELL_FORMATS = re.compile(r"<(?:\w+:)?cellXfs[\s>].*?</(?:\w+:)?cellXfs>", re.DOTALL)
_CELL_FORMAT = re.compile(_TAG.format("xf"))
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")

_COLUMN = re.compile(rb"<(?:\w+:)?col(?=[\s/>])([^>]*?)/?>")
_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])([^>]*?)(?:/>|>(.*?)</(?:\w+:)?row\s*>)", re.DOTALL)
_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c\s*>)", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]*)</")
_CELL_ATTRIBUTE = re.compile(rb"""\b([rst])\s*=\s*["']([^"']*)["']""")
_ROW_NUMBER = re.compile(rb"""\br\s*=\s*["']([0-9]+)["']""")
_HIDDEN = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true|on)["']""")
_NO_HEIGHT = re.compile(rb"""\bht\s*=\s*["']0(?:\.0+)?["']""")
_ADDRESS = re.compile(rb"([A-Z]{1,3})[0-9]+")
_NUMERIC = (b"", b"n")


class LayerCell(NamedTuple):
    """A cell with a number format, or an error: ``stored`` is the number as the XML has it, or ``#N/A``.

    ``stored`` is empty for texts and truth values.
    """

    stored: str
    code: str
    error: bool = False
    from_1904: bool = False


class LayerRow(NamedTuple):
    """A row that is hidden or has such cells, by their column from 0."""

    number: int
    hidden: bool
    cells: Mapping[int, LayerCell]


@dataclass(frozen=True, slots=True)
class SheetLayer:
    """The XML of one sheet. ``hidden_columns`` count from the sheet's first column with content."""

    file: BinaryIO
    part: str
    codes: Mapping[bytes, str]
    from_1904: bool
    has_hidden_rows: bool
    marked: re.Pattern[bytes] | None
    hidden_columns: tuple[int, ...]

    @classmethod
    def of(cls, file: BinaryIO, name: str, sheet: CalamineSheet) -> "SheetLayer":
        """Find the sheet ``name`` in a workbook; raise ``UnreadableWorkbook``."""
        with zipfile.ZipFile(file) as archive:
            parts = {member.filename.replace("\\", "/").lower(): member for member in archive.infolist()}
            workbook = _part(archive, parts, "xl/workbook.xml")
            part = _sheet_part(workbook, _part(archive, parts, "xl/_rels/workbook.xml.rels"), name)
            if part.lower() not in parts:
                raise UnreadableWorkbook(FileProblemCode.UNREADABLE_WORKBOOK)
            codes = _codes(_part(archive, parts, "xl/styles.xml"))
            member = parts[part.lower()].filename
            marked = _marked_cell(codes)
            found = _look_over(archive, member, marked)
        first, last = (sheet.start[1], sheet.end[1]) if sheet.start and sheet.end else (0, 0)
        properties = _WORKBOOK_PROPERTIES.search(workbook)
        from_1904 = _attributes(properties[1]).get("date1904") in ("1", "true") if properties else False
        columns = tuple(
            column - first
            for column in range(first, last + 1)
            if any(column in r for r in found.hidden_columns)
        )
        any_marked = marked if found.marked_cells else None
        return cls(file, member, codes, from_1904, found.hidden_rows, any_marked, columns)

    def rows(self) -> Iterator[LayerRow]:
        """Yield, in the sheet's order, the rows that are hidden or have cells with a format or an error."""
        if not self.has_hidden_rows and self.marked is None:
            return
        number = 0
        with zipfile.ZipFile(self.file) as archive:
            for attributes, content in _rows_of(archive, self.part):
                placed = _ROW_NUMBER.search(attributes)
                before, number = number, int(placed[1]) if placed else number + 1
                if number <= before:
                    raise UnreadableWorkbook(FileProblemCode.UNREADABLE_WORKBOOK)
                hidden = _is_hidden(attributes)
                cells = self._cells(content) if content else {}
                if hidden or cells:
                    yield LayerRow(number, hidden, cells)

    def _cells(self, content: bytes) -> dict[int, LayerCell]:
        if self.marked is None or not self.marked.search(content):
            return {}
        cells = {}
        column = -1
        # Where cells have addresses, as nearly always, only those with a mark are looked at.
        first = _CELL.search(content)
        placed = first is not None and b"r" in dict(_CELL_ATTRIBUTE.findall(first[1]))
        for attributes, inner in (self.marked if placed else _CELL).findall(content):
            found = dict(_CELL_ATTRIBUTE.findall(attributes))
            address = _ADDRESS.fullmatch(found.get(b"r", b""))
            column = _column_number(address[1]) if address else column + 1
            kind = found.get(b"t", b"")
            code = self.codes.get(found.get(b"s", b""), _GENERAL)
            if kind != b"e" and code == _GENERAL:
                continue
            value = _VALUE.search(inner)
            if kind == b"e":
                cells[column] = LayerCell(value[1].decode("ascii", "replace") if value else "#", code, True)
            elif kind not in _NUMERIC:
                cells[column] = LayerCell("", code)
            elif value and value[1].strip():
                stored = value[1].decode("ascii", "replace").strip()
                cells[column] = LayerCell(stored, code, from_1904=self.from_1904)
        return cells


def _part(archive: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo], name: str) -> str:
    member = parts.get(name)
    if member is None:
        return ""
    if member.file_size > _LARGEST_PART:
        raise UnreadableWorkbook(FileProblemCode.TOO_LARGE)
    return archive.read(member).decode("utf-8", "replace")


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(double or single) for name, double, single in _ATTRIBUTE.findall(text)}


def _sheet_part(workbook: str, relations: str, name: str) -> str:
    """Return the path of a sheet in the archive, empty if it is not there."""
    for sheet in map(_attributes, _SHEET.findall(workbook)):
        if sheet.get("name") != name:
            continue
        wanted = next((value for key, value in sheet.items() if key.endswith(":id")), "")
        for relation in map(_attributes, _RELATION.findall(relations)):
            if relation.get("Id") == wanted:
                target = relation.get("Target", "")
                return target[1:] if target.startswith("/") else f"xl/{target.removeprefix('./')}"
    return ""


def _codes(styles: str) -> dict[bytes, str]:
    """Return the format codes by the number of the cell style, as cells write it; plain ones left out."""
    own = {
        attributes.get("numFmtId", ""): attributes.get("formatCode", "")
        for attributes in map(_attributes, _NUMBER_FORMAT.findall(styles))
    }
    area = _CELL_FORMATS.search(styles)
    codes = {}
    for index, text in enumerate(_CELL_FORMAT.findall(area[0]) if area else []):
        number = _attributes(text).get("numFmtId", "0")
        built_in = BUILT_IN_FORMATS.get(int(number), _GENERAL) if number.isdecimal() else _GENERAL
        code = own.get(number, built_in) or _GENERAL
        if not is_plain(code):
            codes[str(index).encode()] = code
    return codes


def _marked_cell(codes: Mapping[bytes, str]) -> re.Pattern[bytes]:
    """Return what finds the cells with one of the styles ``codes``, or with an error."""
    styles = b"|".join(codes)
    marks = rb"""t\s*=\s*["']e["']""" + (rb"""|s\s*=\s*["'](?:%b)["']""" % styles if styles else b"")
    return re.compile(
        rb"<(?:\w+:)?c(?=\s)([^>]*?\s(?:" + marks + rb")[^>]*?)(?:/>|>(.*?)</(?:\w+:)?c\s*>)", re.DOTALL
    )


class _Overview(NamedTuple):
    """What there is in a sheet at all; columns from 0."""

    hidden_rows: bool
    marked_cells: bool
    hidden_columns: list[range]


def _look_over(archive: zipfile.ZipFile, part: str, marked: re.Pattern[bytes]) -> _Overview:
    rows = cells = False
    columns: list[range] = []
    rest = b""
    with archive.open(part) as content:
        while chunk := content.read(_CHUNK):
            chunk = rest + chunk
            # Up to the last whole row, so that a cell is seen in one piece.
            cut = _last_row_in(chunk) if len(chunk) < _LONGEST_ROW else chunk.rfind(b"<")
            rest, chunk = chunk[cut:], chunk[:cut]
            cells = cells or marked.search(chunk) is not None
            for attributes in _COLUMN.findall(chunk) if b"hidden" in chunk else ():
                found = _attributes(attributes.decode("utf-8", "replace"))
                if found.get("hidden") in ("1", "true"):
                    columns.append(range(int(found.get("min", 1)) - 1, int(found.get("max", 1))))
            rows = rows or any(_is_hidden(attributes) for attributes in _row_tags(chunk))
    cells = cells or marked.search(rest) is not None
    rows = rows or any(_is_hidden(attributes) for attributes in _row_tags(rest))
    return _Overview(rows, cells, columns)


def _last_row_in(chunk: bytes) -> int:
    """Return where the tag of the last row begins, 0 if there is none."""
    return max(chunk.rfind(b"<", 0, max(chunk.rfind(b"<row"), chunk.rfind(b":row")) + 1), 0)


_ROW_TAG = re.compile(rb"<(?:\w+:)?row(?=[\s/>])([^>]*)>")


def _row_tags(chunk: bytes) -> list[bytes]:
    return _ROW_TAG.findall(chunk) if b"hidden" in chunk or b'ht="0' in chunk else []


def _is_hidden(row: bytes) -> bool:
    return _HIDDEN.search(row) is not None or _NO_HEIGHT.search(row) is not None


def _rows_of(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield the attributes and the content of each row."""
    rest = b""
    with archive.open(part) as content:
        while chunk := content.read(_CHUNK):
            text = rest + chunk
            end = 0
            for row in _ROW.finditer(text):
                end = row.end()
                yield row[1], row[2] or b""
            rest = text[end:]
            if len(rest) > _LONGEST_ROW:
                raise UnreadableWorkbook(FileProblemCode.UNREADABLE_WORKBOOK)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
