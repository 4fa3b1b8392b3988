"""Texts with variables: ``{{列名}}`` in bodies, titles, descriptions and URLs (P-12).

A text is parsed once and rendered for up to 250,000 rows. Names are compared as ``domain.variable_names``
folds them, so that ``{{ 氏名 }}`` and the column ``氏名`` meet. Two kinds of names are
not columns: ``{{短縮URL1}}`` … ``{{短縮URL5}}`` (U-1) and ``{{オプトアウトURL}}`` (O-1), links that the
platform makes per recipient and that always count 25 characters.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.message_parts import normalize_text, utf16_length
from domain.text_limits import MAX_TEXT_LENGTH, MAX_VARIABLE_NAME_LENGTH
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
    NAME_TOO_LONG = "name_too_long"
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


class TextTooLong(ValueError):
    """A text so long that it is not even looked at, or filled in; ``characters`` are about as many."""

    def __init__(self, characters: int) -> None:
        super().__init__(f"{characters} characters, at most {MAX_TEXT_LENGTH} are read")
        self.characters = characters


class MalformedTemplate(ValueError):
    """A text whose braces do not pair; ``problems`` says where, in the order of the text.

    ``rest`` is the text with the bad places left as they stand: whatever else is wrong can be told with them.
    """

    def __init__(self, problems: tuple[TemplateProblem, ...], rest: "Template") -> None:
        first = problems[0]
        super().__init__(f"{len(problems)} problems, {first.code} at line {first.line} column {first.column}")
        self.problems = problems
        self.rest = rest


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
    """Return the form under which variable names and column names are compared (P-12).

    Empty for what is no variable's name: one of blanks, or a heading of more than 100 characters.
    """
    if len(name) > MAX_VARIABLE_NAME_LENGTH:
        return ""
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
        lines = _Lines(self.text)
        return tuple(
            lines.problem(TemplateProblemCode.UNKNOWN_VARIABLE, p.position, p.name)
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
        ``MissingVariables``: 「様」 without a name before it is never sent. Values of more than
        ``MAX_TEXT_LENGTH`` together raise ``TextTooLong``: one cell may be named a thousand times.
        """
        pieces = list(self.pieces)
        missing = []
        size = 0
        for index, key in self.slots:
            value = values.get(key)
            size += len(value or "")
            if size > MAX_TEXT_LENGTH:
                raise TextTooLong(size)
            if not value or is_blank(value):
                missing.append(key)
            else:
                pieces[index] = value
        if missing:
            raise MissingVariables(tuple(dict.fromkeys(missing)))
        return clean_text("".join(pieces))


def parse_template(text: str) -> Template:
    """Parse ``text`` once for many rows; raises ``MalformedTemplate`` with every bad place (P-12).

    Raises ``TextTooLong``, without a look at it, for more than ``MAX_TEXT_LENGTH``. Positions refer to the
    cleaned text, which is ``Template.text``. Takes time by the length of the text.
    """
    if len(text) > MAX_TEXT_LENGTH:
        raise TextTooLong(utf16_length(text))
    text = clean_text(text)
    lines = _Lines(text)
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
            problems.append(lines.problem(_braces_problem(token), token.start(), token[0]))
            pieces.append(token[0])
            continue
        slots.append((len(pieces), key))
        pieces.append("")
        placeholders.append(Placeholder(key, token[1].strip(), token.start()))
    template = Template(text, tuple(placeholders), (*pieces, text[end:]), tuple(slots))
    if problems:
        raise MalformedTemplate(tuple(problems), template)
    return template


def _braces_problem(token: re.Match[str]) -> TemplateProblemCode:
    if token[1] is not None:
        too_long = len(token[1]) > MAX_VARIABLE_NAME_LENGTH
        return TemplateProblemCode.NAME_TOO_LONG if too_long else TemplateProblemCode.EMPTY_NAME
    if token[0] == "{{":
        return TemplateProblemCode.UNCLOSED
    if token[0] == "}}":
        return TemplateProblemCode.UNOPENED
    return TemplateProblemCode.FULL_WIDTH_BRACES


class _Lines:
    """Where the lines of a text start, found once for all of its problems."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(end.end() for end in re.finditer("\n", text))]

    def problem(self, code: TemplateProblemCode, position: int, excerpt: str) -> TemplateProblem:
        line = bisect_right(self._starts, position)
        column = position - self._starts[line - 1] + 1
        if len(excerpt) > MAX_VARIABLE_NAME_LENGTH:
            excerpt = f"{excerpt[:MAX_VARIABLE_NAME_LENGTH]}…"
        return TemplateProblem(code, position, line, column, excerpt)
