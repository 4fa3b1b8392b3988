"""Rows of a CSV or TSV file, as a stream (P-11)."""

import codecs
import csv
import io
import re
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from itertools import count, islice
from typing import BinaryIO

from domain.phone_numbers import is_mobile_number
from domain.recipient_files.records import CellRepair, Record, RecordNote
from domain.visible_text import trim

DELIMITERS = (",", "\t", ";")

# More than a row of 250,000-recipient files ever has; a file without line ends must not fill memory.
_LONGEST_LINE = 1 << 20
# Each broken row is read twice, up to csv's limit of 128 KiB a cell: a bound against hostile files.
_MOST_BROKEN_ROWS = 1_000
_MOST_LINES_OF_ROW = 50
_ROWS_LOOKED_AT = 20
# Excel writes and reads a first line that names the delimiter.
_DELIMITER_LINE = re.compile(r'"?sep=([,;\t|])"?,*[\r\n]*', re.IGNORECASE)
# ="00123": the way many shop and accounting systems keep zeros for Excel.
_WRAPPED = re.compile(r'=\s*"((?:[^"]|"")*)"\s*')
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def guess_delimiter(file: BinaryIO, encoding: str) -> str:
    """Return the delimiter that a first line ``sep=;`` names, or under which the first rows agree best.

    A comma if there is only one column.
    """
    with _opened(file, encoding) as text:
        named = _DELIMITER_LINE.fullmatch(text.readline(_LONGEST_LINE))
    if named:
        return named[1]
    return max(DELIMITERS, key=lambda delimiter: _agreement(file, encoding, delimiter))


def read_delimited(file: BinaryIO, encoding: str, delimiter: str) -> Generator[Record]:
    """Yield the rows of ``file`` from its start, without a byte order mark; the file stays open.

    Raises ``UnicodeDecodeError`` where the content is not in ``encoding``.
    """
    with _opened(file, encoding) as text:
        yield from _Reader(text, delimiter).records()


def is_delimiter_line(record: Record) -> bool:
    """Whether a row is ``sep=;`` and no row of the list."""
    first, *others = record.cells
    named = first.lower() == "sep=" or _DELIMITER_LINE.fullmatch(first) is not None
    return record.number == 1 and named and not any(others)


@contextmanager
def _opened(file: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    file.seek(0)
    head = file.read(len(codecs.BOM_UTF8))
    file.seek(next((len(mark) for mark in _MARKS if head.startswith(mark)), 0))
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield text
    finally:
        # Closing the wrapper would close the caller's file.
        text.detach()


def _agreement(file: BinaryIO, encoding: str, delimiter: str) -> tuple[float, int]:
    with closing(read_delimited(file, encoding, delimiter)) as records:
        widths = [len(record.cells) for record in islice(records, _ROWS_LOOKED_AT) if any(record.cells)]
    # The first row may be a title: what most rows have is the width of the table.
    width = max(widths, key=lambda each: (widths.count(each), each), default=1)
    return (widths.count(width) / len(widths), width) if width > 1 else (0.0, 1)


class _Reader:
    """Reads rows and, where quotation marks do not pair, goes on with the very next line.

    ``csv`` alone would swallow everything from an unclosed mark to the next one: recipients would be
    lost without a word.
    """

    def __init__(self, text: io.TextIOWrapper, delimiter: str) -> None:
        self._text = text
        self._delimiter = delimiter
        self._blank_first = f"{delimiter} "
        self._blank_behind_quote = re.compile(f'"[ \u3000]+(?={re.escape(delimiter)}|[\\r\\n]*$)')
        self._used: list[str] = []
        self._returned: list[str] = []

    def records(self) -> Iterator[Record]:
        rows = self._parser()
        used = self._used
        broken = 0
        for number in count(1):
            used.clear()
            cells = self._next_cells(rows)
            if not used:
                return
            if cells is not None and len(used[0]) < _LONGEST_LINE:
                yield self._record(number, cells)
                continue
            if cells is None and (mended := self._without_blanks_behind_quotes(used[0])):
                yield Record(number, mended, repairs=(CellRepair.BLANKS_REMOVED,))
                self._returned.extend(reversed(used[1:]))
                rows = self._parser()
                continue
            broken += 1
            ends = cells is not None or broken > _MOST_BROKEN_ROWS
            note = RecordNote.GIVEN_UP if ends else RecordNote.BROKEN_QUOTES
            yield Record(number, [used[0].rstrip("\r\n")], note)
            if ends:
                return
            self._returned.extend(reversed(used[1:]))
            rows = self._parser()

    def _parser(self) -> Iterator[list[str]]:
        # A blank behind a delimiter may stand before a quotation mark: , "a, b"
        return csv.reader(self._lines(), delimiter=self._delimiter, strict=True, skipinitialspace=True)

    def _record(self, number: int, cells: list[str]) -> Record:
        used = self._used
        text = used[0] if len(used) == 1 else "".join(used)
        # Nearly no row has either: that is found out without looking at its cells.
        is_wrapped = '="' in text or '= "' in text
        if not is_wrapped and self._blank_first not in text and text[0] != " ":
            return Record(number, cells)
        repairs = []
        if is_wrapped and (unwrapped := [_unwrapped(cell) for cell in cells]) != cells:
            cells = unwrapped
            repairs.append(CellRepair.FORMULA_UNWRAPPED)
        plain = next(csv.reader(used, delimiter=self._delimiter), [])
        # Cells of blanks only are empty either way.
        if any(cell[:1] == " " and trim(cell) for cell in plain):
            repairs.append(CellRepair.BLANKS_REMOVED)
        return Record(number, cells, repairs=tuple(repairs))

    def _without_blanks_behind_quotes(self, line: str) -> list[str] | None:
        """Read a line with blanks between a quotation mark and the delimiter: "a" ,"b"."""
        closed = self._blank_behind_quote.sub('"', line)
        if closed == line or closed.count('"') % 2:
            return None
        try:
            return next(csv.reader([closed], delimiter=self._delimiter, strict=True, skipinitialspace=True))
        except (csv.Error, StopIteration):
            return None

    def _next_cells(self, rows: Iterator[list[str]]) -> list[str] | None:
        """Return the next row, empty at the end of the file, ``None`` if its quotation marks do not pair."""
        try:
            cells = next(rows, [])
        except csv.Error:
            return None
        used = self._used
        if len(used) > 1 and self._swallows_rows(cells):
            return None
        # Well-formed rows have marks in pairs; a single one may be the end of a cell begun rows before.
        return None if sum(line.count('"') for line in used) % 2 else cells

    def _swallows_rows(self, cells: list[str]) -> bool:
        """Whether a cell of several lines is rather rows behind a quotation mark left open.

        Otherwise such recipients would be lost, and their numbers sent to somebody else as text.
        """
        if len(self._used) > _MOST_LINES_OF_ROW:
            return True
        lines = (line for cell in cells if "\n" in cell or "\r" in cell for line in cell.splitlines()[1:])
        return any(
            self._delimiter in line and any(map(is_mobile_number, line.split(self._delimiter)))
            for line in lines
        )

    def _lines(self) -> Iterator[str]:
        readline = self._text.readline
        used = self._used
        returned = self._returned
        while line := returned.pop() if returned else readline(_LONGEST_LINE):
            used.append(line)
            yield line


def _unwrapped(cell: str) -> str:
    wrapped = _WRAPPED.fullmatch(cell)
    return wrapped[1].replace('""', '"') if wrapped else cell
