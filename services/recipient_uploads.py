"""Lists of recipients before they belong to a campaign: files and typed numbers (P-10, P-11)."""

import asyncio
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller
from domain.recipient_files import (
    FileProblem,
    FileProblemCode,
    FileShape,
    Reading,
    RowErrorCode,
    RowProblem,
    inspect_file,
    read_records,
    shape_from_json,
    typed_content,
    typed_lines,
    typed_shape,
)
from domain.templates import clean_text
from domain.visible_text import trim
from models.recipient_upload import UploadSource
from services.campaigns import UploadNotFound

MAX_FILE_BYTES = 64 * 1024 * 1024
"""Largest file taken: 250,000 rows of some 250 bytes."""

_MAX_FILE_NAME = 200

_COLUMNS = "id, source, file_name, shape, phone_column, valid_rows, error_rows, checked_at"

_INSERT = text(f"""
    INSERT INTO recipient_uploads (company_id, source, file_name, content, shape, phone_column)
    VALUES (:company_id, :source, :file_name, :content, CAST(:shape AS jsonb), :phone_column)
    RETURNING {_COLUMNS}
""")  # noqa: S608

_LOAD = text(f"SELECT {_COLUMNS} FROM recipient_uploads WHERE company_id = :company_id AND id = :upload_id")  # noqa: S608

# A new column makes the last check worthless.
_CHOOSE = text(f"""
    UPDATE recipient_uploads SET phone_column = :phone_column
    WHERE company_id = :company_id AND id = :upload_id RETURNING {_COLUMNS}
""")  # noqa: S608

_CONTENT = text("SELECT content FROM recipient_uploads WHERE company_id = :company_id AND id = :upload_id")

_READ_AGAIN = text(f"""
    UPDATE recipient_uploads SET shape = CAST(:shape AS jsonb), phone_column = :phone_column
    WHERE company_id = :company_id AND id = :upload_id RETURNING {_COLUMNS}
""")  # noqa: S608

_ERRORS = text("""
    SELECT row_number, cells, problems FROM recipient_upload_rows
    WHERE company_id = :company_id AND upload_id = :upload_id AND row_number > :after AND problems IS NOT NULL
    ORDER BY row_number LIMIT :limit
""")


class FileRefused(Exception):
    """A file that cannot be read as a list of recipients; nothing of it was kept."""

    def __init__(self, shape: FileShape) -> None:
        super().__init__(", ".join(problem.code.value for problem in shape.problems))
        self.shape = shape

    @property
    def problems(self) -> tuple[FileProblem, ...]:
        """What is wrong and where."""
        return self.shape.problems


class UnknownPhoneColumn(ValueError):
    """The file has no such column."""


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """A list as it is stored. ``phone_column`` is an index of ``shape.columns``, ``None``: to be chosen.

    ``valid_rows`` and ``error_rows`` are those of the check at ``checked_at`` (0 before the first).
    """

    id: UUID
    source: UploadSource
    file_name: str
    shape: FileShape
    phone_column: int | None
    valid_rows: int
    error_rows: int
    checked_at: datetime | None

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names a text may use as variables, as in the header."""
        return tuple(column.name for column in self.shape.columns if column.key)


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A row that cannot be sent to: its cells in the order of the columns, and why."""

    row_number: int
    cells: tuple[str, ...]
    problems: tuple[RowProblem, ...]


async def store_upload(session: AsyncSession, caller: Caller, file_name: str, content: bytes) -> StoredUpload:
    """Keep an uploaded file of the company (P-11, first stage).

    A phone-number column that is beyond doubt is chosen at once. Raises ``FileRefused`` for a file
    whose rows cannot be checked.
    """
    name = trim(clean_text(file_name))[-_MAX_FILE_NAME:] or "recipients"
    if len(content) > MAX_FILE_BYTES:
        raise FileRefused(FileShape(name, problems=(FileProblem(FileProblemCode.TOO_LARGE),)))
    shape = await asyncio.to_thread(inspect_file, name, io.BytesIO(content))
    return await _store(session, caller, UploadSource.FILE, shape, content)


async def store_typed_numbers(session: AsyncSession, caller: Caller, typed: str) -> StoredUpload:
    """Keep numbers typed one a line, or between commas, as a list with the one column ``電話番号``.

    Rows are counted as the lines of the field. Raises ``FileRefused`` with ``NO_ROWS`` when nothing was
    typed.
    """
    lines = await asyncio.to_thread(typed_lines, typed)
    shape = typed_shape(lines)
    if not shape.rows:
        raise FileRefused(FileShape(shape.filename, problems=(FileProblem(FileProblemCode.NO_ROWS),)))
    return await _store(session, caller, UploadSource.TYPED, shape, typed_content(lines))


