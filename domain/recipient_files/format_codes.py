"""Format codes of spreadsheets, taken apart: sections between semicolons, tokens within (18.8.31)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple


class UnknownFormat(ValueError):
    """A format code, or a part of it, that we cannot draw."""


class Token(NamedTuple):
    """One piece: ``literal``, ``digit`` (0 # ?), ``point``, ``comma``, ``percent``, ``exponent``, ``slash``,
    ``date``, ``elapsed``, ``text`` or ``general``; ``text`` is what is written or the letters of the code.
    """

    kind: str
    text: str


class Condition(NamedTuple):
    """``[>=100]`` before a section."""

    operator: str
    limit: Decimal

    def holds(self, value: Decimal) -> bool:
        """Whether the section is for ``value``."""
        return {
            "<": value < self.limit,
            "<=": value <= self.limit,
            ">": value > self.limit,
            ">=": value >= self.limit,
            "=": value == self.limit,
            "<>": value != self.limit,
        }[self.operator]


@dataclass(frozen=True, slots=True)
class Section:
    """One section. ``locale`` is the number behind ``[$-``, in hexadecimal upper case, or words of it."""

    tokens: tuple[Token, ...]
    condition: Condition | None = None
    locale: str = ""
    kinds: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_general(self) -> bool:
        """Whether the number stands as it is, perhaps between words."""
        return "general" in self.kinds

    @property
    def is_date(self) -> bool:
        """Whether the number is a day, a time or a duration."""
        return bool(self.kinds & {"date", "elapsed"}) or self.locale in ("F800", "F400")

    @property
    def has_text(self) -> bool:
        """Whether a cell's own text has a place here."""
        return "text" in self.kinds

    @property
    def has_digits(self) -> bool:
        """Whether digits have a place here."""
        return "digit" in self.kinds


_SCANNER = re.compile(
    r"""
      "(?P<quoted>[^"]*)"
    | \\(?P<escaped>.)
    | _(?P<gap>.)
    | \*(?P<fill>.)
    | \[(?P<bracket>[^\]]*)\]
    | (?P<general>General|G/標準)
    | (?P<ampm>AM/PM|A/P)
    | (?P<exponent>E[+-])
    | (?P<date>y+|m+|d+|h+|s+|g+|e+|a{3,4})
    | (?P<digit>[0#?])
    | (?P<point>\.)
    | (?P<comma>,)
    | (?P<percent>%)
    | (?P<slash>/)
    | (?P<text>@)
    | (?P<literal>[-+$():^&'~{}<>=\s¥￥€£]|[^\x00-\x7f]|[1-9])
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_ELAPSED = re.compile("h+|m+|s+", re.IGNORECASE)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[0-9]+(?:\.[0-9]+)?)")
_COLOURS = re.compile(
    "black|blue|cyan|green|magenta|red|white|yellow|color *[0-9]+|[黒青水緑紫赤白黄]色?", re.IGNORECASE
)
_CURRENCY_OR_LOCALE = re.compile(r"\$([^-]*)(?:-(.*))?", re.DOTALL)


@lru_cache(maxsize=2_000)
def parse_format(code: str) -> tuple[Section, ...]:
    """Return the sections of a format code, 1 to 4; raise ``UnknownFormat``."""
    sections = tuple(_section(part) for part in _split(code))
    if not 1 <= len(sections) <= 4:
        raise UnknownFormat(code)
    return sections


def _split(code: str) -> list[str]:
    parts, start, at = [], 0, 0
    while at < len(code):
        if code[at] == ";":
            parts.append(code[start:at])
            start = at = at + 1
            continue
        found = _SCANNER.match(code, at)
        if found is None:
            raise UnknownFormat(code)
        at = found.end()
    return [*parts, code[start:]]


def _section(code: str) -> Section:
    tokens: list[Token] = []
    condition, locale = None, ""
    for found in _SCANNER.finditer(code):
        kind, text = str(found.lastgroup), found[str(found.lastgroup)]
        if kind != "bracket":
            tokens.extend(_token(kind, text))
        elif found_condition := _CONDITION.fullmatch(text):
            condition = Condition(found_condition[1], Decimal(found_condition[2]))
        elif _ELAPSED.fullmatch(text):
            tokens.append(Token("elapsed", text.lower()))
        elif named := _CURRENCY_OR_LOCALE.fullmatch(text):
            tokens.append(Token("literal", named[1]))
            locale = (named[2] or locale).upper()
        elif not _COLOURS.fullmatch(text):
            # [DBNum1] and the like write digits as kanji.
            raise UnknownFormat(code)
    return Section(tuple(tokens), condition, locale, frozenset(token.kind for token in tokens))


def _token(kind: str, text: str) -> Iterator[Token]:
    if kind in ("quoted", "escaped", "literal"):
        yield Token("literal", text)
    elif kind == "gap":
        yield Token("literal", " ")
    elif kind == "ampm":
        yield Token("date", text.upper())
    elif kind == "date":
        yield Token("date", text.lower())
    elif kind != "fill":
        yield Token(kind, text)
