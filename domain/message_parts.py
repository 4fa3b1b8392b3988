"""Characters, bytes and billable parts of a text: the single place that counts (S-1, R-1, R-2, B-1).

Preview, file check, sender and invoice call these functions. Every function takes text as it is at
hand and normalizes it itself, so that no caller can count something else than what is sent.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias

PartTable: TypeAlias = tuple[int, ...]

SMS_MAX_CHARACTERS = 660
RCS_MAX_CHARACTERS = 2_730

# Entry n is the longest text, in characters, that counts as n + 1 parts. Which table holds is
# contract data (B-1); these two are the ones contracts are made with.
DEFAULT_PART_TABLE: PartTable = (70, 134, 201, 268, 335, 402, 469, 536, 603, 660)
ALTERNATIVE_PART_TABLE: PartTable = (70, 132, 198, 264, 330, 396, 462, 528, 594, 660)

_HALF_WIDTH_KATAKANA = range(0xFF61, 0xFFA0)

# Accents and voicing marks: what stands on the letter before it. All of them lie below U+1F000.
_MARKS = "".join(chr(code) for code in range(0x300, 0x1F000) if unicodedata.combining(chr(code)))
# No language puts more on one letter (Unicode's stream-safe text, UAX #15), and normalizing sorts a letter's
# marks in time that grows with the square of their number: a megabyte of them would take hours.
_MARKS_TO_DROP = re.compile(f"([{_MARKS}]{{30}})[{_MARKS}]+")

# CJK compatibility ideographs: NFC would put another kanji into somebody's name.
_IDEOGRAPHS = "\uf900-\ufaff\U0002f800-\U0002fa1f"
_IDEOGRAPH = re.compile(f"([{_IDEOGRAPHS}]+)")
# With them, every other character that NFC replaces by itself, without anything beside it: the
# ångström and ohm signs, U+2000 and the like. Who wrote them chose them.
_KEPT = re.compile(
    f"([{_IDEOGRAPHS}\u0374\u037e\u0387\u1f71\u1f73\u1f75\u1f77\u1f79\u1f7b\u1f7d\u1fbb\u1fbe\u1fc9\u1fcb"
    "\u1fd3\u1fdb\u1fe3\u1feb\u1fee\u1fef\u1ff9\u1ffb\u1ffd\u2000\u2001\u2126\u212a\u212b\u2329\u232a]+)"
)


class MessageTooLong(ValueError):
    """A text has more characters than its channel or part table takes (S-1)."""

    def __init__(self, characters: int, limit: int) -> None:
        super().__init__(f"{characters} characters, at most {limit}")
        self.characters = characters
        self.limit = limit


class InvalidPartTable(ValueError):
    """A part table that is empty or does not grow."""


def normalize_text(text: str) -> str:
    """Return ``text`` as it is counted and sent: accents and voicing marks composed, line ends as LF (S-1).

    That is NFC, except that no character is exchanged for another one: the compatibility kanji of names
    (U+FA19, U+F9DC …) and signs such as U+212B keep the code points they came with. Takes time by its
    length; of unsorted marks on one letter the 30 that come first are kept.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    # What is normalized already, and so sorted, is found so in one pass.
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    return "".join(
        piece if index % 2 else unicodedata.normalize("NFC", _MARKS_TO_DROP.sub(r"\1", piece))
        for index, piece in enumerate(_KEPT.split(text))
    )


def by_pieces_between_ideographs(text: str, change: Callable[[str], str]) -> str:
    """Return ``text`` with ``change`` applied to all of it but compatibility kanji, which stay."""
    if text.isascii() or not _IDEOGRAPH.search(text):
        return change(text)
    pieces = _IDEOGRAPH.split(text)
    return "".join(piece if index % 2 else change(piece) for index, piece in enumerate(pieces))


def count_characters(text: str) -> int:
    """Return the characters of ``text``: UTF-16 code units after normalization, an emoji is 2 (S-1)."""
    return utf16_length(normalize_text(text))


def utf16_length(text: str) -> int:
    """Return the UTF-16 code units of ``text`` as it stands."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def count_bytes(text: str) -> int:
    """Return the bytes of ``text`` as card limits count them: half-width 1, full-width 2 (R-2).

    Half-width are ASCII and half-width katakana; anything else is 2 per UTF-16 code unit.
    """
    text = normalize_text(text)
    half_width = sum(1 for c in text if c.isascii() or ord(c) in _HALF_WIDTH_KATAKANA)
    return 2 * count_characters(text) - half_width


def check_part_table(table: PartTable) -> None:
    """Raise ``InvalidPartTable`` unless ``table`` is non-empty, positive and strictly growing (B-1)."""
    if not table or table[0] < 1:
        raise InvalidPartTable("a part table starts with at least one character")
    if any(left >= right for left, right in pairwise(table)):
        raise InvalidPartTable("a part table grows with every part")


def parts_for(text: str | int, table: PartTable = DEFAULT_PART_TABLE) -> int:
    """Return the billable parts of an SMS text, or of a count of characters (B-1).

    Nothing to send is 0 parts. Raises ``MessageTooLong`` above the last entry of ``table``.
    """
    characters = _characters_of(text)
    if characters > table[-1]:
        raise MessageTooLong(characters, table[-1])
    return bisect_left(table, characters) + 1 if characters else 0


def characters_left_in_part(text: str | int, table: PartTable = DEFAULT_PART_TABLE) -> int:
    """Return how many characters can be added before one part more is billed, 0 or more (B-1).

    In the last part this is what is left of the message. Raises ``MessageTooLong`` above it.
    """
    characters = _characters_of(text)
    return table[max(parts_for(characters, table), 1) - 1] - characters


def _characters_of(text: str | int) -> int:
    if isinstance(text, str):
        return count_characters(text)
    if text < 0:
        raise ValueError("a text has no negative length")
    return text
