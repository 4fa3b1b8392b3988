"""Moments and days in requests and answers: one way of writing each."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?"
_WITHOUT_OFFSET = re.compile(_TIME, re.ASCII)
_RFC_3339 = re.compile(_TIME + r"([Zz]|[+-]\d{2}:\d{2})", re.ASCII)

_EXAMPLE = "2026-12-01T10:00:00+09:00"


def read_moment(given: Any) -> datetime:
    """Return the moment an RFC 3339 text names; no seconds since 1970, nothing without an offset."""
    if isinstance(given, str) and _WITHOUT_OFFSET.fullmatch(given):
        raise PydanticCustomError("time_zone_missing", "a time without an offset")
    if not isinstance(given, str) or not _RFC_3339.fullmatch(given):
        raise PydanticCustomError("invalid_moment", "not a date-time of RFC 3339")
    try:
        return datetime.fromisoformat(given.upper())
    except ValueError:
        raise PydanticCustomError("invalid_moment", "no such moment") from None


def read_day(given: Any) -> date:
    """Return the day a full-date of RFC 3339 names."""
    if not isinstance(given, str) or not _DAY.fullmatch(given):
        raise PydanticCustomError("invalid_day", "not a full-date of RFC 3339")
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise PydanticCustomError("invalid_day", "no such day") from None


def written_moment(moment: datetime) -> str:
    """Return a moment in UTC with milliseconds: always as long, so that texts sort as times do."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


_DATE_TIME = {"type": "string", "format": "date-time"}
_SENT = {"examples": ["2026-12-01T01:00:00.000Z"]}

GivenMoment = Annotated[
    datetime, BeforeValidator(read_moment), WithJsonSchema({**_DATE_TIME, "examples": [_EXAMPLE]})
]
GivenDay = Annotated[
    date,
    BeforeValidator(read_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-04-01"]}),
]
Moment = Annotated[
    datetime,
    PlainSerializer(written_moment, return_type=str),
    WithJsonSchema({**_DATE_TIME, **_SENT}, mode="serialization"),
]
