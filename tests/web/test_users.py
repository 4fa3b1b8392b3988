"""Users through the portal: from the invitation to the last sign-in (P-6, C-1 to C-5)."""

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from domain.permissions import ROLES_OF_PERMISSION
from tests.web.conftest import Portal
from tests.web.mails import newest_mail, told
from tests.web.staff import Staff

OWN = "古い地図と木漏れ日と珈琲豆"
_serial = itertools.count(1)


async def invited(owner: Staff, role: str = "admin") -> str:
    """Add somebody; returns the login id."""
    login_id = f"new{next(_serial)}@sakura.example"
    await owner.open("/users/new")
    await owner.send("追加してメールを送る", login_id=login_id, name="新人 三郎", role=role)
    assert owner.at == "/users", owner.page.text
    return login_id


async def signs_in(staff: Staff, login_id: str, password: str) -> Staff:
    await staff.open("/sign-in")
    await staff.send("ログインする", login_id=login_id, password=password)
    return staff


async def settled(portal: Portal, owner: Staff, staff: Staff, role: str = "admin") -> str:
    """Invite somebody who then chooses a password; returns the login id."""
    login_id = await invited(owner, role)
    await signs_in(staff, login_id, told(await newest_mail(portal, login_id), "仮パスワード"))
    await staff.send("このパスワードにする", new_password=OWN, new_password_again=OWN)
    assert staff.at == "/", staff.page.text
    return login_id


async def test_from_the_mail_to_the_own_password(
    portal: Portal, owner: Staff, somebody: Callable[[], Staff]
) -> None:
    """C-2: the temporary password leads to one page only; the rules stand before the fields."""
    login_id = await invited(owner)
    assert "招待中" in owner.page.text
    newcomer = await signs_in(somebody(), login_id, told(await newest_mail(portal, login_id), "仮パスワード"))
    assert newcomer.at == "/sign-in/new-password"
    await newcomer.open("/campaigns")
    assert newcomer.at == "/sign-in/new-password"
    assert "案件一覧" not in newcomer.page.text
    for new, again, words in [
        ("short", "short", "新しいパスワードが短すぎます"),
        ("password1234", "password1234", "推測されやすいパスワード"),
        ("さくら商事さくら商事2026", "さくら商事さくら商事2026", "会社名など"),
        (OWN, OWN + "x", "一致しません"),
    ]:
        answer = await newcomer.send("このパスワードにする", new_password=new, new_password_again=again)
        assert (answer.status_code, words in newcomer.page.text) == (422, True), words
    await newcomer.send("このパスワードにする", new_password=OWN, new_password_again=OWN)
    assert newcomer.at == "/"
    later = await signs_in(somebody(), login_id, OWN)
    assert later.at == "/"
    await owner.open("/users")
    assert "招待中" not in owner.page.text


async def test_the_session_token_changes_at_every_step(
    portal: Portal, owner: Staff, somebody: Callable[[], Staff]
) -> None:
    """Nobody who planted or saw an earlier token is signed in with it."""
    staff = somebody()
    login_id = await invited(owner)
    tokens = []
    await signs_in(staff, login_id, told(await newest_mail(portal, login_id), "仮パスワード"))
    tokens.append(staff.client.cookies["session"])
    await staff.send("このパスワードにする", new_password=OWN, new_password_again=OWN)
    tokens.append(staff.client.cookies["session"])
    assert tokens[0] != tokens[1]
    staff.client.cookies.set("session", tokens[0], domain="portal.test")
    await staff.open("/campaigns")
    assert staff.at == "/sign-in"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"login_id": "taro", "name": "太郎", "role": "admin"}, "メールアドレスの形になっていません"),
        ({"login_id": "taro@sakura.example", "name": " ", "role": "admin"}, "名前が入力されていません"),
        ({"login_id": "taro@sakura.example", "name": "太郎", "role": "operator"}, "権限が選ばれていません"),
        ({"login_id": "OWNER@sakura.example", "name": "太郎", "role": "admin"}, "すでに登録されています"),
    ],
)
async def test_what_cannot_be_added_says_why(owner: Staff, fields: dict[str, Any], words: str) -> None:
    """What, where, how to mend."""
    await owner.open("/users/new")
    answer = await owner.send("追加してメールを送る", **fields)
    assert answer.status_code == 422
    assert words in owner.page.text
    assert "data-error-summary" in answer.text


async def test_another_companys_user_is_invited_like_anybody(portal: Portal, owner: Staff) -> None:
    """The same page for both, but for the address; only the mail tells whoever reads it."""
    seen = []
    for login_id in ("owner@midori.example", "nobody@midori.example"):
        await owner.open("/users/new")
        answer = await owner.send("追加してメールを送る", login_id=login_id, name="花子", role="admin")
        assert answer.status_code == 200
        rows = re.findall(r"<tr>.*?</tr>", (await owner.open("/users")).text, re.DOTALL)
        (row,) = (row for row in rows if login_id in row)
        seen.append(re.sub(r"[0-9a-f-]{36}", "", row.replace(login_id, "")))
    assert seen[0] == seen[1]
    assert "招待中" in seen[0]
    taken = await newest_mail(portal, "owner@midori.example")
    assert "別のご契約のログインIDとして使われている" in taken.text
    assert "仮パスワード" in (await newest_mail(portal, "nobody@midori.example")).text


