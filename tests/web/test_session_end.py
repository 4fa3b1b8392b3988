"""The end of a session takes nothing that was typed: it is in its form again after the sign-in (C-2, X-8).

A session that has ended is one whose cookie is gone, or one nobody has used for 30 minutes.
"""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from domain.links import Link
from tests.web.conftest import PORTAL, Portal
from tests.web.html_forms import read_page
from tests.web.operators import PASSWORDS, make_operators, sign_in_as
from tests.web.staff import Staff, make_check, make_draft
from tests.web.test_second_factor import code, forget_used_steps, sets_up
from web.refill import refill

OUT_OF_TIME = "時間が経過したためログアウトしました。入力内容は残っています"
LOGIN: dict[str, Any] = {"login_id": "owner@sakura.example", "password": "Demo-sakura-owner-2026"}
Somebody = Callable[[], Staff]


async def sms_text(portal: Portal, campaign_id: str) -> str:
    statement = text("SELECT sms_text FROM campaigns WHERE id = CAST(:id AS uuid)")
    async with portal.jobs_database.transaction() as session:
        found: str = (await session.execute(statement, {"id": campaign_id})).scalar_one()
    return found


async def test_a_text_comes_back_into_its_form_unsaved(portal: Portal, owner: Staff) -> None:
    """Only shown: neither saved nor sent, with a token of the new session; a wrong password loses nothing."""
    campaign_id = await make_draft(owner)
    before = await sms_text(portal, campaign_id)
    await owner.open(f"/campaigns/{campaign_id}/content")
    owner.client.cookies.clear()
    await owner.send(
        "次へ進む", sms_text="30分かけて\n書いた<b>文章</b>", channel_plan="rcs_with_sms_fallback"
    )
    assert OUT_OF_TIME in owner.page.text
    assert "30分かけて" not in owner.response.text, "nobody reads it who has not signed in"
    await owner.send("ログインする", **{**LOGIN, "password": "ちがうパスワード"})
    await owner.send("ログインする", **LOGIN)
    assert owner.at == f"/campaigns/{campaign_id}/content"
    assert "入力内容は残っています" in owner.page.text
    shown = owner.form_of("次へ進む").filled()
    assert shown["sms_text"] == ["30分かけて\n書いた<b>文章</b>"]
    assert shown["channel_plan"] == ["rcs_with_sms_fallback"]
    assert await sms_text(portal, campaign_id) == before
    await owner.open(f"/campaigns/{campaign_id}/content")
    assert ("sms_text", "30分かけて\n書いた<b>文章</b>") in owner.form_of("次へ進む").fields, (
        "and after a reload"
    )
    await owner.send("次へ進む", rcs_text="+メッセージ")
    assert await sms_text(portal, campaign_id) == "30分かけて\n書いた<b>文章</b>"
    await owner.open(f"/campaigns/{campaign_id}/content")
    assert "入力内容は残っています" not in owner.page.text


async def test_a_draft_that_changed_meanwhile_is_not_overwritten(
    portal: Portal, owner: Staff, somebody: Somebody
) -> None:
    """X-8: the typing began from an older version, and signing in does not make it a newer one."""
    campaign_id = await make_draft(owner)
    await owner.open(f"/campaigns/{campaign_id}/content")
    colleague = await somebody().sign_in("senior")
    await colleague.open(f"/campaigns/{campaign_id}/content")
    await colleague.send("下書き保存", sms_text="同僚の文章")
    owner.client.cookies.clear()
    await owner.send("次へ進む", sms_text="自分の文章")
    await owner.send("ログインする", **LOGIN)
    answer = await owner.send("次へ進む")
    assert answer.status_code == 409
    assert "同僚の文章" in owner.page.text
    assert "自分の文章" in owner.page.text
    assert await sms_text(portal, campaign_id) == "同僚の文章"


async def test_idle_for_30_minutes_is_the_same(portal: Portal, owner: Staff) -> None:
    """The cookie is still there; boxes and radios come back as well."""
    campaign_id = await make_draft(owner)
    await owner.open(f"/campaigns/{campaign_id}/options")
    async with portal.jobs_database.transaction() as session:
        await session.execute(
            text("UPDATE user_sessions SET last_seen_at = last_seen_at - interval '31 minutes'")
        )
    await owner.send(
        "確認へ進む",
        carrier_choice="some",
        carriers=["au", "rakuten"],
        exclude_opt_outs="yes",
        when="scheduled",
    )
    assert OUT_OF_TIME in owner.page.text
    await owner.send("ログインする", **LOGIN)
    shown = owner.form_of("確認へ進む").filled()
    assert (shown["carriers"], shown["when"]) == (["au", "rakuten"], ["scheduled"])
    assert shown["exclude_opt_outs"] == ["yes"]