async def typed_numbers(session: AsyncSession, caller: Caller, upload_id: UUID) -> str | None:
    """Return the numbers of a typed list, one a line, to be mended in place; ``None`` for another list.

    Raises ``UploadNotFound``.
    """
    upload = await upload_view(session, caller, upload_id)
    if upload.source is not UploadSource.TYPED:
        return None
    content = await _content(session, caller, upload_id)
    records = read_records(upload.shape, io.BytesIO(content))
    # Lists that were typed before they had no header have one.
    return "\n".join(record.cells[0] for record in records if record.number > upload.shape.header_row)


async def read_again(
    session: AsyncSession, caller: Caller, upload_id: UUID, reading: Reading
) -> StoredUpload:
    """Read a stored file in another way: encoding, row of the names, sheet, hidden rows (P-11).

    The column with the numbers is found anew. Raises ``FileRefused`` if the file cannot be read so (then
    nothing has changed), and ``UploadNotFound``.
    """
    upload = await upload_view(session, caller, upload_id)
    content = await _content(session, caller, upload_id)
    shape = await asyncio.to_thread(inspect_file, upload.file_name, io.BytesIO(content), reading)
    if not shape.can_be_checked:
        raise FileRefused(shape)
    key = {"company_id": caller.company_id, "upload_id": upload_id}
    changes = {"shape": _stored(shape), "phone_column": _certain_column(shape)}
    return _upload((await session.execute(_READ_AGAIN, {**key, **changes})).one_or_none(), upload_id)


async def upload_view(session: AsyncSession, caller: Caller, upload_id: UUID) -> StoredUpload:
    """Return a list of the company; raise ``UploadNotFound`` for any other id."""
    key = {"company_id": caller.company_id, "upload_id": upload_id}
    return _upload((await session.execute(_LOAD, key)).one_or_none(), upload_id)


async def choose_phone_column(
    session: AsyncSession, caller: Caller, upload_id: UUID, column: int
) -> StoredUpload:
    """Say which column (index from 0) holds the numbers; raise ``UnknownPhoneColumn``, ``UploadNotFound``."""
    upload = await upload_view(session, caller, upload_id)
    if not 0 <= column < len(upload.shape.columns):
        raise UnknownPhoneColumn(str(column))
    key = {"company_id": caller.company_id, "upload_id": upload_id, "phone_column": column}
    return _upload((await session.execute(_CHOOSE, key)).one_or_none(), upload_id)


async def error_rows(
    session: AsyncSession, caller: Caller, upload_id: UUID, *, after: int = 0, limit: int = 1000
) -> list[ErrorRow]:
    """Return the rows the last check refused, in order, beginning after row ``after``.

    For a download call it again with the last row's number until nothing comes.
    """
    key = {"company_id": caller.company_id, "upload_id": upload_id, "after": after, "limit": limit}
    rows = (await session.execute(_ERRORS, key)).all()
    return [ErrorRow(row.row_number, tuple(row.cells), tuple(map(_problem, row.problems))) for row in rows]


async def _store(
    session: AsyncSession, caller: Caller, source: UploadSource, shape: FileShape, content: bytes
) -> StoredUpload:
    if not shape.can_be_checked:
        raise FileRefused(shape)
    row = await session.execute(
        _INSERT,
        {
            "company_id": caller.company_id,
            "source": source.value,
            "file_name": shape.filename,
            "content": content,
            "shape": _stored(shape),
            "phone_column": _certain_column(shape),
        },
    )
    return _upload(row.one(), None)


async def _content(session: AsyncSession, caller: Caller, upload_id: UUID) -> bytes:
    key = {"company_id": caller.company_id, "upload_id": upload_id}
    content: bytes = (await session.execute(_CONTENT, key)).scalar_one()
    return content


def _stored(shape: FileShape) -> str:
    return json.dumps(shape.to_json(), ensure_ascii=False)


def _certain_column(shape: FileShape) -> int | None:
    phone = shape.phone_column
    return phone.index if phone is not None and phone.certain else None


def _upload(row: Row[Any] | None, upload_id: UUID | None) -> StoredUpload:
    if row is None:
        raise UploadNotFound(str(upload_id))
    return StoredUpload(
        id=row.id,
        source=UploadSource(row.source),
        file_name=row.file_name,
        shape=shape_from_json(row.shape),
        phone_column=row.phone_column,
        valid_rows=row.valid_rows,
        error_rows=row.error_rows,
        checked_at=row.checked_at,
    )


def _problem(stored: Mapping[str, Any]) -> RowProblem:
    return RowProblem(**{**stored, "code": RowErrorCode(stored["code"])})
