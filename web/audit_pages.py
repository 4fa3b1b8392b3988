"""An audit trail as a page with filters and as a file: the same for a company's trail and our own staff's."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.audit import AuditAction
from domain.callers import Caller, OperatorCaller
from services.audit import record_audit, trail_of
from services.audit_log import AuditFilter, AuditLine, audit_people, count_audit, search_audit
from services.database import Database
from services.paging import InvalidCursor, Page, RowCount
from web.access import database_of, now
from web.cookies import side_of
from web.csrf import read_form
from web.csv_files import csv_file_name, csv_stream
from web.formats import moment_short
from web.forms.audit_search import AuditSearch
from web.forms.search_reading import SearchReader
from web.lists import MESSAGE_LISTS, paging_of
from web.pages import page
from web.wording import word
from web.wording.audit import action_word, actor_word, target_words, value_words
from web.wording.problems import UNREADABLE_PAGE

PAGE_SIZE = 50
_FILE_BATCH = 1_000
_HEADINGS = ("番号", "日時（日本時間）", "操作した人", "接続元", "操作", "対象", "変更前", "変更後", "結果")


@dataclass(frozen=True, slots=True)
class AuditPlace:
    """Where a trail is shown, its first sentence, and the actions it can hold."""

    address: str
    lead: str
    actions: Sequence[AuditAction]


async def audit_page(request: Request, caller: Caller | OperatorCaller, place: AuditPlace) -> Response:
    """Show entries of the caller's trail, newest first, filtered by what the address says."""
    return await _show(request, caller, place, SearchReader(FormData(dict(request.query_params))))


async def _show(
    request: Request, caller: Caller | OperatorCaller, place: AuditPlace, reader: SearchReader
) -> Response:
    search = AuditSearch.of(reader)
    async with database_of(request).transaction(trail_of(caller)) as session:
        found, total = await _find(request, session, caller, search, reader)
        people = await audit_people(session, caller)
    paging = paging_of(request, place.address, search.fields(), found, total, PAGE_SIZE)
    response = page(
        request,
        "pages/audit.html",
        status=422 if reader.errors else 200,
        errors=[*reader.errors, *reader.remarks],
        status_code=422 if reader.errors else 200,
        place=place,
        search=search,
        lines=found.items,
        paging=paging,
        people=[(str(person), name) for person, name in people],
        actions=[(action.value, word(action)) for action in place.actions],
    )
    if not side_of(request):
        MESSAGE_LISTS.remember(response, request, paging.here)
    return response


async def _find(
    request: Request,
    session: AsyncSession,
    caller: Caller | OperatorCaller,
    search: AuditSearch,
    reader: SearchReader,
) -> tuple[Page[AuditLine], RowCount | None]:
    if reader.errors:
        return Page((), None), None
    wanted, cursor = search.audit_filter(), request.query_params.get("cursor")
    total = await count_audit(session, caller, wanted)
    try:
        return await search_audit(session, caller, wanted, cursor=cursor, limit=PAGE_SIZE), total
    except InvalidCursor:
        reader.remarks.append(UNREADABLE_PAGE)
        return await search_audit(session, caller, wanted, limit=PAGE_SIZE), total


async def audit_file(request: Request, caller: Caller | OperatorCaller, place: AuditPlace) -> Response:
    """Hand out what matches as CSV. That it left the portal is itself on record, so the form posts.

    A condition that cannot be read would make it another file than was asked for: the page says so instead.
    """
    reader = SearchReader(await read_form(request))
    search = AuditSearch.of(reader)
    if reader.errors or reader.remarks:
        again = SearchReader(reader.form)
        return await _show(request, caller, place, again)
    database = database_of(request)
    async with database.transaction(trail_of(caller)) as session:
        await record_audit(session, caller, AuditAction.AUDIT_EXPORTED, after=search.fields())
    name = csv_file_name("操作履歴", at=now())
    return csv_stream(name, _lines(database, caller, search.audit_filter()))


async def _lines(
    database: Database, caller: Caller | OperatorCaller, audit_filter: AuditFilter
) -> AsyncIterator[list[Sequence[str]]]:
    yield [_HEADINGS]
    cursor: str | None = None
    while True:
        async with database.transaction(trail_of(caller)) as session:
            found = await search_audit(session, caller, audit_filter, cursor=cursor, limit=_FILE_BATCH)
        yield [_cells(line) for line in found.items]
        cursor = found.next_cursor
        if cursor is None:
            return


def _cells(line: AuditLine) -> list[str]:
    return [
        str(line.position),
        moment_short(line.at),
        actor_word(line),
        line.remote_address or "",
        action_word(line.action),
        _target(line),
        value_words(dict(line.before)) if line.before else "",
        value_words(dict(line.after)) if line.after else "",
        word(line.result),
    ]


def _target(line: AuditLine) -> str:
    return " ".join(str(part) for part in (target_words(line), line.target_id) if part)
