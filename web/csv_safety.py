"""Cells that a spreadsheet must not take for a formula (L-4)."""

import re

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_JUST_A_NUMBER = re.compile(r"[+-]?[0-9][0-9\- ]*")


def safe_cell(value: str) -> str:
    """Return ``value`` so that a spreadsheet shows it as text; a number with + or - is left as it is."""
    if value.startswith(_FORMULA_STARTS) and not _JUST_A_NUMBER.fullmatch(value):
        return f"'{value}"
    return value
