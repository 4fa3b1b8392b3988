"""Whether a workbook can be opened at all, found out without opening it (P-11).

``python-calamine`` builds the whole sheet as a rectangle in memory, and if that does not fit the process
is gone: a file of 700 bytes can ask for 400 GB. So the rectangle is measured from the raw XML first, and
one that no honest recipient list has is refused.
"""

import re
import zipfile
from typing import BinaryIO

from domain.recipient_files.shapes import FileProblem, FileProblemCode

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_MOST_UNPACKED_BYTES = 400 << 20
_MOST_CELLS = 12_000_000
_CHUNK = 1 << 22
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")

_VALUE = rb"""(?:"[^"<]*"|'[^'<]*')"""
_OTHERS = rb"(?:\s+(?!r=)[\w:]+=" + _VALUE + rb")*"
_END = _OTHERS + rb"\s*(/?)>"
_CELL_START = rb"<(?:\w+:)?c(?=[\s/>])"
_ROW_START = rb"<(?:\w+:)?row(?=[\s/>])"
_ANY_CELL = re.compile(_CELL_START)
_ANY_ROW = re.compile(_ROW_START)
_BARE_CELL = re.compile(_CELL_START + _END)
_BARE_ROW = re.compile(_ROW_START + _END)
_CELL = re.compile(_CELL_START + _OTHERS + rb"""\s+r=["']([A-Z]{1,3})([0-9]{1,7})["']""" + _END)
_ROW = re.compile(_ROW_START + _OTHERS + rb"""\s+r=["']([0-9]{1,7})["']""" + _END)


class UnreadableWorkbook(ValueError):
    """The workbook cannot be read; ``problem`` says why."""

    def __init__(self, code: FileProblemCode) -> None:
        super().__init__(code.value)
        self.problem = FileProblem(code)


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


def _check_archive(archive: zipfile.ZipFile) -> None:
    names = {name.lower().replace("\\", "/") for name in archive.namelist()}
    # Checked first: the reader would try an archive that is several things as each of them.
    if {"xl/workbook.bin", "content.xml"} & names:
        raise UnreadableWorkbook(FileProblemCode.OTHER_SPREADSHEET)
    if "xl/workbook.xml" not in names:
        raise UnreadableWorkbook(FileProblemCode.NOT_A_TABLE)
    if sum(member.file_size for member in archive.infolist()) > _MOST_UNPACKED_BYTES:
        raise UnreadableWorkbook(FileProblemCode.TOO_LARGE)
    for member in archive.infolist():
        # A sheet may lie anywhere in the archive, under any name.
        _check_part(archive, member)


def _check_part(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    rectangle = _Rectangle()
    rest = b""
    with archive.open(member) as part:
        while chunk := part.read(_CHUNK):
            chunk = rest + chunk
            cut = max(chunk.rfind(b"<"), 0)
            rest = chunk[cut:]
            rectangle.extend(chunk[:cut])
            if len(rest) > _CHUNK:
                # No cell has attributes of megabytes; anything else, such as a picture, is no sheet.
                if _ANY_CELL.match(rest) or _ANY_ROW.match(rest):
                    raise UnreadableWorkbook(FileProblemCode.UNREADABLE_WORKBOOK)
                rest = b""
    rectangle.extend(rest)


class _Rectangle:
    """How large a sheet's rectangle of filled cells can be, from above.

    Cells and rows without an address stand next to their neighbours: each may widen the rectangle by
    one. Empty cells, as formatting leaves them down to row 1,048,576, do not count.
    """

    def __init__(self) -> None:
        self.columns = 0
        self.rows = 0

    def extend(self, xml: bytes) -> None:
        """Take in the next piece of a part, which ends between tags."""
        cells = _CELL.findall(xml)
        rows = _ROW.findall(xml)
        bare_cells = _unplaced(xml, len(cells), _ANY_CELL, _BARE_CELL)
        bare_rows = _unplaced(xml, len(rows), _ANY_ROW, _BARE_ROW)
        columns = {column for column, _, empty in cells if not empty}
        numbers = {row for _, row, empty in cells if not empty}
        if bare_cells:
            numbers.update(row for row, _ in rows)
        self.columns = max(self.columns, *map(_column_number, columns), 0) + bare_cells
        self.rows = max(self.rows, *map(int, numbers), 0) + bare_rows
        if self.columns * self.rows > _MOST_CELLS:
            raise UnreadableWorkbook(FileProblemCode.TOO_LARGE)


def _unplaced(xml: bytes, placed: int, every: re.Pattern[bytes], bare: re.Pattern[bytes]) -> int:
    """Count the tags without an address; one whose address is written to be misread is refused."""
    unplaced = len(every.findall(xml)) - placed
    if unplaced and len(bare.findall(xml)) != unplaced:
        raise UnreadableWorkbook(FileProblemCode.UNREADABLE_WORKBOOK)
    return unplaced


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
