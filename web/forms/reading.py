"""The form that says how a list is to be read, where what was found is not what was meant (P-11)."""

from dataclasses import replace

from starlette.datastructures import FormData

from domain.recipient_files import FileShape, Reading, TextEncoding
from web.forms.fields import choice_of, text_of
from web.wording import word

NO_HEADER = "0"
_LONGEST_LABEL = 40


def wanted_reading(form: FormData, shape: FileShape) -> Reading:
    """Return how a file is to be read: as before, with what the form changes.

    Another sheet or encoding is another table: its header is looked for anew.
    """
    reading = shape.reading
    encoding = choice_of(form, "encoding", TextEncoding)
    if encoding is not None and encoding is not reading.encoding:
        return Reading(encoding=encoding)
    sheet = text_of(form, "sheet")
    if sheet in shape.other_sheets:
        return Reading(sheet=sheet)
    header_row = text_of(form, "header_row")
    if header_row.isdecimal() and len(header_row) < 8:
        reading = replace(reading, header_row=int(header_row))
    hidden = text_of(form, "hidden_rows")
    return replace(reading, include_hidden=hidden == "include") if hidden else reading


def header_choices(shape: FileShape) -> list[tuple[str, str]]:
    """Return the rows that may hold the names of the columns, each with its beginning."""
    rows = [(str(row.number), f"{row.number}行目: {_beginning(row.cells)}") for row in shape.top_rows]
    if shape.header_row and all(number != str(shape.header_row) for number, _ in rows):
        rows.append((str(shape.header_row), f"{shape.header_row}行目"))
    return [(NO_HEADER, "見出しなし（最初の行から宛先）"), *rows]


def encoding_choices(shape: FileShape) -> list[tuple[str, str, str]]:
    """Return the encodings that fit, each with some of what comes out by it."""
    return [
        (reading.encoding.value, word(reading.encoding), f"例: {reading.excerpt}" if reading.excerpt else "")
        for reading in shape.readings
    ]


def sheet_choices(shape: FileShape) -> list[tuple[str, str]]:
    """Return the visible sheets of a workbook, the one that is read first."""
    return [(name, name) for name in (shape.sheet, *shape.other_sheets) if name]


def _beginning(cells: tuple[str, ...]) -> str:
    text = "、".join(filter(None, cells))
    return text if len(text) <= _LONGEST_LABEL else f"{text[:_LONGEST_LABEL]}…"
