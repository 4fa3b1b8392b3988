"""Lists that are searched and paged through: their addresses, the page one is on, and the way back to it.

A search is an address that can be reloaded, kept and come back to (post/redirect/get). What is personal in it
(a phone number, a login id) is kept with the session and stands in the address as a word that says nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from services.paging import LAST_PAGE, Page, RowCount
from services.sessions import AccountSession
from services.stored_searches import KeptFor, find_search, keep_search
from web.cookies import last_list, set_last_list
from web.formats import thousands
from web.mail_posting import secret_box_of

SEARCH = "search"
_FARTHEST_ROW = 10**9
_LONGEST_ADDRESS = 800


async def kept_under(
    request: Request, session: AsyncSession, user: AccountSession, kind: KeptFor, typed: str
) -> str:
    """Keep what was typed with the session and return the word for the address."""
    return await keep_search(session, user, kind, typed, secret_box_of(request))


async def typed_before(
    request: Request, session: AsyncSession, user: AccountSession, kind: KeptFor
) -> str | None:
    """Return what the address's word stands for: empty without one, ``None`` if nobody knows any more."""
    word = request.query_params.get(SEARCH, "")
    return await find_search(session, user, kind, word, secret_box_of(request)) if word else ""


def list_address(path: str, fields: Mapping[str, str]) -> str:
    """Return the address of a list."""
    return f"{path}?{urlencode(fields)}" if fields else path


@dataclass(frozen=True, slots=True)
class Paging:
    """What stands below a list: which rows these are of how many, and where the other pages are."""

    words: str
    first: str | None
    previous: str | None
    next: str | None
    last: str | None
    here: str


def first_row(request: Request) -> int:
    """Return the number of the page's first row as the address says it; it is shown and decides nothing."""
    typed = request.query_params.get("row", "")
    return int(typed) if typed.isascii() and typed.isdigit() and 1 <= int(typed[:10]) < _FARTHEST_ROW else 1


def paging_of(
    request: Request,
    path: str,
    fields: Mapping[str, str],
    found: Page[Any],
    total: RowCount | None,
    size: int,
) -> Paging:
    """Return the ways from a page of up to ``size`` rows; ``fields`` are the search as addresses have it."""
    cursor = request.query_params.get("cursor", "")
    shown = len(found.items)
    row: int | None = first_row(request) if cursor else 1
    exact = total.number if total is not None and not total.is_more else None
    if cursor == LAST_PAGE:
        row = exact - shown + 1 if exact is not None else None
    if found.previous_cursor is None:
        row = 1

    def at(cursor: str, number: int | None) -> str:
        where = {"cursor": cursor} | ({"row": str(number)} if number is not None and number > 1 else {})
        return list_address(path, {**fields, **where})

    before = max(row - size, 1) if row is not None else None
    # Where few are left the page before is the first one.
    is_second = row is not None and row - size <= 1 and found.previous_cursor is not None
    first = list_address(path, fields)
    previous = found.previous_cursor and (first if is_second else at(found.previous_cursor, before))
    return Paging(
        words=_words(total, row, shown),
        first=first if found.previous_cursor else None,
        previous=previous or None,
        next=at(found.next_cursor, row + shown if row is not None else None) if found.next_cursor else None,
        last=at(LAST_PAGE, None) if found.next_cursor else None,
        here=at(cursor, row) if cursor else first,
    )


def _words(total: RowCount | None, row: int | None, shown: int) -> str:
    if not shown:
        return ""
    rows = (
        f"{thousands(row)}–{thousands(row + shown - 1)}件"
        if row is not None
        else f"最後の{thousands(shown)}件"
    )
    if total is None:
        return rows
    if total.is_more:
        return f"{thousands(total.number)}件以上のうち {rows}"
    # Rows were added or have gone since the number in the address was made.
    is_known = row is None or row + shown - 1 <= total.number
    return f"{thousands(total.number)}件中 {rows}" if is_known else f"{thousands(total.number)}件"


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists that lead to one kind of page: their paths with the words of the way back, the usual one first.

    ``name`` is that of the cookie that remembers the last one.
    """

    name: str
    ways: Sequence[tuple[str, str]]

    def back(self, request: Request) -> tuple[str, str]:
        """Return address and words of the way back: to the very search and page somebody came from."""
        for given in (
            request.query_params.get("back"),
            self._referrer(request),
            last_list(request, self.name),
        ):
            if given and (way := self._way(given)):
                return way
        return self.ways[0]

    def remember(self, response: Response, request: Request, address: str) -> None:
        """Note in the browser where its user is, for a page that is opened without saying where from."""
        if last_list(request, self.name) != address and len(address) <= _LONGEST_ADDRESS:
            set_last_list(response, request, self.name, address)

    def _referrer(self, request: Request) -> str | None:
        try:
            parts = urlsplit(request.headers.get("referer", ""))
        except ValueError:
            return None
        is_ours = parts.netloc == request.headers.get("host")
        return f"{parts.path}?{parts.query}" if is_ours else None

    def _way(self, address: str) -> tuple[str, str] | None:
        if len(address) > _LONGEST_ADDRESS or not address.isprintable():
            return None
        path, _, query = address.partition("?")
        words = dict(self.ways).get(path)
        return (list_address(path, dict(parse_qsl(query))), words) if words else None


MESSAGE_LISTS = Lists(
    "messages",
    (
        ("/log", "配信ログへ戻る"),
        ("/log/received", "受け取ったメッセージへ戻る"),
        ("/audit", "操作履歴へ戻る"),
    ),
)
CAMPAIGN_LISTS = Lists("campaigns", (("/campaigns", "案件一覧へ戻る"),))