FORMS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "/users/new",
        "追加してメールを送る",
        {"login_id": "new@sakura.example", "name": "新人 太郎", "role": "admin"},
    ),
    ("/api-keys/new", "APIキーを作る", {"name": "基幹システム", "networks": "192.0.2.1\n192.0.2.2"}),
    (
        "/campaigns/new",
        "次へ進む",
        {"name": "新しい案件", "source": "typed", "typed": "09000000001\n0900000"},
    ),
]


@pytest.mark.parametrize(("address", "button", "typed"), FORMS)
async def test_every_form_with_something_typed_comes_back(
    owner: Staff, address: str, button: str, typed: dict[str, Any]
) -> None:
    """Users, keys, a campaign that does not exist yet."""
    await owner.open(address)
    owner.client.cookies.clear()
    await owner.send(button, **typed)
    assert OUT_OF_TIME in owner.page.text
    await owner.send("ログインする", **LOGIN)
    assert owner.at == address
    shown = owner.form_of(button).filled()
    assert {name: shown[name] for name in typed} == {name: [value] for name, value in typed.items()}


async def test_the_edit_of_a_scheduled_send_comes_back_from_its_confirmation(owner: Staff) -> None:
    """The page of confirmation has no address of its own: its form is where one goes on."""
    campaign_id = await make_draft(owner)
    await owner.open(f"/campaigns/{campaign_id}/options")
    form = owner.form_of("確認へ進む").filled()
    owner.client.cookies.clear()
    answer = await owner.client.post(
        f"/campaigns/{campaign_id}/edit/confirm", data={**form, "name": "変えた名前"}
    )
    assert f'name="next" value="/campaigns/{campaign_id}/edit"' in answer.text


async def test_a_file_is_named_as_what_cannot_be_kept(owner: Staff) -> None:
    await owner.open("/campaigns/new")
    owner.client.cookies.clear()
    await owner.send("次へ進む", name="名簿つき", file=("名簿.csv", b"x" * 400_000))
    assert "選んだファイルは残せない" in owner.page.text or OUT_OF_TIME in owner.page.text
    await owner.send("ログインする", **LOGIN)
    assert ("name", "名簿つき") in owner.form_of("次へ進む").fields


async def test_sending_is_not_repeated_by_signing_in(portal: Portal, owner: Staff) -> None:
    """A button, not a text: after the sign-in the check is shown again, and nothing has been sent."""
    campaign_id = await make_check(owner)
    owner.client.cookies.clear()
    await owner.send("3件")
    assert "時間が経過したためログアウトしました" in owner.page.text
    assert "入力内容は残っています" not in owner.page.text
    await owner.send("ログインする", **LOGIN)
    assert owner.at == f"/campaigns/{campaign_id}/check"
    assert owner.has_button("3件")


async def test_another_companys_staff_does_not_see_it(owner: Staff) -> None:
    """I9: whoever signs in and may not open the page gets the page of an unknown address."""
    campaign_id = await make_draft(owner)
    await owner.open(f"/campaigns/{campaign_id}/content")
    owner.client.cookies.clear()
    await owner.send("次へ進む", sms_text="さくらだけの文章")
    stranger: dict[str, Any] = {"login_id": "owner@midori.example", "password": "Demo-midori-owner-2026"}
    await owner.send("ログインする", **stranger)
    assert owner.response.status_code == 404
    assert "さくらだけの文章" not in owner.response.text


