"""Nothing typed is cut on the way: no field has a maxlength, and the server says limit and length (X-6)."""

from pathlib import Path
from typing import Any

import pytest

import web
from tests.web.staff import Staff, make_draft

TEMPLATES = Path(web.__file__).parent / "templates"


def test_no_field_cuts_what_is_pasted() -> None:
    """A browser would drop the rest of a pasted text without a word, by a count of its own."""
    assert [path.name for path in TEMPLATES.rglob("*.html") if "maxlength" in path.read_text("utf-8")] == []


@pytest.mark.parametrize(
    ("address", "button", "typed", "words"),
    [
        ("/campaigns/new", "次へ進む", {"name": "長" * 300}, "案件名が長すぎます（300文字）。100文字以内"),
        ("/users/new", "追加して", {"name": "長" * 101}, "名前が長すぎます（101文字）。100文字以内"),
        (
            "/users/new",
            "追加して",
            {"login_id": "a" * 250 + "@sakura.example"},
            "ログインIDが長すぎます（265文字）。254文字以内",
        ),
        (
            "/api-keys/new",
            "APIキーを作る",
            {"name": "長" * 60},
            "キーの名前が長すぎます（60文字）。50文字以内",
        ),
        (
            "/account/password",
            "変更",
            {"new_password": "長" * 129, "new_password_again": "長" * 129},
            "新しいパスワードが長すぎます（129文字）。128文字以内",
        ),
    ],
)
async def test_the_server_counts_and_says_both(
    owner: Staff, address: str, button: str, typed: dict[str, Any], words: str
) -> None:
    await owner.open(address)
    answer = await owner.send(button, **typed)
    assert answer.status_code == 422
    assert words in owner.page.text
    shown = dict(owner.form_of(button).fields)
    assert all(shown[name] == value for name, value in typed.items() if "password" not in name)


async def test_all_mistakes_of_all_texts_are_told_at_once(owner: Staff) -> None:
    """P-12: which text, which line, and one kind of mistake hides no other."""
    campaign_id = await make_draft(owner)
    await owner.open(f"/campaigns/{campaign_id}/content")
    answer = await owner.send(
        "次へ進む",
        channel_plan="rcs_with_sms_fallback",
        sms_text="こんにちは\n{{しめい}}様 ｛｛氏名" + "長" * 700,
        rcs_text="{{氏名様\n{{なまえ}}",
        follow_up_trigger="reply",
        follow_up_sms_text="{{みつからない}}",
        follow_up_rcs_text="",
    )
    assert answer.status_code == 422
    for words in (
        "SMSの本文の2行目の「しめい」という列が、宛先の一覧にありません",
        "SMSの本文の2行目の10文字目に、全角の「｛｛」",
        "SMSの本文が長すぎます（712文字）",
        "+メッセージの本文の1行目の1文字目に、閉じていない「{{」があります",
        "+メッセージの本文の2行目の「なまえ」という列が",
        "2通目のSMSの本文の1行目の「みつからない」という列が",
        "2通目の+メッセージの本文が入力されていません",
    ):
        assert words in owner.page.text, words
