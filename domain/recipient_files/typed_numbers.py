"""Numbers typed into a field: a list without a file, whose rows are the lines of the field (P-10)."""

import re

from domain.recipient_files.shapes import Column, FileFormat, FileShape, FirstRow, PhoneColumn, TextEncoding
from domain.templates import clean_text, variable_key
from domain.text_limits import MAX_PHONE_NUMBER_LENGTH
from domain.visible_text import is_blank, trim

TYPED_COLUMN = "電話番号"
_FIRST_ROWS = 10
# What cleaning makes line ends. Parts are cleaned one by one, so that other threads get their turn.
_LINE_END = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_LONGEST = 10 * MAX_PHONE_NUMBER_LENGTH
_BETWEEN_NUMBERS = re.compile(r"[,;、，；]+")


def typed_lines(typed: str) -> list[str]:
    """Return one entry a row: the lines as typed, blank ones included, several numbers of a line apart.

    Takes half a second for the longest field; of what is far too long for a number the beginning is kept.
    """
    lines: list[str] = []
    for line in _LINE_END.split(typed):
        numbers = [trim(clean_text(part[:_LONGEST])) for part in _BETWEEN_NUMBERS.split(line)]
        lines += [number for number in numbers if number] or [""]
    while lines and is_blank(lines[-1]):
        lines.pop()
    return lines


def typed_content(lines: list[str]) -> bytes:
    """Return the rows as they are kept, to be read as the shape of ``typed_shape`` says."""
    return "".join('"{}"\n'.format(line.replace('"', '""')) for line in lines).encode("utf-8", "replace")


def typed_shape(lines: list[str]) -> FileShape:
    """Return the shape of typed numbers: one column, no header, counted."""
    numbered = [FirstRow(at, (line,)) for at, line in enumerate(lines, 1) if not is_blank(line)]
    first = numbered[:_FIRST_ROWS]
    return FileShape(
        TYPED_COLUMN,
        FileFormat.CSV,
        TextEncoding.UTF_8,
        ",",
        columns=(Column(0, TYPED_COLUMN, variable_key(TYPED_COLUMN)),),
        first_rows=tuple(row.cells for row in first),
        first_numbers=tuple(row.number for row in first),
        phone_column=PhoneColumn(0, certain=True),
        rows=len(numbered),
        rows_counted=True,
    )