async def test_nothing_of_another_site_is_carried(owner: Staff) -> None:
    """CSRF: not even shown."""
    campaign_id = await make_draft(owner)
    await owner.open(f"/campaigns/{campaign_id}/content")
    form = owner.form_of("次へ進む").filled(sms_text="よそのサイトの文章")
    owner.client.cookies.clear()
    for headers in ({"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await owner.client.post(f"/campaigns/{campaign_id}/content", data=form, headers=headers)
        assert answer.status_code == 303
    answer = await owner.client.post(
        f"/campaigns/{campaign_id}/content", data=form, headers={"Origin": PORTAL}
    )
    carried = dict(read_page(answer.text).forms[0].fields)["kept_form"]
    forged = carried[:-8] + "AAAAAAAA"
    await owner.open("/sign-in")
    await owner.send("ログインする", **LOGIN, kept_form=forged, next=f"/campaigns/{campaign_id}/content")
    assert "よそのサイトの文章" not in owner.page.text


async def test_a_page_of_an_older_session_keeps_its_text_for_the_new_one(owner: Staff) -> None:
    """Signed in again in another tab: the old tab's form is refused, its text waits at its page."""
    campaign_id = await make_draft(owner)
    await owner.open(f"/campaigns/{campaign_id}/content")
    form = owner.form_of("次へ進む").filled(sms_text="古いタブの文章")
    owner.client.cookies.clear()
    await owner.sign_in("owner")
    refused = await owner.client.post(f"/campaigns/{campaign_id}/content", data=form)
    assert refused.status_code == 403
    assert "入力内容は残っています" in refused.text
    await owner.open("/campaigns")
    assert "入力の途中の内容が残っています" in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}/content")
    assert ("sms_text", "古いタブの文章") in owner.form_of("次へ進む").fields


async def test_asking_for_the_password_again_loses_nothing(portal: Portal, owner: Staff) -> None:
    """C-2: 15 minutes after the last time, users are changed only with the password given anew."""
    await owner.open("/users/new")
    async with portal.jobs_database.transaction() as session:
        await session.execute(
            text("UPDATE user_sessions SET confirmed_at = confirmed_at - interval '20 minutes'")
        )
    await owner.send("追加してメールを送る", login_id="later@sakura.example", name="後で 追加", role="admin")
    assert owner.at == "/account/confirm"
    await owner.send("確認して進む", current_password=LOGIN["password"])
    assert owner.at == "/users/new"
    assert ("name", "後で 追加") in owner.form_of("追加してメールを送る").fields


async def test_operators_forms_come_back_as_well(portal: Portal, visitor: Staff) -> None:
    """The reason of a stop, on the operators' own side."""
    await make_operators(portal.jobs_database)
    await sign_in_as(visitor, "operator_admin")
    address = f"/operator/links/{next(iter(Link)).value}/stop"
    await visitor.open(address)
    visitor.client.cookies.clear()
    await visitor.send("送信を止める", reason="回線事業者の工事のため")
    assert OUT_OF_TIME in visitor.page.text
    login_id, password = PASSWORDS["operator_admin"]
    await visitor.send("ログインする", login_id=login_id, password=password)
    assert visitor.at == address
    assert ("reason", "回線事業者の工事のため") in visitor.form_of("送信を止める").fields


async def test_a_second_factor_in_between_loses_nothing(portal: Portal, somebody: Somebody) -> None:
    """C-2: password, code, and then the form."""
    senior = await somebody().sign_in("senior")
    secret, _ = await sets_up(senior)
    await senior.open("/campaigns/new")
    senior.client.cookies.clear()
    await forget_used_steps(portal)
    await senior.send("次へ進む", name="2段階の先の案件")
    await senior.send("ログインする", login_id="senior@sakura.example", password="Demo-sakura-senior-2026")
    assert senior.at == "/sign-in/second-factor"
    await senior.send("確認する", code=code(secret))
    assert senior.at == "/campaigns/new"
    assert ("name", "2段階の先の案件") in senior.form_of("次へ進む").fields


def test_values_go_back_into_every_kind_of_field_and_nowhere_else() -> None:
    page = (
        '<!doctype html><p title="a &amp; b">&lt;x&gt;</p>'
        '<form method="post" action="/a"><input type="hidden" name="csrf_token" value="new">'
        '<input type="hidden" name="version" value="2"><input name="name" type="text" value="old" required>'
        '<input name="password" type="password"><input type="checkbox" name="box" value="yes" checked>'
        '<input type="radio" name="way" value="1" checked><input type="radio" name="way" value="2">'
        '<select name="kind"><option value="x" selected>X</option><option value="y">Y</option></select>'
        '<textarea name="long">\nold &amp; older</textarea></form>'
        '<form method="post" action="/b"><input name="name" type="text" value="old"></form>'
    )
    typed = [
        ("csrf_token", "stolen"),
        ("version", "1"),
        ("name", '"><script>'),
        ("password", "secret"),
        ("way", "2"),
        ("kind", "y"),
        ("long", "</textarea>\nnew"),
    ]
    filled = refill(page, "/a", typed)
    first, second = read_page(filled).forms
    assert dict(first.fields) == {
        "csrf_token": "new",
        "version": "1",
        "name": '"><script>',
        "password": "",
        "way": "2",
        "kind": "y",
        "long": "</textarea>\nnew",
    }
    assert dict(second.fields) == {"name": "old"}
    assert filled.startswith('<!doctype html><p title="a &amp; b">&lt;x&gt;</p>')
    assert "<script>" not in filled
    assert refill(page, "/elsewhere", typed) == page
