"""Every status, reason and error in Japanese: the one place for words (a test asserts none is missing).

Words are grouped by enumeration: members of two of them can be equal as strings.
"""

from enum import StrEnum
from typing import Any

from web.wording import accounts, audit, campaigns, files, follow_ups, messages, operators, timeline
from web.wording.looks import LOOKS, Look

WORDS: dict[type[StrEnum], dict[Any, str]] = {
    **accounts.WORDS,
    **campaigns.WORDS,
    **messages.WORDS,
    **files.WORDS,
    **follow_ups.WORDS,
    **timeline.WORDS,
    **operators.WORDS,
    **audit.WORDS,
}


def word(member: StrEnum | None) -> str:
    """Return the Japanese word for a member of an enumeration; a dash for none."""
    return "–" if member is None else WORDS[type(member)][member]


def look(member: StrEnum) -> Look:
    """Return the icon and tone of a state."""
    return LOOKS[type(member)][member]
