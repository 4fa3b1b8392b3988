"""One word for one thing (docs/glossary.md): words that were given up stay out of pages and mails."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.local_stack.settings import ROOT

# Given up → what is said instead; 一般利用者 is the name of a role, and stays.
GIVEN_UP = {
    "サインイン|サインアウト|サインオン": "ログイン / ログアウト",
    "きょう|今日|ほんじつ": "本日",
    "(?<!一般)利用者": "ユーザー",
    "親配信": "1通目の配信ID",
    "誤配信判定|誤配信チェック": "誤配信防止",
    "配信停止(?!）|を希望)|配信を希望しない": "オプトアウト",
    "件に送信する": "件を配信する",
    "配信の仕組みが止まって": "まもなく送信が始まります。",
}
# In code, comments speak English: Japanese there is what people read.
SPOKEN = (
    "web/templates",
    "web/wording",
    "web/forms",
    "web/routes",
    "web/operator",
    "web/static/js",
    "domain",
)
MAILS = ("domain/mails.py", "services/mails.py", "gateways")


def _texts() -> Iterator[tuple[Path, str]]:
    for place in (*SPOKEN, *MAILS, "web", "api", "services"):
        path = ROOT / place
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.suffix in (".py", ".html", ".js", ".txt") and "vendor" not in file.parts:
                yield file.relative_to(ROOT), file.read_text("utf-8")


@pytest.mark.parametrize(("given_up", "instead"), GIVEN_UP.items())
def test_given_up_words_stay_out_of_what_people_read(given_up: str, instead: str) -> None:
    found = {
        f"{file}: {line.strip()[:80]} (say {instead})"
        for file, text in _texts()
        for line in text.splitlines()
        if re.search(given_up, line)
    }
    assert found == set()


def test_the_glossary_says_which_word_to_use() -> None:
    """docs/glossary.md has the table of words pages use."""
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8").partition("## Words of the pages")[2]
    for word in (
        "ログイン",
        "本日",
        "ユーザー",
        "1通目の配信ID",
        "誤配信防止",
        "オプトアウト",
        "配信",
        "送信",
    ):
        assert f"| {word}" in glossary, word


def test_there_is_something_to_look_at() -> None:
    names = {str(file) for file, _ in _texts()}
    assert {"domain/mails.py", "web/wording/audit.py", "web/templates/layout.html"} <= names
