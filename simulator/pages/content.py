"""A message as a screen shows it: text with links, cards, suggestions. Plain values for the templates."""

import ipaddress
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from simulator.messages import Message, RcsMessage

# As phones find addresses: ASCII only, so that Japanese may follow at once; no punctuation at the end.
_LINK = re.compile(r"https?://[\w\-.~:/?#\[\]@!$&'()*+,;=%]*[\w\-~/#&=%+$*]", re.ASCII)
_HEIGHTS = {"SHORT_HEIGHT": "short", "MEDIUM_HEIGHT": "medium", "TALL_HEIGHT": "tall"}
_SHOWN_FROM = re.compile(r"http://(127\.0\.0\.1|localhost)[:/]")  # as the pages' content security policy


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; link: its place when it is an address to open."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A chip or button. place: where it stands; kind: reply, url, dial or other; target: address, number."""

    place: str
    kind: str
    label: str
    target: str
    postback: str | None


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or film of a card. shown: whether a browser may load it from here."""

    url: str
    kind: str
    height: str
    shown: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One rich card; its parts may be missing, not all of them."""

    media: Media | None
    title: str
    description: tuple[Piece, ...]
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What a message consists of. carousel: the cards lie side by side. attachment: a file's address."""

    pieces: tuple[Piece, ...] = ()
    cards: tuple[Card, ...] = ()
    carousel: bool = False
    horizontal: bool = False
    attachment: str = ""
    chips: tuple[Suggestion, ...] = ()

    @property
    def summary(self) -> str:
        """A few words for a list."""
        text = "".join(piece.text for piece in self.pieces)
        text = text or next((card.title for card in self.cards if card.title), "")
        return text or ("添付ファイル" if self.attachment else "カード")

    def suggestion(self, place: str) -> Suggestion | None:
        """The suggestion at a place."""
        everywhere = (*self.chips, *(item for card in self.cards for item in card.suggestions))
        return next((item for item in everywhere if item.place == place), None)

    def address(self, place: str) -> str | None:
        """The web address behind a link or a suggestion at a place."""
        for piece in (*self.pieces, *(piece for card in self.cards for piece in card.description)):
            if piece.link and piece.link == place:
                return piece.text
        found = self.suggestion(place)
        return found.target if found is not None and found.kind == "url" else None


def whole(text: str) -> str:
    """The text with halves of surrogate pairs joined, or replaced where the other half is missing."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def content_of(message: Message) -> Content:
    """Read a message; whatever the platform sent, this does not fail."""
    if not isinstance(message, RcsMessage):
        return Content(pieces=_pieces(message.text, "text"))
    rcs = _object(json.loads(message.body).get("RCSMessage"))
    chips = _suggestions(_object(rcs.get("suggestedChipList")).get("suggestions"), "chip")
    cards = _object(_object(rcs.get("richcardMessage")).get("message"))
    single, several = (
        _object(cards.get("generalPurposeCard")),
        _object(cards.get("generalPurposeCardCarousel")),
    )
    if single:
        horizontal = _object(single.get("layout")).get("cardOrientation") == "HORIZONTAL"
        card = _card(_object(single.get("content")), 0)
        return Content(cards=(card,), horizontal=horizontal, chips=chips)
    if several:
        listed = several.get("content")
        slides = tuple(
            _card(_object(item), at) for at, item in enumerate(listed if isinstance(listed, list) else ())
        )
        return Content(cards=slides, carousel=True, chips=chips)
    attached = _object(rcs.get("fileMessage")) or _object(rcs.get("audioMessage"))
    text = rcs.get("textMessage") or _object(rcs.get("geolocationPushMessage")).get("label")
    return Content(
        pieces=_pieces(_text(text), "text"), attachment=_text(attached.get("fileUrl")), chips=chips
    )


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return whole(value) if isinstance(value, str) else ""


def _pieces(text: str, name: str) -> tuple[Piece, ...]:
    text, at = whole(text), 0
    pieces: list[Piece] = []
    for number, found in enumerate(_LINK.finditer(text)):
        if found.start() > at:
            pieces.append(Piece(text[at : found.start()]))
        pieces.append(Piece(found[0], f"{name}-{number}"))
        at = found.end()
    if at < len(text):
        pieces.append(Piece(text[at:]))
    return tuple(pieces)


def _card(content: dict[str, Any], position: int) -> Card:
    name = f"card-{position}"
    media = _object(content.get("media"))
    return Card(
        _media(media) if media else None,
        _text(content.get("title")),
        _pieces(_text(content.get("description")), f"{name}-text"),
        _suggestions(content.get("suggestions"), name),
    )


def _media(media: dict[str, Any]) -> Media:
    kind = _text(media.get("mediaContentType")).partition("/")[0]
    url = _text(media.get("thumbnailUrl") if kind == "video" else media.get("mediaUrl"))
    url = url or _text(media.get("mediaUrl"))
    shown = _SHOWN_FROM.match(url) is not None and (kind == "image" or bool(media.get("thumbnailUrl")))
    return Media(url, kind, _HEIGHTS.get(_text(media.get("height")), "medium"), shown)


def _suggestions(listed: Any, name: str) -> tuple[Suggestion, ...]:
    if not isinstance(listed, list):
        return ()
    return tuple(_suggestion(_object(item), f"{name}-{at}") for at, item in enumerate(listed))


def _suggestion(item: dict[str, Any], place: str) -> Suggestion:
    body = _object(item.get("reply")) or _object(item.get("action"))
    data = _object(body.get("postback")).get("data")
    postback = data if isinstance(data, str) else None
    kind, target = ("reply", "") if "reply" in item else _action(body)
    return Suggestion(place, kind, _text(body.get("displayText")), target, postback)


def _action(body: dict[str, Any]) -> tuple[str, str]:
    if url := _text(_object(_object(body.get("urlAction")).get("openUrl")).get("url")):
        return "url", url
    if number := _text(_object(_object(body.get("dialerAction")).get("dialPhoneNumber")).get("phoneNumber")):
        return "dial", number
    return "other", next((name for name in body if name.endswith("Action")), "")
