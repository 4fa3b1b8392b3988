"""Two people, or two tabs, and one campaign: both texts are shown, none is overwritten unseen (X-8)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain.send_times import to_jst
from tests.web.conftest import Portal
from tests.web.staff import Staff, make_check, make_draft

DAY = to_jst(datetime.now(UTC)).date() + timedelta(days=30)
LATER: dict[str, Any] = {"when": "scheduled", "send_at__date": str(DAY), "send_at__time": "10:00"}
Somebody = Callable[[], Staff]


async def saved(portal: Portal, campaign_id: str) -> Any:
    statement = text("SELECT * FROM campaigns WHERE id = CAST(:id AS uuid)")
    async with portal.jobs_database.transaction() as session:
        return (await session.execute(statement, {"id": campaign_id})).one()


async def two_at(owner: Staff, somebody: Somebody, address: str) -> tuple[Staff, Staff]:
    colleague = await somebody().sign_in("senior")
    await owner.open(address)
    await colleague.open(address)
    return owner, colleague


# Step, button, what the first saves, what the second typed, and the words of both that are shown.
MEETINGS: list[tuple[str, str, dict[str, Any], dict[str, Any], tuple[str, ...]]] = [
    (
        "content",
        "次へ進む",
        {"sms_text": "タブAの本文"},
        {"sms_text": "タブBの本文"},
        ("タブAの本文", "タブBの本文"),
    ),
    (
        "content",
        "戻る",
        {"follow_up_trigger": "reply", "follow_up_sms_text": "Aの2通目"},
        {"follow_up_trigger": "delivered", "follow_up_sms_text": "Bの2通目"},
        ("Aの2通目", "Bの2通目", "返信があったら送る", "到達したら送る"),
    ),
    ("options", "確認へ進む", {**LATER}, {**LATER, "send_at__time": "11:30"}, ("10:00", "11:30")),
    (
        "options",
        "下書き保存",
        {"carrier_choice": "some", "carriers": ["au"]},
        {"carrier_choice": "some", "carriers": ["docomo", "rakuten"]},
        ("au", "NTTドコモ、楽天モバイル"),
    ),
    ("recipients", "次へ進む", {"name": "Aの名前"}, {"name": "Bの名前"}, ("Aの名前", "Bの名前")),
]


async def test_whoever_saves_second_sees_both_and_decides(
    portal: Portal, owner: Staff, somebody: Somebody
) -> None:
    """Field by field, and only where they differ; the saved one stays until the second person has chosen."""
    campaign_id = await make_draft(owner)
    first, second = await two_at(owner, somebody, f"/campaigns/{campaign_id}")
    for step, button, theirs, mine, shown in MEETINGS:
        for each in (first, second):
            await each.open(f"/campaigns/{campaign_id}/{step}")
        await first.send("下書き保存", **theirs)
        before = await saved(portal, campaign_id)
        answer = await second.send(button, **mine)
        assert answer.status_code == 409, step
        assert "ほかの変更と重なりました" in second.page.text
        compared = second.page.text.split("違うところだけを表示しています")[1]
        assert [words for words in shown if words not in compared] == []
        assert ("案件名" in compared) == ("name" in mine)
        assert await saved(portal, campaign_id) == before
        await second.send("あなたの入力で保存する")
        assert second.response.status_code == 200
        assert (await saved(portal, campaign_id)).version == before.version + 1


async def test_taking_theirs_or_writing_on_loses_nothing(
    portal: Portal, owner: Staff, somebody: Somebody
) -> None:
    """The two other choices: the saved text as it is; or one's own, still unsaved, in the form."""
    campaign_id = await make_draft(owner)
    first, second = await two_at(owner, somebody, f"/campaigns/{campaign_id}/content")
    await first.send("下書き保存", sms_text="Aの本文")
    await second.send("次へ進む", sms_text="Bの本文")
    assert f"/campaigns/{campaign_id}/content" in second.page.links
    await second.send("あなたの入力を直してから決める")
    assert ("sms_text", "Bの本文") in second.form_of("次へ進む").fields
    assert (await saved(portal, campaign_id)).sms_text == "Aの本文"
    await first.open(f"/campaigns/{campaign_id}/content")
    await first.send("下書き保存", sms_text="Aの次の本文")
    answer = await second.send("次へ進む", sms_text="AとBの本文")
    assert answer.status_code == 409, "a third version has come meanwhile"
    assert "Aの次の本文" in second.page.text
    await second.send("あなたの入力で保存する")
    assert second.at.endswith("/options")
    assert (await saved(portal, campaign_id)).sms_text == "AとBの本文"


