"""Where the names of the columns stand: not always in the first row (P-11).

Sheets have titles, dates and blank lines above the table; exports have no names at all.
"""

from collections.abc import Sequence

from domain.phone_numbers import is_mobile_number
from domain.recipient_files.phone_columns import is_phone_name
from domain.recipient_files.records import Record
from domain.visible_text import is_blank

LOOKED_AT = 40
"""How many rows with content are looked at, from the top."""


def find_header(rows: Sequence[Record]) -> int | None:
    """Return the index of the row with the names, ``None`` if the first row is a recipient already.

    ``rows`` are the first ones with content, at least one.
    """
    first_mobile = next((at for at, row in enumerate(rows) if any(map(is_mobile_number, row.cells))), None)
    if first_mobile == 0:
        return None
    above = rows[:first_mobile]
    named = next((at for at, row in enumerate(above) if any(map(is_phone_name, row.cells))), None)
    if named is not None:
        return named
    widths = [sum(not is_blank(cell) for cell in row.cells) for row in above]
    if first_mobile is not None:
        # Of the rows above the first recipient the names fill most cells; titles fill one or two.
        return widths.index(max(widths))
    return _behind_titles(widths)


def _behind_titles(widths: Sequence[int]) -> int:
    """Return the first row of more than one cell if there is but one cell in all rows before it."""
    return next((at for at, width in enumerate(widths) if width > 1), 0)


def letters(index: int) -> str:
    """Return how a spreadsheet calls a column, from 0: A, B … Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
