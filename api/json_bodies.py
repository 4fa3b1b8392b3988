"""JSON as requests bring it: read strictly, in time that grows with its length, giving way to others.

Python's own reader calls back for every object; that is where a member that comes twice is found, and where a
thread reading 50 MB lets the event loop run (a parser that returns once would stop it for a second).
"""

import json
from collections import Counter
from typing import Any, NoReturn


class UnreadableJson(ValueError):
    """Not JSON in UTF-8 (RFC 8259), nested too deep, or with half a character."""


class DuplicateMember(ValueError):
    """An object has a member twice: what is meant, nobody knows. ``name`` is the member's."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def parse_json(body: bytes | bytearray) -> Any:
    """Return what ``body`` says; raise ``UnreadableJson`` or ``DuplicateMember``. A bytearray is emptied."""
    try:
        text = body.decode()
        if isinstance(body, bytearray):
            # Whoever still holds it: the bytes, the text and what is made of it are too much at once.
            body.clear()
        return json.loads(text, object_pairs_hook=_object_of, parse_constant=_no_number)
    except DuplicateMember:
        raise
    except (ValueError, RecursionError):
        raise UnreadableJson from None


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # "\u0061" has become "a" by now: however a name is written, it is compared as it is meant.
    members = dict(pairs)
    for name, value in pairs:
        # Halves of a surrogate pair, written as escapes, are no text: this raises for them.
        if not name.isascii():
            name.encode()
        if type(value) is str and not value.isascii():
            value.encode()
    if len(members) < len(pairs):
        times = Counter(name for name, _ in pairs)
        raise DuplicateMember(next(name for name, count in times.items() if count > 1))
    return members


def _no_number(constant: str) -> NoReturn:
    raise ValueError(constant)