async def test_other_steps_and_equal_texts_are_no_conflict(
    portal: Portal, owner: Staff, somebody: Somebody
) -> None:
    """One writes while the other sets the time: nothing of either is overwritten, nobody is disturbed."""
    campaign_id = await make_draft(owner)
    first, second = await two_at(owner, somebody, f"/campaigns/{campaign_id}/content")
    await first.open(f"/campaigns/{campaign_id}/options")
    await first.send("下書き保存", **LATER)
    await second.send("次へ進む", sms_text="本文だけ直す")
    assert second.at.endswith("/options")
    assert ("send_at-time", "10:00") in second.form_of("確認へ進む").fields
    first, second = await two_at(owner, somebody, f"/campaigns/{campaign_id}/content")
    await first.send("下書き保存", sms_text="同じ本文")
    await second.send("次へ進む", sms_text="同じ本文")
    assert second.at.endswith("/options")
    row = await saved(portal, campaign_id)
    assert (row.sms_text, row.send_at is not None) == ("同じ本文", True)


async def test_a_replaced_list_is_shown_by_its_name(portal: Portal, owner: Staff, somebody: Somebody) -> None:
    """P-10: keeping "the list there is" means the one that was shown."""
    campaign_id = await make_draft(owner)
    first, second = await two_at(owner, somebody, f"/campaigns/{campaign_id}/recipients")
    await first.send("次へ進む", source="file", file=("新しい名簿.csv", b"phone\n09012340009\n"))
    replaced = (await saved(portal, campaign_id)).upload_id
    await second.send("次へ進む")
    assert second.response.status_code == 409
    for words in ("新しい名簿.csv", "名簿.csv"):
        assert words in second.page.text
    await second.send("あなたの入力で保存する")
    assert (await saved(portal, campaign_id)).upload_id != replaced
    first, second = await two_at(owner, somebody, f"/campaigns/{campaign_id}/file")
    await first.open(f"/campaigns/{campaign_id}/recipients")
    await first.send("次へ進む", source="file", file=("三つ目.csv", b"a,b\n1,09012340009\n"))
    answer = await second.send("この列で次へ進む")
    assert answer.status_code == 409
    assert "宛先が差し替えられました" in second.page.text


async def test_a_confirmed_edit_is_not_overwritten_by_another(
    portal: Portal, owner: Staff, somebody: Somebody
) -> None:
    """P-3: A stands on the confirmation page, B edits and confirms, A presses the button."""
    campaign_id = await make_check(owner, options=LATER)
    await owner.send("3件の配信を予約する")
    first, second = await two_at(owner, somebody, f"/campaigns/{campaign_id}/edit")
    await first.send("変更内容の確認へ進む", sms_text="Aさんの変更")
    await second.send("変更内容の確認へ進む", sms_text="Bさんの変更")
    await second.send("3件の予約に変更する")
    assert "予約を変更しました" in second.page.text
    answer = await first.send("3件の予約に変更する")
    assert answer.status_code == 409
    for words in ("Aさんの変更", "Bさんの変更", "ほかの変更と重なりました"):
        assert words in first.page.text
    assert (await saved(portal, campaign_id)).sms_text == "Bさんの変更"
    await first.send("あなたの入力で確認へ進む")
    current = first.page.text.split("今の予約")[-1]
    assert "Bさんの変更" in current
    await first.send("3件の予約に変更する")
    assert (await saved(portal, campaign_id)).sms_text == "Aさんの変更"
    audited = text("""
        SELECT before, after FROM audit_entries
        WHERE target_id = CAST(:id AS uuid) AND action = 'campaign_edited' ORDER BY position
    """)
    async with portal.jobs_database.transaction() as session:
        entries = (await session.execute(audited, {"id": campaign_id})).all()
    assert [(entry.before["sms_text"], entry.after["sms_text"]) for entry in entries][1] == (
        "Bさんの変更",
        "Aさんの変更",
    )


