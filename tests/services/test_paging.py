"""Pages both ways by a key, and counts that never make a page wait (L-1)."""

from uuid import UUID

import pytest
from sqlalchemy import text

from services import paging
from services.paging import InvalidCursor, Page, Place, RowCount, count_rows, read_place
from tests.services.support import Companies


class _Row:
    def __init__(self, number: int) -> None:
        self.id = UUID(int=number)


ROWS = [_Row(number) for number in range(25, 0, -1)]


def _page(cursor: str | None, limit: int = 10) -> Page[int]:
    place: Place = read_place(cursor)
    rows = ROWS
    if isinstance(place.key, UUID):
        key = place.key
        rows = [row for row in ROWS if (row.id > key if place.is_backwards else row.id < key)]
    read = sorted(rows, key=lambda row: row.id, reverse="DESC" in place.order("id"))[: limit + 1]
    return place.page(read, limit, lambda row: row.id.int)


def test_pages_there_and_back_are_the_same() -> None:
    """Newest first, whichever way a page was come to."""
    there = [_page(None)]
    while cursor := there[-1].next_cursor:
        there.append(_page(cursor))
    assert [len(page.items) for page in there] == [10, 10, 5]
    assert [number for page in there for number in page.items] == list(range(25, 0, -1))
    assert there[0].previous_cursor is None
    back = _page(there[2].previous_cursor)
    assert back.items == there[1].items
    assert _page(back.previous_cursor).items == there[0].items
    assert _page(back.previous_cursor).previous_cursor is None
    last = _page("end")
    assert (last.items, last.next_cursor) == (tuple(range(10, 0, -1)), None)
    assert _page(last.previous_cursor).items == tuple(range(20, 10, -1))


@pytest.mark.parametrize("cursor", ["x", "-", "--1", "-x", "END", "end ", "%00", "\x00"])
def test_what_no_page_gave_out_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        read_place(cursor)


async def test_counting_stops_at_a_bound_and_gives_up_after_a_while(
    companies: Companies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A count of millions is no reason for a page to be late; the transaction goes on."""
    async with companies.transaction() as session:
        assert await count_rows(session, "SELECT FROM generate_series(1, 7)", {}) == RowCount(7)
        many = await count_rows(session, "SELECT FROM generate_series(1, 20000)", {})
        assert many == RowCount(paging.MOST_COUNTED, is_more=True)
        monkeypatch.setattr(paging, "_COUNTING_MS", 50)
        assert await count_rows(session, "SELECT FROM pg_sleep(5)", {}) is None
        assert (await session.execute(text("SHOW statement_timeout"))).scalar_one() != "50ms"
        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
