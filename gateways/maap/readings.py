"""Single values as carriers write them, made safe to keep.

No NUL and no half surrogate pair gets through: both are valid in JSON, and PostgreSQL takes neither.
"""

import re
from datetime import UTC, datetime
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Return the text with a replacement character for what no text column takes."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def storable_text(value: Any) -> str | None:
    """Return the value as storable text: numbers count as text, empty text as nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        return storable(str(value)) or None
    except ValueError:  # an int of more digits than Python prints
        return None


def utc_time(value: Any) -> datetime | None:
    """Return an ISO 8601 timestamp in UTC, ``None`` for anything else; one without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def json_object(value: Any) -> dict[str, Any]:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}
