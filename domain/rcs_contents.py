"""What a +Message can hold: a text, a rich card, a carousel or a file, with chips below (R-1 to R-5).

Plain facts, as a company wrote them; texts are final (variables expanded). Whether a content keeps the
limits is ``domain/rcs_content_limits.py``; how carriers want it written is the gateway's affair.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from domain.message_parts import normalize_text


class MediaType(StrEnum):
    """The media a card or file message may hold (R-2)."""

    GIF = "image/gif"
    JPEG = "image/jpeg"
    PNG = "image/png"
    MP4 = "video/mp4"

    @property
    def is_image(self) -> bool:
        """Whether it can serve as a thumbnail."""
        return self is not MediaType.MP4


class MediaHeight(StrEnum):
    """How much of a card its media take: 低, 中, 高 (R-2)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class CardOrientation(StrEnum):
    """Media above the texts, or beside them."""

    VERTICAL = "vertical"
    HORIZONTAL = "horizontal"


class ImageSide(StrEnum):
    """Where a horizontal card has its media."""

    LEFT = "left"
    RIGHT = "right"


class CardWidth(StrEnum):
    """How wide the cards of a carousel are."""

    SMALL = "small"
    MEDIUM = "medium"


@dataclass(frozen=True, slots=True)
class OpenUrl:
    """A button that opens a page. ``identifier`` (識別子) is handed on when it is tapped (R-5)."""

    label: str
    identifier: str
    url: str


@dataclass(frozen=True, slots=True)
class Dial:
    """A button that calls ``phone_number``: any number that can be called from abroad, in any notation."""

    label: str
    identifier: str
    phone_number: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A button that answers; what follows from it is P-8's affair."""

    label: str
    identifier: str


Suggestion: TypeAlias = OpenUrl | Dial | Reply


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture shown until the media are loaded; ``size`` in bytes."""

    url: str
    media_type: MediaType
    size: int


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or video at an address the carrier can fetch; ``size`` in bytes."""

    url: str
    media_type: MediaType
    size: int
    height: MediaHeight = MediaHeight.MEDIUM
    thumbnail: Thumbnail | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One card; at least one of media, title and description is there."""

    media: Media | None = None
    title: str | None = None
    description: str | None = None
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class TextContent:
    """A text (R-1) with chips below it (R-4)."""

    text: str
    chips: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class RichCard:
    """A single card (R-2) with chips below it. ``image_side`` counts for a horizontal card only."""

    card: Card
    orientation: CardOrientation = CardOrientation.VERTICAL
    image_side: ImageSide = ImageSide.LEFT
    chips: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class Carousel:
    """Cards side by side (R-3) with chips below them."""

    cards: tuple[Card, ...]
    width: CardWidth = CardWidth.MEDIUM
    chips: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file by itself, at an address the carrier can fetch; ``size`` in bytes."""

    url: str
    media_type: MediaType
    size: int
    name: str | None = None
    thumbnail: Thumbnail | None = None
    chips: tuple[Suggestion, ...] = ()


RcsContent: TypeAlias = TextContent | RichCard | Carousel | FileContent


def text_of(content: RcsContent) -> str:
    """Return what can be read in a content, normalized: cards divided by an empty line.

    For the log and for searching; buttons and addresses are left out.
    """
    match content:
        case TextContent():
            return normalize_text(content.text)
        case RichCard():
            return _text_of_card(content.card)
        case Carousel():
            return "\n\n".join(filter(None, map(_text_of_card, content.cards)))
        case FileContent():
            return normalize_text(content.name or "")


def _text_of_card(card: Card) -> str:
    return "\n".join(normalize_text(text) for text in (card.title, card.description) if text)
