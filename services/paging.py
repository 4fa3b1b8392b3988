"""Keyset pages: a cursor names a row at the edge of a page, so that new rows never shift it.

``<row>`` is what follows that row, ``-<row>`` the page just before it, ``end`` the last page.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

Item = TypeVar("Item")
Key = UUID | int

LAST_PAGE = "end"
MOST_COUNTED = 10_000
"""Counting stops here: what a page says of more is "or more"."""
# Rare rows among millions: rather no number than a page that waits for it.
_COUNTING_MS = 1_000

_CURSOR = re.compile("[0-9a-f]{32}")


class InvalidCursor(ValueError):
    """A cursor that none of our pages gave out."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items in order; ``next_cursor`` fetches what follows them, ``None`` at the end.

    ``previous_cursor`` fetches the page before, ``None`` at the beginning.
    """

    items: tuple[Item, ...]
    next_cursor: str | None
    previous_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class RowCount:
    """How many rows match; ``is_more``: at least so many."""

    number: int
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of rows in descending order of a key begins: after ``key``, or backwards before it.

    Without a key it is the first page, backwards the last one.
    """

    key: Key | None
    is_backwards: bool

    def conditions(self, column: str) -> list[str]:
        """Return what the rows of the page meet, ``:place`` being the key."""
        return [] if self.key is None else [f"{column} {'>' if self.is_backwards else '<'} :place"]

    def order(self, column: str) -> str:
        """Return in which order to read up to one row more than the page has."""
        return f"ORDER BY {column} {'ASC' if self.is_backwards else 'DESC'}"

    def page(
        self, rows: Sequence[Any], limit: int, item: Callable[[Any], Item], key: str = "id"
    ) -> Page[Item]:
        """Make a page of up to ``limit`` of the ``limit + 1`` rows that were looked up."""
        shown = list(rows[:limit])
        if self.is_backwards:
            shown.reverse()
        before = len(rows) > limit if self.is_backwards else self.key is not None
        after = self.key is not None if self.is_backwards else len(rows) > limit
        return Page(
            tuple(item(row) for row in shown),
            _word(getattr(shown[-1], key)) if shown and after else None,
            f"-{_word(getattr(shown[0], key))}" if shown and before else None,
        )


def read_cursor(cursor: str | None) -> UUID | None:
    """Return the id of the last row seen; raise ``InvalidCursor`` for anything else."""
    if not cursor:
        return None
    if not _CURSOR.fullmatch(cursor):
        raise InvalidCursor
    return UUID(cursor)


def read_place(cursor: str | None, read: Callable[[str], Key | None] = read_cursor) -> Place:
    """Return where the page of a cursor begins; raise ``InvalidCursor`` for what is none of ours."""
    if cursor == LAST_PAGE:
        return Place(None, is_backwards=True)
    word = cursor or ""
    key = read(word.removeprefix("-"))
    if word.startswith("-") and key is None:
        raise InvalidCursor
    return Place(key, is_backwards=word.startswith("-"))


def page_of(items: list[Item], ids: list[UUID], limit: int) -> Page[Item]:
    """Make a page of up to ``limit`` of the ``limit + 1`` items that were looked up; onwards only."""
    more = len(items) > limit
    return Page(tuple(items[:limit]), ids[limit - 1].hex if more else None)


async def count_rows(session: AsyncSession, rows: str, parameters: Mapping[str, Any]) -> RowCount | None:
    """Count what the statement ``rows`` yields, up to ``MOST_COUNTED``; ``None`` if that takes a second."""
    counting = text(f"SELECT count(*) FROM ({rows} LIMIT :most) counted")  # noqa: S608 - our own statement
    try:
        async with session.begin_nested():
            await session.execute(text(f"SET LOCAL statement_timeout = {_COUNTING_MS}"))
            number = (await session.execute(counting, {**parameters, "most": MOST_COUNTED + 1})).scalar_one()
            await session.execute(text("SET LOCAL statement_timeout TO DEFAULT"))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != "57014":  # query_canceled
            raise
        return None
    return RowCount(min(number, MOST_COUNTED), is_more=number > MOST_COUNTED)


def _word(key: Key) -> str:
    return key.hex if isinstance(key, UUID) else str(key)