async def test_a_deleted_user_is_signed_out_and_refused_afterwards(
    portal: Portal, owner: Staff, somebody: Callable[[], Staff]
) -> None:
    """C-5."""
    staff = somebody()
    login_id = await settled(portal, owner, staff)
    await owner.open("/users")
    delete = next(link for link in reversed(owner.page.links) if link.endswith("/delete"))
    await owner.open(delete)
    assert login_id in owner.page.text
    await owner.send("このユーザーを削除する")
    assert login_id not in owner.page.text
    await staff.open("/campaigns")
    assert staff.at == "/sign-in"
    await owner.open("/users/new")
    await owner.send("追加してメールを送る", login_id=login_id, name="再登録", role="admin")
    assert "お客様窓口へご依頼ください" in owner.page.text
    assert "アカウント削除" in (await newest_mail(portal, login_id)).subject


async def test_a_new_role_counts_at_once(portal: Portal, owner: Staff, somebody: Callable[[], Staff]) -> None:
    """C-1: the next page already obeys it, and its owner is told."""
    staff = somebody()
    login_id = await settled(portal, owner, staff, role="admin")
    assert (await staff.open("/log")).status_code == 403
    await owner.open("/users")
    edit = [link for link in owner.page.links if link.endswith("/edit")][-1]
    await owner.open(edit)
    await owner.send("変更を保存する", role="senior_admin")
    assert (await staff.open("/log")).status_code == 200
    mail = await newest_mail(portal, login_id)
    assert (told(mail, "変更前"), told(mail, "変更後")) == ("管理者", "上位管理者")


async def test_the_own_role_cannot_be_changed_and_oneself_not_deleted(portal: Portal, owner: Staff) -> None:
    """Not shown, and refused if it is tried."""
    await owner.open("/users")
    own_id = next(link for link in owner.page.links if link.endswith("/edit")).split("/")[2]
    assert f"/users/{own_id}/delete" not in owner.page.links
    token = dict(owner.form_of("ログアウト").fields)
    answer = await owner.client.post(f"/users/{own_id}/delete", data=token)
    assert answer.status_code == 422
    answer = await owner.client.post(
        f"/users/{own_id}/edit", data={**token, "name": "企業 花子", "role": "general_user"}
    )
    assert answer.status_code == 422
    assert "ご自身の権限の変更" in answer.text


async def test_an_issuers_reset_is_a_code_for_an_hour(
    portal: Portal, owner: Staff, somebody: Callable[[], Staff]
) -> None:
    """C-2, C-3: the password stays until the code was used."""
    staff = somebody()
    login_id = await settled(portal, owner, staff)
    await owner.open("/users")
    await owner.open([link for link in owner.page.links if link.endswith("/reset")][-1])
    await owner.send("認証コードのメールを送る")
    code = told(await newest_mail(portal, login_id), "認証コード")
    assert (await staff.open("/campaigns")).status_code == 200
    visitor = somebody()
    await visitor.open("/password-reset/code")
    new = "夜行列車の窓から見えた灯り"
    fields: dict[str, Any] = {
        "login_id": login_id,
        "code": code,
        "new_password": new,
        "new_password_again": new,
    }
    await visitor.send("パスワードを設定する", **fields)
    assert "パスワードを設定しました" in visitor.page.text
    await staff.open("/campaigns")
    assert staff.at == "/sign-in"
    assert (await signs_in(visitor, login_id, new)).at == "/"


async def test_another_companys_users_do_not_exist(owner: Staff, somebody: Callable[[], Staff]) -> None:
    """I9: every page and form of a user answers 404, like for a random id."""
    stranger = await somebody().sign_in("owner", "midori")
    await stranger.open("/users")
    foreign = next(link for link in stranger.page.links if link.endswith("/edit")).split("/")[2]
    token = dict(owner.form_of("ログアウト").fields)
    for action in ("edit", "delete", "reset", "second-factor"):
        for method in ("GET", "POST"):
            answer = await owner.client.request(method, f"/users/{foreign}/{action}", data=token)
            assert answer.status_code == 404, f"{method} {action}"
            assert "みどり" not in answer.text


async def test_sensitive_pages_ask_for_the_password_again(portal: Portal, owner: Staff) -> None:
    """Fifteen minutes after it was given; then back to where one wanted to go."""
    statement = text("UPDATE user_sessions SET confirmed_at = now() - interval '16 minutes'")
    async with portal.jobs_database.transaction() as session:
        await session.execute(statement)
    for address in ("/users/new", "/api-keys/new", "/users/second-factor", "/account/second-factor/totp"):
        await owner.open(address)
        assert owner.at == "/account/confirm", address
    await owner.open("/users")
    assert owner.at == "/users"
    await owner.open("/users/new")
    answer = await owner.send("確認して進む", current_password="wrong")
    assert answer.status_code == 422
    await owner.send("確認して進む", current_password="Demo-sakura-owner-2026")
    assert owner.at == "/users/new"


async def test_the_table_of_roles_is_the_rules(owner: Staff) -> None:
    """C-1."""
    await owner.open("/users")
    for words in ("企業管理者", "上位管理者", "一般利用者", "案件の登録・配信", "サポートサイトの利用"):
        assert words in owner.page.text
    held = sum(len(roles) for roles in ROLES_OF_PERMISSION.values())
    assert owner.response.text.count(">できる<") == held


async def test_others_neither_see_nor_open_users(visitor: Staff) -> None:
    """C-1: what a role may not do is not shown to it."""
    await visitor.sign_in("senior")
    assert "/users" not in visitor.page.links
    assert "/account" in visitor.page.links
    assert (await visitor.open("/users")).status_code == 403