async def test_an_edit_begun_before_another_was_confirmed_is_compared_at_once(
    owner: Staff, somebody: Somebody
) -> None:
    """Already on the way to the confirmation page; and from there one comes back with what was typed."""
    campaign_id = await make_check(owner, options=LATER)
    await owner.send("3件の配信を予約する")
    first, second = await two_at(owner, somebody, f"/campaigns/{campaign_id}/edit")
    await second.send("変更内容の確認へ進む", name="Bの名前")
    await second.send("入力の画面に戻って直す")
    assert ("name", "Bの名前") in second.form_of("変更内容の確認へ進む").fields
    await second.send("変更内容の確認へ進む")
    await second.send("3件の予約に変更する")
    answer = await first.send("変更内容の確認へ進む", send_at__time="12:00")
    assert answer.status_code == 409
    for words in ("Bの名前", "予約の確認", "10:00", "12:00"):
        assert words in first.page.text


async def test_what_changed_is_not_deleted_or_cancelled_unseen(
    portal: Portal, owner: Staff, somebody: Somebody
) -> None:
    """Deleting a draft a colleague goes on writing, cancelling a schedule that is another one by now."""
    campaign_id = await make_draft(owner)
    first, second = await two_at(owner, somebody, f"/campaigns/{campaign_id}/delete")
    await second.open(f"/campaigns/{campaign_id}/content")
    await second.send("下書き保存", sms_text="まだ使います")
    assert (await first.send("下書きを削除する")).status_code == 409
    assert "画面を開いた後に変更されました" in first.page.text
    await first.send("下書きを削除する")
    assert "下書きを削除しました" in first.page.text

    campaign_id = await make_check(owner, options=LATER)
    await owner.send("3件の配信を予約する")
    first, second = await two_at(owner, somebody, f"/campaigns/{campaign_id}/cancel")
    await second.open(f"/campaigns/{campaign_id}/edit")
    await second.send("変更内容の確認へ進む", sms_text="変えた予約")
    await second.send("3件の予約に変更する")
    assert (await first.send("予約を取り消す")).status_code == 409
    assert (await saved(portal, campaign_id)).status == "registered"
    await first.send("予約を取り消す")
    assert (await saved(portal, campaign_id)).status == "cancelled"


async def test_a_copy_of_what_changed_says_so(owner: Staff, somebody: Somebody) -> None:
    campaign_id = await make_check(owner, options=LATER)
    await owner.send("3件の配信を予約する")
    first, second = await two_at(owner, somebody, f"/campaigns/{campaign_id}")
    await second.open(f"/campaigns/{campaign_id}/edit")
    await second.send("変更内容の確認へ進む", name="変えた名前")
    await second.send("3件の予約に変更する")
    await first.send("コピーして新しい案件を作る")
    assert "変更後の内容をコピーしました" in first.page.text


@pytest.mark.parametrize("deed", ["registered", "deleted"])
async def test_what_was_typed_into_a_draft_that_is_gone_can_be_copied(
    owner: Staff, somebody: Somebody, deed: str
) -> None:
    """A colleague has sent or deleted it: the text stands on the error page."""
    campaign_id = await make_check(owner)
    colleague = await somebody().sign_in("senior")
    await colleague.open(f"/campaigns/{campaign_id}/content")
    if deed == "deleted":
        await owner.open(f"/campaigns/{campaign_id}/delete")
        await owner.send("下書きを削除する")
    else:
        await owner.send("3件")
    answer = await colleague.send("次へ進む", sms_text="長い時間をかけて書いた文章")
    assert answer.status_code == (404 if deed == "deleted" else 409)
    assert "長い時間をかけて書いた文章" in colleague.page.text
    assert "保存はしていません" in colleague.page.text


async def test_the_check_page_names_what_changed(owner: Staff, somebody: Somebody) -> None:
    """P-11: only the text is another one, and the page does not speak of prices."""
    campaign_id = await make_check(owner)
    colleague = await somebody().sign_in("senior")
    await colleague.open(f"/campaigns/{campaign_id}/content")
    await colleague.send("下書き保存", sms_text="{{氏名}}様 お知らせです。")
    answer = await owner.send("3件")
    assert answer.status_code == 422
    assert "確認した後に、本文が変わりました" in owner.page.text
