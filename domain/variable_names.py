"""Names of variables and of columns: when two of them are the same (P-12).

Names are compared after NFKC, with runs of white space as one space, so that ``{{ ｔｅｌ }}`` and the
column ``tel`` meet. Kanji of names stay apart: U+FA19 and U+795E (神) are two names.
"""

import unicodedata
from collections.abc import Iterable

from domain.message_parts import by_pieces_between_ideographs
from domain.visible_text import is_blank


def fold_name(name: str) -> str:
    """Return the form under which two names are compared; empty if nothing of ``name`` can be seen.

    ``name`` is cleaned text (``domain.templates.clean_text``); ``variable_key`` cleans and folds.
    """
    if is_blank(name):
        return ""
    folded = by_pieces_between_ideographs(name, lambda piece: unicodedata.normalize("NFKC", piece))
    return " ".join(folded.split())


def clashing_names(keys: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs of different names under one key, in order, each later one with the first (P-12).

    ``keys`` are (name, key) pairs; a name that comes twice clashes with itself only if it is given twice.
    Names without a key are no variables and clash with nothing.

    >>> clashing_names([("①", "1"), ("氏名", "氏名"), ("1", "1")])
    [('①', '1')]
    """
    first: dict[str, str] = {}
    clashes = []
    for name, key in keys:
        if not key:
            continue
        if key in first:
            clashes.append((first[key], name))
        else:
            first[key] = name
    return clashes
