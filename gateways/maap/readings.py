"""Single values as carriers write them, made safe to keep.

No NUL and no half surrogate pair gets through: both are valid in JSON, and PostgreSQL takes neither.
"""

import re
from datetime import UTC, datetime
from typing import Any

_PADDING = "".join(map(chr, range(0x21))) + "\x7f\xa0\u3000\ufeff"
_NOT_IN_A_WORD = re.compile(r"[\s_\x00-\x1f-]+")
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


def message_key(value: Any) -> str | None:
    """Return an id (of a message, a bot) as it is kept: without blanks and control characters at its ends.

    One reading for the answer to a submit and for events, so that one id has one form.
    """
    return storable_text(value.strip(_PADDING) if isinstance(value, str) else value)


def word(text: str) -> str:
    """Return a word of MaaP's for comparison: without case, blanks, ``_`` and ``-``."""
    return _NOT_IN_A_WORD.sub("", text.casefold())


def utc_time(value: Any) -> datetime | None:
    """Return an ISO 8601 timestamp in UTC, ``None`` for anything else; one without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        if moment is None:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def json_object(value: Any) -> dict[str, Any]:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}
