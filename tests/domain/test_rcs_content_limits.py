"""The limits of cards, carousels, files, suggestions and chips (R-1 to R-5)."""

from dataclasses import replace

import pytest

from domain.rcs_content_limits import ContentProblem, ContentProblemCode, InvalidContent, content_problems
from domain.rcs_contents import (
    Card,
    Carousel,
    Dial,
    FileContent,
    Media,
    MediaHeight,
    MediaType,
    OpenUrl,
    RcsContent,
    Reply,
    RichCard,
    TextContent,
    Thumbnail,
    text_of,
)

Code = ContentProblemCode
FIVE_MEGABYTES = 5 * 1024 * 1024
URL = "https://example.jp/a.png"
PICTURE = Media(URL, MediaType.PNG, 2048)
CARD = Card(PICTURE, "秋の新作", "11/25から", (Reply("確認", "rsv:ok"),))
REPLY = Reply("はい", "yes")


def test_what_is_at_every_limit_has_no_problem() -> None:
    buttons = (
        Reply("字" * 25, "識" * 40),
        OpenUrl("a", "b", "https://a/" + "x" * 2038),
        Dial("a", "b", "0312345678"),
    )
    media = Media(URL, MediaType.MP4, FIVE_MEGABYTES, thumbnail=Thumbnail(URL, MediaType.GIF, FIVE_MEGABYTES))
    card = Card(media, "題" * 200, "文" * 500, (*buttons, REPLY))
    chips = (*buttons * 3, REPLY)
    for content in (
        TextContent("字" * 2730, chips),
        RichCard(card, chips=chips),
        Carousel((card,) * 10, chips=chips),
        FileContent(URL, MediaType.JPEG, FIVE_MEGABYTES, "名" * 200, chips=chips),
    ):
        assert content_problems(content) == ()


@pytest.mark.parametrize(
    ("content", "code", "place", "actual", "limit"),
    [
        (TextContent("字" * 2731), Code.TOO_MANY_CHARACTERS, "text", 2731, 2730),
        (TextContent("😀" * 1366), Code.TOO_MANY_CHARACTERS, "text", 2732, 2730),
        (TextContent(" \n　"), Code.EMPTY, "text", None, None),
        (RichCard(Card()), Code.EMPTY, "card", None, None),
        (RichCard(Card(suggestions=(REPLY,))), Code.EMPTY, "card", None, None),
        (RichCard(Card(title="題" * 201)), Code.TOO_MANY_CHARACTERS, "card.title", 201, 200),
        (RichCard(Card(title="a" * 201)), Code.TOO_MANY_CHARACTERS, "card.title", 201, 200),
        (RichCard(Card(title="")), Code.EMPTY, "card.title", None, None),
        (RichCard(Card(description="文" * 501)), Code.TOO_MANY_CHARACTERS, "card.description", 501, 500),
        (RichCard(Card(media=replace(PICTURE, size=0))), Code.EMPTY, "card.media.size", None, None),
        (
            RichCard(Card(media=replace(PICTURE, size=FIVE_MEGABYTES + 1))),
            Code.TOO_MANY_BYTES,
            "card.media.size",
            FIVE_MEGABYTES + 1,
            FIVE_MEGABYTES,
        ),
        (RichCard(replace(CARD, suggestions=(REPLY,) * 5)), Code.TOO_MANY, "card.suggestions", 5, 4),
        (Carousel(()), Code.EMPTY, "cards", None, None),
        (Carousel((CARD,) * 11), Code.TOO_MANY, "cards", 11, 10),
        (Carousel((CARD, Card())), Code.EMPTY, "cards.2", None, None),
        (
            Carousel((CARD, replace(CARD, media=replace(PICTURE, height=MediaHeight.HIGH)))),
            Code.HEIGHT_NOT_MEDIUM,
            "cards.2.media",
            None,
            None,
        ),
        (TextContent("x", (REPLY,) * 11), Code.TOO_MANY, "chips", 11, 10),
        (Carousel((CARD,), chips=(REPLY,) * 11), Code.TOO_MANY, "chips", 11, 10),
        (TextContent("x", (REPLY, Reply("", "b"))), Code.EMPTY, "chips.2.label", None, None),
        (
            TextContent("x", (Reply("字" * 26, "b"),)),
            Code.TOO_MANY_CHARACTERS,
            "chips.1.label",
            26,
            25,
        ),
        (TextContent("x", (Reply("a", ""),)), Code.EMPTY, "chips.1.identifier", None, None),
        (
            TextContent("x", (Reply("a", "識" * 41),)),
            Code.TOO_MANY_CHARACTERS,
            "chips.1.identifier",
            41,
            40,
        ),
        (
            TextContent("x", (Dial("a", "b", "110"),)),
            Code.NOT_A_PHONE_NUMBER,
            "chips.1.phone_number",
            None,
            None,
        ),
        (TextContent("x", (OpenUrl("a", "b", "ftp://x"),)), Code.NOT_A_WEB_URL, "chips.1.url", None, None),
        (FileContent("", MediaType.MP4, 1), Code.NOT_A_WEB_URL, "file.url", None, None),
        (FileContent(URL, MediaType.MP4, 1, name=" "), Code.EMPTY, "file.name", None, None),
        (
            FileContent(URL, MediaType.MP4, 1, thumbnail=Thumbnail(URL, MediaType.MP4, 1)),
            Code.NOT_AN_IMAGE,
            "file.thumbnail",
            None,
            None,
        ),
    ],
)
def test_each_limit_is_told_with_its_place(
    content: RcsContent, code: Code, place: str, actual: int | None, limit: int | None
) -> None:
    """R-1 to R-5: what is wrong, where, and by how much."""
    assert content_problems(content) == (ContentProblem(code, place, actual, limit),)


