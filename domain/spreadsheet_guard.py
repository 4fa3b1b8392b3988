"""Cells that a spreadsheet must not take for a formula, and the way back (L-4).

What we hand out as CSV is opened in spreadsheets, mended and uploaded again. So the guard must be one that
our own upload can take off without touching an apostrophe that was there before: every value that would be
guarded, behind however many apostrophes, gets one more.
"""

import re

# Half-width, full-width and small forms. Blanks and characters that nobody sees are skipped by some
# spreadsheets, a leading tab or line end is cut off by others.
_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫−"
_HIDDEN = r"\s\x00-\x1f\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff"
_RUNS = re.compile(f"'*(?:[{_HIDDEN}]*[{_SIGNS}]|[\t\r\n])")
_GUARDED = re.compile(f"'(?='*(?:[{_HIDDEN}]*[{_SIGNS}]|[\t\r\n]))")
# A number with a sign stays a number; +81-90-0000-0000 would be subtracted.
_JUST_A_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def guarded(value: str) -> str:
    """Return ``value`` so that a spreadsheet shows it as text; ``unguarded`` takes it back.

    >>> guarded("-10%OFF")
    "'-10%OFF"
    """
    return f"'{value}" if _RUNS.match(value) and not _JUST_A_NUMBER.fullmatch(value) else value


def unguarded(value: str) -> str:
    """Return what ``guarded`` was given.

    >>> unguarded("'-10%OFF")
    '-10%OFF'
    """
    return value[1:] if _GUARDED.match(value) else value
