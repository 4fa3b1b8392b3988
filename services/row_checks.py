"""The check of a stored list against the texts of a campaign: run once, kept until either changes (P-11).

What was checked is told by a fingerprint, so that nothing is registered from rows that were checked
against another text, column or part table.
"""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller
from domain.campaigns import CampaignContent
from domain.carriers import Channel
from domain.message_parts import PartTable
from domain.recipient_files import (
    CheckedRow,
    CheckedText,
    CheckSummary,
    Column,
    FileShape,
    Record,
    RowChecker,
    RowError,
    RowErrorCode,
    RowProblem,
    check_rows,
    second_texts,
    shape_from_json,
)
from domain.templates import Template, parse_template
from models.recipient_upload import UploadSource
from services.campaigns import UploadNotFound
from services.database import allow_long_statements
from services.recipient_staging import replace_rows

_LOCK = text("""
    SELECT id, source, shape, phone_column, summary, checked_at FROM recipient_uploads
    WHERE company_id = :company_id AND id = :upload_id FOR NO KEY UPDATE
""")

_CONTENT = text("SELECT content FROM recipient_uploads WHERE company_id = :company_id AND id = :upload_id")

_ROWS = text("""
    SELECT row_number, phone_number, variables, cells FROM recipient_upload_rows
    WHERE company_id = :company_id AND upload_id = :upload_id ORDER BY row_number
""")

_KEEP_SUMMARY = text("""
    UPDATE recipient_uploads SET summary = CAST(:summary AS jsonb), valid_rows = :valid_rows,
        error_rows = :error_rows, checked_at = :now
    WHERE company_id = :company_id AND id = :upload_id
""")


# The first column of every list that came by the API; without a key it is no variable.
API_PHONE_COLUMN = Column(0, "phone_number", "")


@dataclass(frozen=True, slots=True)
class LockedUpload:
    """A list nobody else can check or register until the transaction ends.

    ``summary`` holds the counts of ``CheckSummary.to_json`` and the ``fingerprint`` they are for.
    """

    id: UUID
    source: UploadSource
    shape: FileShape
    phone_column: int | None
    summary: dict[str, Any] | None
    checked_at: datetime | None

    def fingerprint(self, content: CampaignContent, part_table: PartTable) -> str:
        """Return what a check of this list depends on, in short."""
        texts = {channel.value: body for channel, body in content.texts.items()}
        second = {channel.value: body for channel, body in content.second_texts.items()}
        reading = asdict(self.shape.reading)
        parts = [self.id.hex, self.phone_column, reading, texts, second, part_table]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()

    def is_checked_for(self, content: CampaignContent, part_table: PartTable) -> bool:
        """Whether the stored rows and counts are those of these texts."""
        stored = self.summary or {}
        return bool(stored.get("fingerprint") == self.fingerprint(content, part_table))


class Rules(TypedDict):
    """What every row is checked against, wherever it comes from."""

    phone_column: int
    sms: Template | None
    rcs: Template | None
    others: Sequence[CheckedText]
    part_table: PartTable


async def lock_upload(session: AsyncSession, caller: Caller, upload_id: UUID) -> LockedUpload:
    """Return a list of the company and keep others from changing it; raise ``UploadNotFound``."""
    row = (
        await session.execute(_LOCK, {"company_id": caller.company_id, "upload_id": upload_id})
    ).one_or_none()
    if row is None:
        raise UploadNotFound(str(upload_id))
    return LockedUpload(
        id=row.id,
        source=UploadSource(row.source),
        shape=shape_from_json(row.shape),
        phone_column=row.phone_column,
        summary=row.summary,
        checked_at=row.checked_at,
    )


async def run_row_check(
    session: AsyncSession,
    caller: Caller,
    upload: LockedUpload,
    content: CampaignContent,
    part_table: PartTable,
    now: datetime,
    records: Iterable[Record] | None = None,
) -> dict[str, Any]:
    """Check every row, keep the rows and the counts, and return the counts.

    The texts must have no problems and the phone column must be chosen. ``records`` are the rows of a
    list without a file (API) the first time; later they come from what was kept.
    """
    if upload.phone_column is None:
        raise ValueError("the phone-number column has not been chosen")
    await allow_long_statements(session)
    rules = _rules(content, upload.phone_column, part_table)
    key = {"company_id": caller.company_id, "upload_id": upload.id}
    shape = upload.shape
    rows: Iterable[CheckedRow | RowError]
    if upload.source is UploadSource.API:
        if records is None:
            records = _records((await session.execute(_ROWS, key)).all(), shape.columns)
        checker = RowChecker(shape.columns, **rules)
        rows, summary = _checked(checker, records), checker.summary
    else:
        file = io.BytesIO((await session.execute(_CONTENT, key)).scalar_one())
        check = check_rows(shape, file, **rules)
        rows, summary = check, check.summary
    await replace_rows(session, caller.company_id, upload.id, rows)
    fingerprint = upload.fingerprint(content, part_table)
    return await _keep_summary(session, key, summary, fingerprint, now)


def _rules(content: CampaignContent, phone_column: int, part_table: PartTable) -> Rules:
    first, second = (
        {channel: parse_template(body) for channel, body in texts.items()}
        for texts in (content.texts, content.second_texts)
    )
    return Rules(
        phone_column=phone_column,
        sms=first.get(Channel.SMS),
        rcs=first.get(Channel.RCS),
        others=second_texts(second, part_table),
        part_table=part_table,
    )


async def _keep_summary(
    session: AsyncSession, key: Mapping[str, UUID], summary: CheckSummary, fingerprint: str, now: datetime
) -> dict[str, Any]:
    counts = {**summary.to_json(), "fingerprint": fingerprint}
    counted = {"valid_rows": summary.valid_rows, "error_rows": summary.error_rows, "now": now}
    await session.execute(_KEEP_SUMMARY, {**key, **counted, "summary": json.dumps(counts)})
    return counts


def _checked(checker: RowChecker, records: Iterable[Record]) -> Iterator[CheckedRow | RowError]:
    """Check a program's recipients. One without any value is no blank line but a mistake of its own."""
    for record in records:
        row = checker.check(record)
        if row is None and not checker.summary.incomplete:
            problem = RowProblem(RowErrorCode.NUMBER_EMPTY, API_PHONE_COLUMN.name)
            row = RowError(record.number, (problem,), tuple(record.cells))
            checker.summary.add_error(row)
        if row is not None:
            yield row


def _records(rows: Iterable[Row[Any]], columns: tuple[Column, ...]) -> Iterator[Record]:
    """Return what an API request asked for: such a list has no file to be read again.

    Its first column is the number and has no key; the others are variables.
    """
    for row in rows:
        cells = row.cells or [
            row.phone_number,
            *(row.variables.get(column.key, "") for column in columns[1:]),
        ]
        yield Record(row.row_number, cells)
