"""The limits of a +Message's content (R-1 to R-5): the single place that knows them.

Characters and bytes are counted by ``domain/message_parts.py``, as everywhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from domain.message_parts import RCS_MAX_CHARACTERS, count_bytes, count_characters
from domain.phone_numbers import callable_number
from domain.rcs_contents import (
    Card,
    Carousel,
    Dial,
    FileContent,
    Media,
    MediaHeight,
    OpenUrl,
    RcsContent,
    RichCard,
    Suggestion,
    TextContent,
    Thumbnail,
)
from domain.visible_text import is_blank

MAX_MEDIA_BYTES = 5 * 1024 * 1024
MAX_TITLE_CHARACTERS = 200
MAX_TITLE_BYTES = 400
MAX_DESCRIPTION_CHARACTERS = 500
MAX_DESCRIPTION_BYTES = 1_000
MAX_CARD_SUGGESTIONS = 4
MAX_CHIPS = 10
MAX_CARDS = 10
MAX_IDENTIFIER_CHARACTERS = 40
# The service names no limit; handsets do (RCS Universal Profile: displayText), and cut what is longer.
MAX_LABEL_CHARACTERS = 25
# MaaP's own, for every address in a message.
MAX_URL_CHARACTERS = 2_048
MAX_FILE_NAME_CHARACTERS = 200

# Nothing a URL must escape may stand in it: white space, controls, quotes, and characters beyond ASCII.
_WEB_URL = re.compile(
    r"https?://[^\s\"<>\\^`{|}\x00-\x1f\x7f-\U0010ffff/?#]+[^\s\"<>\\^`{|}\x00-\x1f\x7f-\U0010ffff]*"
)


class ContentProblemCode(StrEnum):
    """What is wrong with a part of a content."""

    EMPTY = "empty"
    TOO_MANY_CHARACTERS = "too_many_characters"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY = "too_many"
    NOT_A_WEB_URL = "not_a_web_url"
    NOT_A_PHONE_NUMBER = "not_a_phone_number"
    # A carousel shows all media at medium height.
    HEIGHT_NOT_MEDIUM = "height_not_medium"
    # A thumbnail is a picture.
    NOT_AN_IMAGE = "not_an_image"


@dataclass(frozen=True, slots=True)
class ContentProblem:
    """One broken limit: ``place`` like ``cards.2.title``, counted from 1; ``limit`` where there is one."""

    code: ContentProblemCode
    place: str
    actual: int | None = None
    limit: int | None = None


class InvalidContent(ValueError):
    """A content that keeps a limit no carrier would forgive; says where, never quotes it."""

    def __init__(self, problems: tuple[ContentProblem, ...]) -> None:
        super().__init__(", ".join(f"{problem.place}: {problem.code}" for problem in problems))
        self.problems = problems


def content_problems(content: RcsContent) -> tuple[ContentProblem, ...]:
    """Return every limit ``content`` breaks, in reading order; none means that it can be sent."""
    return tuple(_of_content(content))


def _of_content(content: RcsContent) -> Iterator[ContentProblem]:
    match content:
        case TextContent():
            yield from _of_text("text", content.text, RCS_MAX_CHARACTERS)
        case RichCard():
            yield from _of_card("card", content.card)
        case Carousel():
            yield from _of_count("cards", len(content.cards), MAX_CARDS, at_least_one=True)
            for number, card in enumerate(content.cards, 1):
                yield from _of_card(f"cards.{number}", card)
                if card.media and card.media.height is not MediaHeight.MEDIUM:
                    yield ContentProblem(ContentProblemCode.HEIGHT_NOT_MEDIUM, f"cards.{number}.media")
        case FileContent():
            yield from _of_media("file", content)
            if content.name is not None:
                yield from _of_text("file.name", content.name, MAX_FILE_NAME_CHARACTERS)
    yield from _of_suggestions("chips", content.chips, MAX_CHIPS)


def _of_card(place: str, card: Card) -> Iterator[ContentProblem]:
    if card.media is None and card.title is None and card.description is None:
        yield ContentProblem(ContentProblemCode.EMPTY, place)
    if card.media is not None:
        yield from _of_media(f"{place}.media", card.media)
        if card.media.description is not None:
            yield from _of_text(f"{place}.media.description", card.media.description, MAX_TITLE_CHARACTERS)
    if card.title is not None:
        yield from _of_text(f"{place}.title", card.title, MAX_TITLE_CHARACTERS, MAX_TITLE_BYTES)
    if card.description is not None:
        limits = (MAX_DESCRIPTION_CHARACTERS, MAX_DESCRIPTION_BYTES)
        yield from _of_text(f"{place}.description", card.description, *limits)
    yield from _of_suggestions(f"{place}.suggestions", card.suggestions, MAX_CARD_SUGGESTIONS)


def _of_media(place: str, media: Media | FileContent) -> Iterator[ContentProblem]:
    yield from _of_url(f"{place}.url", media.url)
    yield from _of_size(f"{place}.size", media.size)
    if media.thumbnail is not None:
        yield from _of_thumbnail(f"{place}.thumbnail", media.thumbnail)


def _of_thumbnail(place: str, thumbnail: Thumbnail) -> Iterator[ContentProblem]:
    yield from _of_url(f"{place}.url", thumbnail.url)
    yield from _of_size(f"{place}.size", thumbnail.size)
    if not thumbnail.media_type.is_image:
        yield ContentProblem(ContentProblemCode.NOT_AN_IMAGE, place)


def _of_suggestions(place: str, suggestions: tuple[Suggestion, ...], most: int) -> Iterator[ContentProblem]:
    yield from _of_count(place, len(suggestions), most)
    for number, suggestion in enumerate(suggestions, 1):
        yield from _of_text(f"{place}.{number}.label", suggestion.label, MAX_LABEL_CHARACTERS)
        yield from _of_identifier(f"{place}.{number}.identifier", suggestion.identifier)
        if isinstance(suggestion, OpenUrl):
            yield from _of_url(f"{place}.{number}.url", suggestion.url)
        elif isinstance(suggestion, Dial) and callable_number(suggestion.phone_number) is None:
            yield ContentProblem(ContentProblemCode.NOT_A_PHONE_NUMBER, f"{place}.{number}.phone_number")


def _of_text(
    place: str, text: str, max_characters: int, max_bytes: int | None = None
) -> Iterator[ContentProblem]:
    characters = count_characters(text)
    if is_blank(text):
        yield ContentProblem(ContentProblemCode.EMPTY, place)
    if characters > max_characters:
        yield ContentProblem(ContentProblemCode.TOO_MANY_CHARACTERS, place, characters, max_characters)
    elif max_bytes is not None and (size := count_bytes(text)) > max_bytes:
        yield ContentProblem(ContentProblemCode.TOO_MANY_BYTES, place, size, max_bytes)


def _of_identifier(place: str, identifier: str) -> Iterator[ContentProblem]:
    # It goes out as it was written, not normalized: both lengths have to fit.
    characters = max(count_characters(identifier), len(identifier))
    if is_blank(identifier):
        yield ContentProblem(ContentProblemCode.EMPTY, place)
    if characters > MAX_IDENTIFIER_CHARACTERS:
        code = ContentProblemCode.TOO_MANY_CHARACTERS
        yield ContentProblem(code, place, characters, MAX_IDENTIFIER_CHARACTERS)


def _of_url(place: str, url: str) -> Iterator[ContentProblem]:
    if not _WEB_URL.fullmatch(url):
        yield ContentProblem(ContentProblemCode.NOT_A_WEB_URL, place)
    elif len(url) > MAX_URL_CHARACTERS:
        yield ContentProblem(ContentProblemCode.TOO_MANY_CHARACTERS, place, len(url), MAX_URL_CHARACTERS)


def _of_size(place: str, size: int) -> Iterator[ContentProblem]:
    if size < 1:
        yield ContentProblem(ContentProblemCode.EMPTY, place)
    elif size > MAX_MEDIA_BYTES:
        yield ContentProblem(ContentProblemCode.TOO_MANY_BYTES, place, size, MAX_MEDIA_BYTES)


def _of_count(place: str, count: int, most: int, *, at_least_one: bool = False) -> Iterator[ContentProblem]:
    if count > most:
        yield ContentProblem(ContentProblemCode.TOO_MANY, place, count, most)
    elif at_least_one and count == 0:
        yield ContentProblem(ContentProblemCode.EMPTY, place)
