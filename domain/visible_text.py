"""What a reader sees of a text: whether there is anything, where it begins and ends, what nobody can show.

One rule for values of a list, texts, names of columns and names of people: a text of which nothing can be
seen is an empty one, and what cannot be seen at its edges is no part of it. Joiners, variation selectors
and tags are not seen by themselves and still belong to the letter or emoji before them.
"""

import re
import unicodedata

# White space of every width, Unicode's Default_Ignorable_Code_Point, fillers that are drawn as nothing
# (Hangul, Braille), control characters and annotation marks.
_JOINED = "\u200c\u200d\u034f\u180b-\u180f\ufe00-\ufe0f\U000e0000-\U000e0fff"
_LONE = (
    r"\s\x00-\x1f\x7f-\xa0\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202f"
    r"\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\ud800-\udfff"
)
_ONLY_INVISIBLE = re.compile(f"[{_LONE}{_JOINED}]*")
_EDGES = frozenset(filter(re.compile(f"[{_LONE}{_JOINED}]").match, map(chr, range(0x110000))))
_BEFORE = re.compile(f"^[{_LONE}{_JOINED}]+")
_LONE_ONE = re.compile(f"[{_LONE}]")

# Candidates that are looked at one by one: private use and whatever may be unassigned. CJK, kana, Hangul
# and Latin letters are not among them, so that ordinary text is passed over at the speed of the search.
_DOUBTFUL = re.compile(
    "[\u0250-\u02ff\u0300-\u1fff\u2064-\u2fff\u3040\u3097\u3098\u3100-\u33ff"
    "\ua000-\uabff\ud7a4-\ud7ff\ue000-\uf8ff\ufa6e\ufa6f\ufada-\ufeff\uff00\uffbf-\uffff"
    "\U00010000-\U0001efff\U0001fb00-\U0001fbff\U0001fffe\U0001ffff\U0002fffe\U0002ffff"
    "\U0003fffe-\U000dffff\U000e1000-\U0010ffff]"
)


def is_blank(text: str) -> bool:
    """Whether nothing of ``text`` can be seen: empty, white space, or characters that draw nothing."""
    # Asked for every cell of a list: the first character nearly always tells.
    return not text or (text[0] in _EDGES and _ONLY_INVISIBLE.fullmatch(text) is not None)


def trim(text: str) -> str:
    """Return ``text`` without what cannot be seen at its beginning and end.

    >>> trim("山田　太郎　　")
    '山田　太郎'
    """
    # Nearly all values need nothing: two characters are looked at, not all of them.
    if not text or not (text[0] in _EDGES or text[-1] in _EDGES):
        return text
    text = _BEFORE.sub("", text)
    # From behind: a search for what reaches the end would try every blank within the text as a beginning.
    end = len(text)
    while end and _LONE_ONE.match(text, end - 1):
        end -= 1
    return text[:end]


def unshowable_character(text: str) -> str | None:
    """Return the first character of ``text`` that no handset can show, ``None`` if there is none.

    These are private-use characters (外字: each machine has its own), what Unicode has not assigned (in
    planes 0 and 1, outside of what is reserved for emoji), non-characters, and U+FFFD, which stands for a
    character that somebody has lost already.
    """
    if text.isascii() or _DOUBTFUL.search(text) is None:
        return None
    return next((found for found in _DOUBTFUL.findall(text) if _is_unshowable(found)), None)


def _is_unshowable(character: str) -> bool:
    return character == "\ufffd" or unicodedata.category(character) in ("Co", "Cn")


# They turn the order of letters around, that of the words beside them as well.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def with_directions_shown(text: str) -> str:
    """Return ``text`` as it may stand on a page: what would change the direction of reading is written out.

    >>> with_directions_shown("請求書\u202efdp.exe")
    '請求書[U+202E]fdp.exe'
    """
    return text if text.isascii() else _DIRECTIONS.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)
