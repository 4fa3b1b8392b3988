"""The word a check page hands on with its button, and what has changed when it comes back as an old one."""

import hashlib
from enum import StrEnum

# Of a token: enough to notice a change; it guards nothing against its own sender.
_HALF = 16


class CheckChange(StrEnum):
    """What is not as it was when the page was shown."""

    CONTENT = "content"
    NUMBERS = "numbers"
    CONTENT_AND_NUMBERS = "content_and_numbers"


def check_token(content: object, numbers: object) -> str:
    """Return 32 characters: the first half stands for what is sent, the second for how many and how much."""
    return _half(content) + _half(numbers)


def changes_between(shown_token: str, token: str) -> CheckChange:
    """Return what differs; both halves, when the shown token is none of ours."""
    if shown_token[_HALF:] == token[_HALF:] and shown_token != token:
        return CheckChange.CONTENT
    return CheckChange.NUMBERS if shown_token[:_HALF] == token[:_HALF] else CheckChange.CONTENT_AND_NUMBERS


def _half(shown: object) -> str:
    return hashlib.sha256(repr(shown).encode("utf-8", "replace")).hexdigest()[:_HALF]
