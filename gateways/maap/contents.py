"""A content in MaaP's words: the members of ``RCSMessage`` that hold it (docs/carriers.md §2).

Contents are taken as valid (``domain/rcs_content_limits.py``). What is not set is left out: some platforms
refuse a null.
"""

from typing import Any

from domain.message_parts import normalize_text
from domain.phone_numbers import callable_number
from domain.rcs_contents import (
    Card,
    CardOrientation,
    CardWidth,
    Carousel,
    Dial,
    FileContent,
    ImageSide,
    Media,
    MediaHeight,
    OpenUrl,
    RcsContent,
    Reply,
    RichCard,
    Suggestion,
    TextContent,
    Thumbnail,
)

_HEIGHTS = {
    MediaHeight.LOW: "SHORT_HEIGHT",
    MediaHeight.MEDIUM: "MEDIUM_HEIGHT",
    MediaHeight.HIGH: "TALL_HEIGHT",
}
_ORIENTATIONS = {CardOrientation.VERTICAL: "VERTICAL", CardOrientation.HORIZONTAL: "HORIZONTAL"}
_SIDES = {ImageSide.LEFT: "LEFT", ImageSide.RIGHT: "RIGHT"}
_WIDTHS = {CardWidth.SMALL: "SMALL_WIDTH", CardWidth.MEDIUM: "MEDIUM_WIDTH"}


def content_members(content: RcsContent) -> dict[str, Any]:
    """Return ``textMessage``, ``richcardMessage`` or ``fileMessage``, and ``suggestedChipList`` if any."""
    members = _main_member(content)
    if content.chips:
        members["suggestedChipList"] = {"suggestions": [_suggestion(chip) for chip in content.chips]}
    return members


def _main_member(content: RcsContent) -> dict[str, Any]:
    match content:
        case TextContent():
            return {"textMessage": normalize_text(content.text)}
        case RichCard():
            return {"richcardMessage": {"message": {"generalPurposeCard": _rich_card(content)}}}
        case Carousel():
            cards = {
                "layout": {"cardWidth": _WIDTHS[content.width]},
                "content": [_card(card) for card in content.cards],
            }
            return {"richcardMessage": {"message": {"generalPurposeCardCarousel": cards}}}
        case FileContent():
            return {"fileMessage": _file(content)}


def _rich_card(content: RichCard) -> dict[str, Any]:
    layout = {"cardOrientation": _ORIENTATIONS[content.orientation]}
    if content.orientation is CardOrientation.HORIZONTAL:
        layout["imageAlignment"] = _SIDES[content.image_side]
    return {"layout": layout, "content": _card(content.card)}


def _card(card: Card) -> dict[str, Any]:
    members: dict[str, Any] = {}
    if card.media is not None:
        members["media"] = _media(card.media)
    if card.title is not None:
        members["title"] = normalize_text(card.title)
    if card.description is not None:
        members["description"] = normalize_text(card.description)
    if card.suggestions:
        members["suggestions"] = [_suggestion(suggestion) for suggestion in card.suggestions]
    return members


def _media(media: Media) -> dict[str, Any]:
    members: dict[str, Any] = {
        "mediaUrl": media.url,
        "mediaContentType": media.media_type.value,
        "mediaFileSize": media.size,
        "height": _HEIGHTS[media.height],
    }
    if media.thumbnail is not None:
        members |= _thumbnail(media.thumbnail, "thumbnailContentType")
    if media.description is not None:
        members["contentDescription"] = normalize_text(media.description)
    return members


def _file(content: FileContent) -> dict[str, Any]:
    members: dict[str, Any] = {
        "fileUrl": content.url,
        "fileMIMEType": content.media_type.value,
        "fileSize": content.size,
    }
    if content.name is not None:
        members["fileName"] = normalize_text(content.name)
    if content.thumbnail is not None:
        members |= _thumbnail(content.thumbnail, "thumbnailMIMEType")
    return members


def _thumbnail(thumbnail: Thumbnail, type_member: str) -> dict[str, Any]:
    return {
        "thumbnailUrl": thumbnail.url,
        type_member: thumbnail.media_type.value,
        "thumbnailFileSize": thumbnail.size,
    }


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    button = {
        "displayText": normalize_text(suggestion.label),
        # The 識別子 comes back when it is tapped and is handed on as it was written: not normalized.
        "postback": {"data": suggestion.identifier},
    }
    match suggestion:
        case Reply():
            return {"reply": button}
        case OpenUrl():
            return {"action": {**button, "urlAction": {"openUrl": {"url": suggestion.url}}}}
        case Dial():
            number = {"phoneNumber": callable_number(suggestion.phone_number)}
            return {"action": {**button, "dialerAction": {"dialPhoneNumber": number}}}
