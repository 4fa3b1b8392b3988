"""Strategies for +Message contents that keep every limit (R-1 to R-4), with the edges likely."""

from hypothesis import strategies as st

from domain.message_parts import count_bytes, count_characters
from domain.rcs_content_limits import (
    MAX_CHIPS,
    MAX_DESCRIPTION_BYTES,
    MAX_DESCRIPTION_CHARACTERS,
    MAX_FILE_NAME_CHARACTERS,
    MAX_IDENTIFIER_CHARACTERS,
    MAX_LABEL_CHARACTERS,
    MAX_MEDIA_BYTES,
    MAX_TITLE_BYTES,
    MAX_TITLE_CHARACTERS,
)
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
    MediaType,
    OpenUrl,
    RcsContent,
    Reply,
    RichCard,
    TextContent,
    Thumbnail,
)
from domain.visible_text import is_blank

# What counts differently: half- and full-width, half-width katakana, decomposed kana, emoji, line ends.
_CHARACTERS = st.sampled_from(
    [*"aZ 9", "あ", "漢", "ｱ", "が", "か\u3099", "😀", "\r\n", "\n", "<", '"', "\u0000"]
)


def texts(most: int, most_bytes: int | None = None) -> st.SearchStrategy[str]:
    """Texts that are not blank, up to ``most`` characters as the platform counts them."""

    def fits(text: str) -> bool:
        size_fits = most_bytes is None or count_bytes(text) <= most_bytes
        return not is_blank(text) and count_characters(text) <= most and size_fits

    full = st.sampled_from(["字", "a", "ｱ"]).map(lambda character: character * most)
    return (st.lists(_CHARACTERS, min_size=1, max_size=min(most // 2, 30)).map("".join) | full).filter(fits)


URLS = st.sampled_from(
    ["https://example.jp", "http://xn--r8jz45g.jp/", "https://a.example/p?q=1&r=%E3%81%82#f"]
) | st.just("https://example.jp/" + "x" * 2029)
_SIZES = st.integers(1, MAX_MEDIA_BYTES)
_IDENTIFIERS = st.text(st.sampled_from("abc:_-あ9"), min_size=1, max_size=MAX_IDENTIFIER_CHARACTERS)
_LABELS = texts(MAX_LABEL_CHARACTERS)
_NUMBERS = st.sampled_from(["03-1234-5678", "０９０−１２３４−５６７８", "0120-123-456", "+1 650 253 0000"])
SUGGESTIONS = (
    st.builds(Reply, _LABELS, _IDENTIFIERS)
    | st.builds(OpenUrl, _LABELS, _IDENTIFIERS, URLS)
    | st.builds(Dial, _LABELS, _IDENTIFIERS, _NUMBERS)
)
CHIPS = st.lists(SUGGESTIONS, max_size=3).map(tuple) | st.lists(SUGGESTIONS, min_size=1, max_size=1).map(
    lambda chips: (*chips * MAX_CHIPS,)
)
_THUMBNAILS = st.builds(
    Thumbnail, URLS, st.sampled_from([kind for kind in MediaType if kind.is_image]), _SIZES
)


def _media(heights: st.SearchStrategy[MediaHeight]) -> st.SearchStrategy[Media]:
    return st.builds(
        Media,
        URLS,
        st.sampled_from(MediaType),
        _SIZES,
        heights,
        st.none() | _THUMBNAILS,
        st.none() | texts(MAX_TITLE_CHARACTERS),
    )


def cards(heights: st.SearchStrategy[MediaHeight]) -> st.SearchStrategy[Card]:
    """Cards with at least one of media, title and description."""
    return st.builds(
        Card,
        st.none() | _media(heights),
        st.none() | texts(MAX_TITLE_CHARACTERS, MAX_TITLE_BYTES),
        st.none() | texts(MAX_DESCRIPTION_CHARACTERS, MAX_DESCRIPTION_BYTES),
        st.lists(SUGGESTIONS, max_size=2).map(tuple),
    ).filter(lambda card: bool(card.media or card.title or card.description))


_RICH_CARDS = st.builds(
    RichCard,
    cards(st.sampled_from(MediaHeight)),
    st.sampled_from(CardOrientation),
    st.sampled_from(ImageSide),
    CHIPS,
)
_CAROUSELS = st.builds(
    Carousel,
    st.lists(cards(st.just(MediaHeight.MEDIUM)), min_size=1, max_size=3).map(tuple),
    st.sampled_from(CardWidth),
    CHIPS,
)
_FILES = st.builds(
    FileContent,
    URLS,
    st.sampled_from(MediaType),
    _SIZES,
    st.none() | texts(MAX_FILE_NAME_CHARACTERS),
    st.none() | _THUMBNAILS,
    CHIPS,
)

CONTENTS: st.SearchStrategy[RcsContent] = (
    st.builds(TextContent, texts(2730), CHIPS) | _RICH_CARDS | _CAROUSELS | _FILES
)
