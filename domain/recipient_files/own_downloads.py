"""The list of refused rows as we hand it out, and how it is known when it comes back mended (P-11).

It holds the columns of the upload, guarded against formulas, and behind them four of ours. Taken back, the
four are left out and the guard is taken off, so that the round may be made any number of times, also
through a spreadsheet that saves the file in another format.
"""

from collections.abc import Sequence

from domain.spreadsheet_guard import unguarded
from domain.visible_text import trim

ADDED_COLUMNS = ("元の行番号", "問題の列", "理由", "直し方")


def added_columns_at(header: Sequence[str]) -> int | None:
    """Return where our four columns begin in a header, ``None`` if the file is none of our downloads."""
    names = tuple(map(trim, header))
    width = len(ADDED_COLUMNS)
    places = (at for at in range(1, len(names) - width + 1) if names[at : at + width] == ADDED_COLUMNS)
    return next(places, None)


def taken_back(cells: Sequence[str], added_at: int) -> tuple[list[str], bool]:
    """Return a row as it was before we handed it out, and whether a guard was taken off."""
    own = [*cells[:added_at], *cells[added_at + len(ADDED_COLUMNS) :]]
    bare = [unguarded(cell) for cell in own]
    return bare, bare != own
