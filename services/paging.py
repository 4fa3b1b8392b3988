"""Keyset pages: a cursor names the last row seen, so that new rows never shift a page."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

Item = TypeVar("Item")


class InvalidCursor(ValueError):
    """A cursor that none of our pages gave out."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items in order; ``next_cursor`` fetches what follows them, ``None`` at the end."""

    items: tuple[Item, ...]
    next_cursor: str | None


def read_cursor(cursor: str | None) -> UUID | None:
    """Return the id of the last row seen; raise ``InvalidCursor`` for anything else."""
    if not cursor:
        return None
    try:
        return UUID(cursor)
    except ValueError:
        raise InvalidCursor from None


def page_of(items: list[Item], ids: list[UUID], limit: int) -> Page[Item]:
    """Make a page of up to ``limit`` of the ``limit + 1`` items that were looked up."""
    more = len(items) > limit
    return Page(tuple(items[:limit]), ids[limit - 1].hex if more else None)