def test_every_problem_is_told_at_once_in_reading_order() -> None:
    card = Card(replace(PICTURE, url="x"), "題" * 201, "", (Reply("", ""),))
    places = [problem.place for problem in content_problems(RichCard(card, chips=(REPLY,) * 11))]
    assert places == [
        "card.media.url",
        "card.title",
        "card.description",
        "card.suggestions.1.label",
        "card.suggestions.1.identifier",
        "chips",
    ]


@pytest.mark.parametrize(
    "url",
    ["example.jp", "javascript:alert(1)", "https://", "https:///x", "https://a b", "https://a/\n", "//a", "",
     "https://例え.jp", "https://a/{{b}}", "HTTPS://A/"],
)  # fmt: skip
def test_only_web_addresses_that_need_no_escaping_are_taken(url: str) -> None:
    """U-5 in spirit: what is opened on a handset is http or https, and nothing is left to guess."""
    (problem,) = content_problems(TextContent("x", (OpenUrl("a", "b", url),)))
    assert problem.code is Code.NOT_A_WEB_URL


def test_an_address_has_a_longest_length() -> None:
    content = TextContent("x", (OpenUrl("a", "b", "https://a/" + "x" * 2039),))
    assert content_problems(content) == (ContentProblem(Code.TOO_MANY_CHARACTERS, "chips.1.url", 2049, 2048),)


def test_an_identifier_is_counted_as_it_goes_out() -> None:
    """R-5: it is not normalized, so the decomposed kana are two."""
    (problem,) = content_problems(TextContent("x", (Reply("a", "か\u3099" * 21),)))
    assert (problem.place, problem.actual) == ("chips.1.identifier", 42)


def test_the_error_names_places_and_quotes_nothing() -> None:
    error = InvalidContent(content_problems(TextContent("秘密" * 2000)))
    assert str(error) == "text: too_many_characters"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (TextContent("か\u3099\r\nx"), "が\nx"),
        (RichCard(CARD), "秋の新作\n11/25から"),
        (RichCard(Card(media=PICTURE)), ""),
        (Carousel((CARD, Card(media=PICTURE), Card(title="二"))), "秋の新作\n11/25から\n\n二"),
        (FileContent(URL, MediaType.PNG, 1, name="案内.png"), "案内.png"),
        (FileContent(URL, MediaType.PNG, 1), ""),
    ],
)
def test_what_can_be_read_in_a_content(content: RcsContent, text: str) -> None:
    """For the log (L-2)."""
    assert text_of(content) == text
