"""First stage: what kind of file this is, its columns and its first rows (P-11).

Nothing a company uploads makes this fail; whatever is wrong is a ``FileProblem`` in the shape.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from domain.phone_numbers import is_mobile_number
from domain.recipient_files.delimited import guess_delimiter, read_delimited
from domain.recipient_files.encodings import detect_encoding
from domain.recipient_files.phone_columns import find_phone_column
from domain.recipient_files.records import Record, RecordNote
from domain.recipient_files.shapes import Column, FileFormat, FileProblem, FileProblemCode, FileShape
from domain.recipient_files.workbook_guard import OLE_MAGIC, ZIP_MAGIC, UnreadableWorkbook, check_workbook
from domain.recipient_files.workbooks import open_sheet, read_sheet
from domain.templates import LINK_KEYS, clean_text, variable_key

FIRST_ROWS = 10
MAX_COLUMNS = 300
# What the screen shows of a cell; the rest is not needed to recognise it.
_CELL_EXCERPT = 100


def inspect_file(filename: str, file: BinaryIO) -> FileShape:
    """Return the shape of an uploaded ``file`` (seekable, read from its start, left open).

    The format is decided by content. Time: one pass over the file; memory: constant for text, the whole
    sheet for a workbook.
    """
    file.seek(0)
    magic = file.read(len(OLE_MAGIC))
    if not magic:
        return FileShape(filename, problems=(FileProblem(FileProblemCode.EMPTY),))
    if magic.startswith(ZIP_MAGIC) or magic == OLE_MAGIC:
        try:
            return _inspect_workbook(filename, file)
        except UnreadableWorkbook as error:
            return FileShape(filename, problems=(error.problem,))
    return _inspect_text(filename, file)


def read_records(shape: FileShape, file: BinaryIO) -> Iterator[Record]:
    """Yield all rows of an inspected file from row 1, header and blank rows included."""
    if shape.format is FileFormat.XLSX:
        opened = open_sheet(file, shape.sheet)
        return read_sheet(opened.sheet) if opened else iter(())
    if shape.encoding is None or shape.delimiter is None:
        raise ValueError("the file was found unreadable")
    return read_delimited(file, shape.encoding.value, shape.delimiter)


def is_blank(cells: Iterable[str]) -> bool:
    """Whether a row holds nothing but white space; spreadsheets leave thousands of such rows."""
    return not any(cells) or not "".join(cells).strip()


def _inspect_workbook(filename: str, file: BinaryIO) -> FileShape:
    check_workbook(file)
    opened = open_sheet(file)
    if opened is None:
        return FileShape(filename, FileFormat.XLSX, problems=(FileProblem(FileProblemCode.EMPTY),))
    shape = FileShape(filename, FileFormat.XLSX, sheet=opened.name, other_sheets=opened.others)
    return _with_columns(shape, read_sheet(opened.sheet), opened.sheet.total_height)


def _inspect_text(filename: str, file: BinaryIO) -> FileShape:
    text = detect_encoding(file)
    if isinstance(text, FileProblem):
        return FileShape(filename, problems=(text,))
    delimiter = guess_delimiter(file, text.encoding.value)
    form = FileFormat.TSV if delimiter == "\t" else FileFormat.CSV
    shape = FileShape(filename, form, text.encoding, delimiter)
    with closing(read_delimited(file, text.encoding.value, delimiter)) as records:
        return _with_columns(shape, records, text.lines)


def _with_columns(shape: FileShape, records: Iterator[Record], lines: int) -> FileShape:
    header = next((record for record in records if not is_blank(record.cells)), None)
    if header is None:
        return replace(shape, problems=(FileProblem(FileProblemCode.EMPTY),))
    if header.note in (RecordNote.BROKEN_QUOTES, RecordNote.GIVEN_UP):
        return replace(shape, problems=(FileProblem(FileProblemCode.BROKEN_HEADER, header.number),))
    names = [clean_text(cell).strip() for cell in header.cells]
    # Formatting far to the right makes empty columns; up to the limit they stay, notes may stand in them.
    while len(names) > MAX_COLUMNS and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        return replace(shape, problems=(FileProblem(FileProblemCode.TOO_MANY_COLUMNS, header.number),))
    columns = tuple(Column(index, name, variable_key(name)) for index, name in enumerate(names))
    filled = (record for record in records if not is_blank(record.cells))
    rows = [record.cells for record in islice(filled, FIRST_ROWS)]
    phone_column = find_phone_column(columns, rows)
    return replace(
        shape,
        header_row=header.number,
        columns=columns,
        first_rows=tuple(tuple(clean_text(cell[:_CELL_EXCERPT]) for cell in row) for row in rows),
        phone_column=phone_column,
        rows=max(lines - header.number, len(rows)),
        problems=tuple(_problems(header, columns, has_rows=bool(rows), has_phone=phone_column is not None)),
    )


def _problems(
    header: Record, columns: tuple[Column, ...], *, has_rows: bool, has_phone: bool
) -> Iterator[FileProblem]:
    if any(is_mobile_number(column.name) for column in columns):
        # Without a header everything below would be said about the wrong thing.
        yield FileProblem(FileProblemCode.NO_HEADER, header.number)
        return
    keys = [column.key for column in columns]
    for column in columns:
        if column.key and keys.index(column.key) < column.index:
            yield FileProblem(FileProblemCode.DUPLICATE_COLUMN, header.number, column.name)
        if column.key in LINK_KEYS:
            yield FileProblem(FileProblemCode.RESERVED_COLUMN, header.number, column.name)
    if not has_rows:
        yield FileProblem(FileProblemCode.NO_ROWS)
    elif not has_phone:
        yield FileProblem(FileProblemCode.NO_PHONE_COLUMN)
