"""Texts with variables: ``{{列名}}`` in bodies, titles, descriptions and URLs (P-12).

A text is parsed once and rendered for up to 250,000 rows. Names are compared as ``domain.variable_names``
folds them, so that ``{{ 氏名 }}`` and the column ``氏名`` meet. Two kinds of names are
not columns: ``{{短縮URL1}}`` … ``{{短縮URL5}}`` (U-1) and ``{{オプトアウトURL}}`` (O-1), links that the
platform makes per recipient and that always count 25 characters.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.message_parts import normalize_text
from domain.variable_names import fold_name
from domain.visible_text import is_blank

SHORT_URL_KEYS = tuple(f"短縮URL{number}" for number in range(1, 6))
OPT_OUT_URL_KEY = "オプトアウトURL"
LINK_KEYS = frozenset({*SHORT_URL_KEYS, OPT_OUT_URL_KEY})

# One half-width space on each side is part of the 25 (U-2, O-1).
LINK_CHARACTERS = 25
LINK_PLACEHOLDER = f" {'x' * (LINK_CHARACTERS - 2)} "

_TOKEN = re.compile(r"\{\{([^{}｛｝\n]*)\}\}|\{\{|\}\}|｛｛|｝｝")
_LINE_BREAKS = re.compile("[\x0b\x0c\x85\u2028\u2029]")
# Control characters, lone surrogates, direction overrides (they disguise what a text
# says), and the zero-width space and byte order mark that copying leaves behind and that would be
# billed. Joiners stay: emoji are made of them.
_UNSENDABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]|\t"
)


class TemplateProblemCode(StrEnum):
    """What is wrong with a placeholder."""

    UNCLOSED = "unclosed"
    UNOPENED = "unopened"
    EMPTY_NAME = "empty_name"
    # ｛｛氏名｝｝, as a Japanese keyboard writes it: it would be sent as it stands.
    FULL_WIDTH_BRACES = "full_width_braces"
    UNKNOWN_VARIABLE = "unknown_variable"


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """One bad placeholder. ``position`` counts from 0, ``line`` and ``column`` from 1 (code points)."""

    code: TemplateProblemCode
    position: int
    line: int
    column: int
    text: str


class MalformedTemplate(ValueError):
    """A text whose braces do not pair; ``problems`` says where."""

    def __init__(self, problems: tuple[TemplateProblem, ...]) -> None:
        super().__init__(", ".join(f"{p.code} at line {p.line} column {p.column}" for p in problems))
        self.problems = problems


class MissingVariables(ValueError):
    """A row has no value, or a blank one, for variables of the text; ``keys`` in order of use."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(f"{len(keys)} variables without a value")
        self.keys = keys


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One ``{{name}}``: the name as written, its comparison key, and where it starts in the text."""

    key: str
    name: str
    position: int


def variable_key(name: str) -> str:
    """Return the form under which variable names and column names are compared (P-12)."""
    return fold_name(clean_text(name))


def has_unsendable_characters(text: str) -> bool:
    """Whether ``clean_text`` would take away or replace characters, other than line ends and NFC."""
    return _UNSENDABLE.search(text) is not None


def clean_text(text: str) -> str:
    """Return ``text`` as it may be sent: no control characters, tabs as spaces, NFC, line ends as LF.

    Cleaning comes before NFC: what stood between a letter and its accent may be what is removed.
    """
    if _UNSENDABLE.search(text) is not None:
        text = _LINE_BREAKS.sub("\n", text).replace("\t", " ")
        text = _UNSENDABLE.sub("", text)
    return normalize_text(text)


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text. Made by ``parse_template`` only.

    ``pieces`` are the literals in order with an empty string at each placeholder; ``slots`` are the
    (index in ``pieces``, key) of the placeholders.
    """

    text: str
    placeholders: tuple[Placeholder, ...]
    pieces: tuple[str, ...]
    slots: tuple[tuple[int, str], ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """Keys of the columns the text needs, each once, in order of first use."""
        return tuple(dict.fromkeys(key for _, key in self.slots if key not in LINK_KEYS))

    @property
    def links(self) -> tuple[str, ...]:
        """Keys of the short and opt-out URLs the text needs, each once, in order of first use (U-1, O-1)."""
        return tuple(dict.fromkeys(key for _, key in self.slots if key in LINK_KEYS))

    def unknown_variables(self, keys: Iterable[str]) -> tuple[TemplateProblem, ...]:
        """Return the placeholders for which there is no column among ``keys``, with their places."""
        known = {*keys, *LINK_KEYS}
        return tuple(
            _problem(TemplateProblemCode.UNKNOWN_VARIABLE, self.text, p.position, p.name)
            for p in self.placeholders
            if p.key not in known
        )

    def fill(self, values: Mapping[str, str]) -> "Template":
        """Return the text with the given keys settled for all rows, the other placeholders left."""
        pieces = list(self.pieces)
        for index, key in self.slots:
            pieces[index] = values.get(key, "")
        slots = tuple(slot for slot in self.slots if slot[1] not in values)
        left = tuple(p for p in self.placeholders if p.key not in values)
        return Template(self.text, left, tuple(pieces), slots)

    def fill_links_for_counting(self) -> "Template":
        """Return the text with every link at its fixed 25 characters, as counts need it (U-2, O-1)."""
        return self.fill(dict.fromkeys(self.links, LINK_PLACEHOLDER))

    def render(self, values: Mapping[str, str]) -> str:
        """Return the final text for one row, cleaned and normalized (S-1).

        ``values`` go by ``variable_key``. A value that is absent, empty or blank raises
        ``MissingVariables``: 「様」 without a name before it is never sent.
        """
        pieces = list(self.pieces)
        missing = []
        for index, key in self.slots:
            value = values.get(key)
            if not value or is_blank(value):
                missing.append(key)
            else:
                pieces[index] = value
        if missing:
            raise MissingVariables(tuple(dict.fromkeys(missing)))
        return clean_text("".join(pieces))


def parse_template(text: str) -> Template:
    """Parse ``text`` once for many rows; raises ``MalformedTemplate`` with every bad place (P-12).

    Positions refer to the cleaned text, which is ``Template.text``.
    """
    text = clean_text(text)
    pieces: list[str] = []
    slots: list[tuple[int, str]] = []
    placeholders: list[Placeholder] = []
    problems: list[TemplateProblem] = []
    end = 0
    for token in _TOKEN.finditer(text):
        pieces.append(text[end : token.start()])
        end = token.end()
        key = variable_key(token[1]) if token[1] is not None else ""
        if not key:
            problems.append(_problem(_braces_problem(token), text, token.start(), token[0]))
            continue
        slots.append((len(pieces), key))
        pieces.append("")
        placeholders.append(Placeholder(key, token[1].strip(), token.start()))
    if problems:
        raise MalformedTemplate(tuple(problems))
    return Template(text, tuple(placeholders), (*pieces, text[end:]), tuple(slots))


def _braces_problem(token: re.Match[str]) -> TemplateProblemCode:
    if token[1] is not None:
        return TemplateProblemCode.EMPTY_NAME
    if token[0] == "{{":
        return TemplateProblemCode.UNCLOSED
    if token[0] == "}}":
        return TemplateProblemCode.UNOPENED
    return TemplateProblemCode.FULL_WIDTH_BRACES


def _problem(code: TemplateProblemCode, text: str, position: int, excerpt: str) -> TemplateProblem:
    line_start = text.rfind("\n", 0, position) + 1
    line = text.count("\n", 0, position) + 1
    return TemplateProblem(code, position, line, position - line_start + 1, excerpt)
