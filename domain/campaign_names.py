"""The name of a campaign's copy: it fits by the same rule as any name, and what is cut is seen to be cut."""

import unicodedata
from typing import NamedTuple

from domain.campaigns import MAX_NAME_CHARACTERS
from domain.message_parts import count_characters

_COPY = "（コピー）"
_CUT = "…"
_JOINER = "\u200d"


class CopiedName(NamedTuple):
    """The name of the copy. ``is_shortened``: the end of the first name had to go; 「…」 stands for it."""

    name: str
    is_shortened: bool


def copied_name(name: str) -> CopiedName:
    """Return the name of a copy, of at most ``MAX_NAME_CHARACTERS`` as names are counted (P-9)."""
    whole = name + _COPY
    if count_characters(whole) <= MAX_NAME_CHARACTERS:
        return CopiedName(whole, is_shortened=False)
    room = MAX_NAME_CHARACTERS - count_characters(_CUT + _COPY)
    # The copy of a copy: one mark says it, and the shortened name does not shrink with every copy.
    kept = name.removesuffix(_COPY).removesuffix(_CUT)
    while count_characters(kept) > room or _ends_inside_a_character(kept, name):
        kept = kept[:-1]
    return CopiedName(kept + _CUT + _COPY, is_shortened=True)


def _ends_inside_a_character(kept: str, name: str) -> bool:
    """Whether what follows belongs to the last character kept: an accent, or the rest of a joined emoji."""
    rest = name[len(kept) :]
    if not kept or not rest:
        return False
    is_variant = "\ufe00" <= rest[0] <= "\ufe0f" or "\U000e0100" <= rest[0] <= "\U000e01ef"
    return bool(unicodedata.combining(rest[0])) or is_variant or _JOINER in (rest[0], kept[-1])
