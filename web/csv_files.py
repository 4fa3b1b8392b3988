"""CSV files as the portal hands them out: the only place that writes them (L-4, P-11).

Every cell is guarded against being run as a formula, those of the first row as well. Files begin with a
byte order mark, so that Excel reads them as UTF-8, and have Japanese names that tell them apart.
"""

import csv
import io
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from datetime import datetime
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from domain.send_times import to_jst
from domain.spreadsheet_guard import guarded
from domain.templates import clean_text
from domain.visible_text import trim

_MEDIA_TYPE = "text/csv; charset=utf-8"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What a file name may not hold on Windows, and what would split a header.
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_LONGEST_PART = 60

Row = Sequence[str | int]


def csv_file_name(*parts: str, at: datetime) -> str:
    """Return a file's name from its parts and the day in Japan: 送信できない行_春の案内_20261201.csv."""
    named = [
        _NOT_IN_NAMES.sub("_", trim(clean_text(part)).replace("\n", " "))[:_LONGEST_PART] for part in parts
    ]
    return "_".join([*filter(None, named), f"{to_jst(at):%Y%m%d}"]) + ".csv"


def csv_answer(name: str, rows: Iterable[Row]) -> Response:
    """Answer with a small CSV file called ``name``."""
    return Response(_BYTE_ORDER_MARK + _lines(rows), media_type=_MEDIA_TYPE, headers=_headers(name))


def csv_stream(name: str, batches: AsyncIterable[Iterable[Row]]) -> StreamingResponse:
    """Answer with a CSV file called ``name`` that is written batch by batch, of any length."""
    return StreamingResponse(_encoded(batches), media_type=_MEDIA_TYPE, headers=_headers(name))


async def _encoded(batches: AsyncIterable[Iterable[Row]]) -> AsyncIterator[bytes]:
    yield _BYTE_ORDER_MARK
    async for rows in batches:
        yield _lines(rows)


def _lines(rows: Iterable[Row]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([guarded(str(cell)) for cell in row] for row in rows)
    # A lone surrogate cannot be written; what a list's cell held is not ours to choose.
    return text.getvalue().encode("utf-8", "replace")


def _headers(name: str) -> dict[str, str]:
    """RFC 6266: the name in UTF-8 for browsers, one in ASCII for whatever does not know that form."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
    plain = re.sub("_{2,}", "_", plain).lstrip("_")
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    }
