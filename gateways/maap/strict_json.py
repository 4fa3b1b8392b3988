"""JSON whose objects remember that a member came twice with different values.

Python keeps the last of them, others the first: what such an object says depends on who reads it.
"""

import json
from typing import Any


class AmbiguousObject(dict[str, Any]):
    """An object in which a member has two different values; it holds the last."""


def read_json(body: bytes) -> Any:
    """Return the value in ``body``. Raises ``ValueError`` or ``RecursionError``."""
    return json.loads(body, object_pairs_hook=_object)


def is_ambiguous(value: Any) -> bool:
    """Whether an ``AmbiguousObject`` is anywhere in a value of ``read_json``, at whatever depth."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, AmbiguousObject):
            return True
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    differing = any(members[name] != value for name, value in pairs)
    return AmbiguousObject(members) if differing else members
