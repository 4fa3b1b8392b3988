"""First stage: what kind of file this is, its columns and its first rows (P-11).

Nothing a company uploads makes this fail; whatever is wrong is a ``FileProblem`` in the shape.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from domain.recipient_files.delimited import guess_delimiter, is_delimiter_line, read_delimited
from domain.recipient_files.encodings import detect_encoding
from domain.recipient_files.headers import LOOKED_AT, find_header, letters
from domain.recipient_files.own_downloads import added_columns_at, taken_back
from domain.recipient_files.phone_columns import find_phone_column
from domain.recipient_files.records import CellRepair, Record
from domain.recipient_files.shapes import (
    Column,
    FileFormat,
    FileProblem,
    FileProblemCode,
    FileShape,
    FirstRow,
    Reading,
)
from domain.recipient_files.workbook_guard import OLE_MAGIC, ZIP_MAGIC, UnreadableWorkbook, check_workbook
from domain.recipient_files.workbooks import open_sheet, read_sheet
from domain.templates import LINK_KEYS, clean_text, variable_key
from domain.text_limits import MAX_VARIABLE_VALUE_LENGTH
from domain.variable_names import clashing_names
from domain.visible_text import is_blank, trim

FIRST_ROWS = 10
MAX_COLUMNS = 300
# What the screen shows of a cell; the rest is not needed to recognise it.
_CELL_EXCERPT = 100
_TOP_CELLS = 12
# Up to so many lines the rows are counted; of more, the lines are told as "about".
_LINES_COUNTED = 20_000


def inspect_file(filename: str, file: BinaryIO, reading: Reading | None = None) -> FileShape:
    """Return the shape of an uploaded ``file`` (seekable, read from its start, left open).

    The format is decided by content; ``reading`` is how a person wants it read. Time: one pass over the
    file, for each encoding that may fit; memory: constant for text, the whole sheet for a workbook.
    """
    reading = reading or Reading()
    file.seek(0)
    magic = file.read(len(OLE_MAGIC))
    if not magic:
        return FileShape(filename, problems=(FileProblem(FileProblemCode.EMPTY),))
    if magic.startswith(ZIP_MAGIC) or magic == OLE_MAGIC:
        try:
            return _inspect_workbook(filename, file, reading)
        except UnreadableWorkbook as error:
            return FileShape(filename, problems=(error.problem,))
    return _inspect_text(filename, file, reading)


def read_records(shape: FileShape, file: BinaryIO) -> Iterator[Record]:
    """Yield all rows of an inspected file from row 1, header, blank and hidden rows included."""
    records: Iterator[Record]
    if shape.format is FileFormat.XLSX:
        opened = open_sheet(file, shape.sheet)
        records = read_sheet(opened) if opened else iter(())
    elif shape.encoding is None or shape.delimiter is None:
        raise ValueError("the file was found unreadable")
    else:
        records = read_delimited(file, shape.encoding.value, shape.delimiter)
    return records if shape.own_columns_at is None else _taken_back(records, shape.own_columns_at)


def is_blank_row(cells: Iterable[str]) -> bool:
    """Whether nothing of a row can be seen; spreadsheets leave thousands of such rows."""
    return not any(cells) or is_blank("".join(cells))


def _inspect_workbook(filename: str, file: BinaryIO, reading: Reading) -> FileShape:
    check_workbook(file)
    opened = open_sheet(file, reading.sheet)
    if opened is None:
        return FileShape(filename, FileFormat.XLSX, problems=(FileProblem(FileProblemCode.EMPTY),))
    shape = FileShape(
        filename,
        FileFormat.XLSX,
        sheet=opened.name,
        other_sheets=opened.others,
        hidden_columns=opened.layer.hidden_columns,
        include_hidden=reading.include_hidden,
    )
    lines = opened.sheet.total_height
    # Hidden rows have to be counted, however many there are.
    counts = lines <= _LINES_COUNTED or opened.layer.has_hidden_rows
    return _with_columns(shape, read_sheet(opened), reading, lines, counts=counts)


def _inspect_text(filename: str, file: BinaryIO, reading: Reading) -> FileShape:
    text = detect_encoding(file, reading.encoding)
    if isinstance(text, FileProblem):
        return FileShape(filename, problems=(text,))
    delimiter = guess_delimiter(file, text.encoding.value)
    form = FileFormat.TSV if delimiter == "\t" else FileFormat.CSV
    shape = FileShape(
        filename, form, text.encoding, delimiter, readings=text.readings, encoding_doubted=text.doubted
    )
    with closing(read_delimited(file, text.encoding.value, delimiter)) as records:
        return _with_columns(shape, records, reading, text.lines, counts=text.lines <= _LINES_COUNTED)


def _with_columns(
    shape: FileShape, records: Iterator[Record], reading: Reading, lines: int, *, counts: bool
) -> FileShape:
    hidden: list[int] = []
    shown = _shown(records, hidden, include_hidden=reading.include_hidden)
    rows = list(islice(shown, LOOKED_AT))
    if not rows:
        code = FileProblemCode.EVERYTHING_HIDDEN if hidden else FileProblemCode.EMPTY
        return replace(shape, problems=(FileProblem(code),))
    shape = replace(shape, top_rows=tuple(_first_row(row, _TOP_CELLS) for row in rows[:FIRST_ROWS]))
    at = _header_at(rows, reading.header_row)
    header = None if at is None else rows[at]
    if header is not None and header.note is not None:
        return replace(shape, problems=(FileProblem(FileProblemCode.BROKEN_HEADER, header.number),))
    if header is not None and (own := added_columns_at(header.cells)) is not None:
        shape = replace(shape, own_columns_at=own)
        rows = list(_taken_back(iter(rows), own))
    data = rows if at is None else rows[at + 1 :]
    names = _names(None if at is None else rows[at], data)
    if len(names) > MAX_COLUMNS:
        number = rows[at or 0].number
        return replace(shape, problems=(FileProblem(FileProblemCode.TOO_MANY_COLUMNS, number),))
    number = 0 if at is None else rows[at].number
    shape = replace(shape, header_row=number, hidden_rows=sum(row > number for row in hidden))
    shape = _described(shape, names, data, chosen=reading.header_row is not None)
    if not counts:
        return replace(shape, rows=max(lines - number, len(data)))
    counted = len(data) + sum(1 for _ in shown)
    return replace(shape, rows=counted, rows_counted=True, hidden_rows=sum(row > number for row in hidden))


def _shown(records: Iterator[Record], hidden: list[int], *, include_hidden: bool) -> Iterator[Record]:
    """Yield the rows with content; note the numbers of hidden ones."""
    for record in records:
        if is_blank_row(record.cells) or is_delimiter_line(record):
            continue
        if record.hidden:
            hidden.append(record.number)
        if include_hidden or not record.hidden:
            yield record


def _taken_back(records: Iterator[Record], added_at: int) -> Iterator[Record]:
    for record in records:
        cells, was_guarded = taken_back(record.cells, added_at)
        repairs = (*record.repairs, CellRepair.GUARD_REMOVED) if was_guarded else record.repairs
        behind = {index: cell for index, cell in record.behind.items() if index < added_at}
        yield record._replace(cells=cells, repairs=repairs, behind=behind)


def _header_at(rows: list[Record], wanted: int | None) -> int | None:
    """Return the index of the row with the names, ``None`` without one."""
    if wanted == 0:
        return None
    return next((at for at, row in enumerate(rows) if row.number == wanted), find_header(rows))


def _names(header: Record | None, data: list[Record]) -> list[str]:
    if header is None:
        width = max(len(row.cells) for row in data)
        return [f"列{letters(index)}" for index in range(width)]
    names = [trim(clean_text(cell)) for cell in header.cells]
    # Formatting far to the right makes empty columns; up to the limit they stay, notes may stand in them.
    while len(names) > MAX_COLUMNS and not names[-1]:
        names.pop()
    return names


def _described(shape: FileShape, names: list[str], data: list[Record], *, chosen: bool) -> FileShape:
    columns = tuple(Column(index, name, variable_key(name)) for index, name in enumerate(names))
    first = data[:FIRST_ROWS]
    phone_column = find_phone_column(columns, [row.cells for row in first], shape.hidden_columns)
    described = replace(
        shape,
        columns=columns,
        # The first one whole: its values are counted while the text is written.
        first_rows=tuple(_whole(row) if row is first[0] else _first_row(row).cells for row in first),
        first_numbers=tuple(row.number for row in first),
        phone_column=phone_column,
    )
    return replace(described, problems=tuple(_problems(described, chosen=chosen)))


def _first_row(row: Record, cells: int | None = None) -> FirstRow:
    return FirstRow(row.number, tuple(_excerpt(cell) for cell in row.cells[:cells]))


def _excerpt(cell: str) -> str:
    return clean_text(cell) if len(cell) <= _CELL_EXCERPT else f"{clean_text(cell[:_CELL_EXCERPT])}…"


def _whole(row: Record) -> tuple[str, ...]:
    """Return all there is in a row; of a value nothing can be sent with, as much as shows that."""
    return tuple(clean_text(cell[: MAX_VARIABLE_VALUE_LENGTH + 1]) for cell in row.cells)


def _problems(shape: FileShape, *, chosen: bool) -> Iterator[FileProblem]:
    if not shape.header_row and not chosen:
        yield FileProblem(FileProblemCode.NO_HEADER)
    row = shape.header_row or None
    for first, second in clashing_names((column.name, column.key) for column in shape.columns):
        yield FileProblem(FileProblemCode.DUPLICATE_COLUMN, row, first, second)
    for column in shape.columns:
        if column.key in LINK_KEYS:
            yield FileProblem(FileProblemCode.RESERVED_COLUMN, row, column.name)
    if not shape.first_rows:
        yield FileProblem(FileProblemCode.ALL_ROWS_HIDDEN if shape.hidden_rows else FileProblemCode.NO_ROWS)
    elif shape.phone_column is None:
        yield FileProblem(FileProblemCode.NO_PHONE_COLUMN)
