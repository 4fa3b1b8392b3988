"""What was done is said once, on the page it leads to, and no address holds it (§8)."""

from datetime import UTC, datetime, timedelta

from domain.campaigns import MAX_NAME_CHARACTERS
from domain.send_times import to_jst
from tests.web.staff import Staff, make_check, make_draft
from web.wording.confirmations import CONFIRMATIONS, Confirmation

DAY = to_jst(datetime.now(UTC)).date() + timedelta(days=30)
LATER = {"when": "scheduled", "send_at__date": str(DAY), "send_at__time": "10:00"}


def test_every_confirmation_has_its_words() -> None:
    assert set(CONFIRMATIONS) == set(Confirmation)


async def test_a_saved_draft_is_confirmed_once(owner: Staff) -> None:
    await make_draft(owner, name="確かめる下書き")
    await owner.send("下書き保存")
    assert "下書きを保存しました" in owner.page.text
    assert all("draft_saved" not in address for address in owner.addresses)
    await owner.open(owner.at)
    assert "下書きを保存しました" not in owner.page.text


async def test_another_page_does_not_take_the_confirmation_away(owner: Staff) -> None:
    """A second tab that is opened meanwhile shows and forgets nothing."""
    await make_draft(owner, name="別のタブ")
    form = owner.form_of("下書き保存")
    saved = await owner.client.post(owner.at, data=form.filled(action="save"), follow_redirects=False)
    assert "下書きを保存しました" not in (await owner.open("/campaigns")).text
    assert "下書きを保存しました" in (await owner.open(saved.headers["location"])).text


async def test_each_deed_is_confirmed_in_its_own_words(owner: Staff) -> None:
    """Sent, scheduled, changed, cancelled, copied, deleted."""
    await make_check(owner, name="すぐ送る")
    await owner.send("3件")
    assert "配信を受け付けました" in owner.page.text
    campaign_id = await make_check(owner, name="予約する", options=LATER)
    await owner.send("3件の配信を予約する")
    assert "配信を予約しました" in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}/edit")
    await owner.send("変更内容の確認へ進む", name="予約を直す")
    await owner.send("3件の予約に変更する")
    assert "予約を変更しました" in owner.page.text
    assert "配信を予約しました" not in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}/cancel")
    await owner.send("予約を取り消す")
    assert "予約を取り消しました" in owner.page.text
    await owner.send("コピーして新しい案件を作る")
    assert "コピーして、新しい下書きを作りました" in owner.page.text
    await owner.open(f"/campaigns/{owner.campaign_id}/delete")
    await owner.send("下書きを削除する")
    assert "下書きを削除しました" in owner.page.text


async def test_the_copy_of_a_long_name_says_that_it_was_shortened(owner: Staff) -> None:
    """P-9: the copy fits by the rule of names, and no one has to find out that the end is gone."""
    await make_check(owner, name="長" * MAX_NAME_CHARACTERS)
    await owner.send("3件")
    await owner.send("コピーして新しい案件を作る")
    assert "短くしました" in owner.page.text
    copied = dict(owner.form_of("次へ進む").fields)["name"]
    assert copied == "長" * (MAX_NAME_CHARACTERS - 6) + "…（コピー）"
    await owner.send("次へ進む", source="keep")
    assert owner.at.endswith("/file")


async def test_what_is_done_to_users_is_confirmed(owner: Staff) -> None:
    """C-2, C-5: added, changed, mailed, deleted; the list alone would not tell."""
    await owner.open("/users/new")
    await owner.send("追加", login_id="kakunin@sakura.example", name="確認 次郎", role="general_user")
    assert "ユーザーを追加しました" in owner.page.text
    assert "メールを、登録したログインIDの宛先に送ります" in owner.page.text
    edit = [link for link in owner.page.links if link.endswith("/edit")]
    rows = owner.response.text.split("<tr>")
    user = (
        next(row for row in rows if "kakunin@sakura.example" in row).split('href="/users/')[1].split("/")[0]
    )
    assert f"/users/{user}/edit" in edit
    await owner.open(f"/users/{user}/edit")
    await owner.send("変更", name="確認 三郎")
    assert "ユーザーを変更しました" in owner.page.text
    await owner.open(f"/users/{user}/reset")
    await owner.send("送る")
    assert "パスワードの再設定を受け付けました" in owner.page.text
    await owner.open(f"/users/{user}/delete")
    await owner.send("削除")
    assert "ユーザーを削除しました" in owner.page.text
    await owner.open("/users")
    assert "ユーザーを削除しました" not in owner.page.text
