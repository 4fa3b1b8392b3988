"""An audit trail as a page with filters and as a file: the same for a company's trail and our own staff's."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.audit import AuditAction
from domain.callers import Caller, OperatorCaller
from services.audit import record_audit, trail_of
from services.audit_log import AuditFilter, AuditLine, audit_people, search_audit
from services.database import Database
from services.paging import InvalidCursor
from web.access import database_of, now
from web.csrf import read_form
from web.csv_files import csv_file_name, csv_stream
from web.formats import moment_short
from web.forms.audit_search import AuditSearch
from web.pages import go, page
from web.wording import word
from web.wording.audit import action_word, actor_word, target_words, value_words

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
    search = AuditSearch.of(FormData(dict(request.query_params)))
    try:
        async with database_of(request).transaction(trail_of(caller)) as session:
            found = await search_audit(
                session, caller, search.audit_filter(), cursor=search.cursor or None, limit=PAGE_SIZE
            )
            people = await audit_people(session, caller)
    except InvalidCursor:
        return go(place.address)
    return page(
        request,
        "pages/audit.html",
        place=place,
        search=search,
        lines=found.items,
        next_cursor=found.next_cursor,
        people=[(str(person), name) for person, name in people],
        actions=[(action.value, word(action)) for action in place.actions],
    )


async def audit_file(request: Request, caller: Caller | OperatorCaller) -> Response:
    """Hand out what matches as CSV. That it left the portal is itself on record, so the form posts."""
    search = AuditSearch.of(await read_form(request))
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
