"""From a list of people to a registered campaign, page by page, without JavaScript (P-2, P-3, P-9, P-11)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.send_times import to_jst
from tests.web.conftest import Portal
from tests.web.staff import PEOPLE, Staff, make_check, make_draft

DAY = to_jst(datetime.now(UTC)).date() + timedelta(days=30)
LATER = {"when": "scheduled", "send_at__date": str(DAY), "send_at__time": "10:00"}


async def count_messages(portal: Portal, campaign_id: str) -> int:
    statement = text("SELECT count(*) FROM messages WHERE campaign_id = CAST(:id AS uuid)")
    async with portal.jobs_database.transaction() as session:
        count: int = (await session.execute(statement, {"id": campaign_id})).scalar_one()
    return count


async def test_sends_a_campaign_to_the_people_of_a_file(portal: Portal, owner: Staff) -> None:
    """P-2, P-9, P-11: nothing is registered before the check page, then exactly what it showed."""
    await owner.open("/campaigns/new")
    await owner.send("次へ進む", name="予約の確認", file=("名簿.csv", PEOPLE.encode("cp932")))
    assert owner.at.endswith("/file")
    for words in ("Shift_JIS", "1行目", "3行", "山田 花子"):
        assert words in owner.page.text
    await owner.send("この列で次へ進む")
    await owner.send("次へ進む", sms_text="{{氏名}}様 ご予約は{{予約日時}}です。")
    campaign_id = owner.campaign_id
    await owner.send("確認へ進む")
    assert owner.at.endswith("/rows")
    assert "全角の数字を半角に直しました" in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}/check")
    for words in ("3件", "SMS: 3通 × 12円 = 36円", "山田 花子様 ご予約は4月1日 10:00です。", "090****0001"):
        assert words in owner.page.text
    assert await count_messages(portal, campaign_id) == 0
    await owner.send("3件を配信する")
    assert owner.at == f"/campaigns/{campaign_id}"
    assert await count_messages(portal, campaign_id) == 3
    assert [str(started) for started in portal.delivery.started] == [campaign_id]


async def test_double_submit_registers_once(portal: Portal, owner: Staff) -> None:
    """A double click finds the first registration."""
    campaign_id = await make_check(owner)
    form = owner.form_of("3件を配信する")
    answers = [await owner.client.post(form.action, data=form.filled()) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == [f"/campaigns/{campaign_id}"] * 2
    assert await count_messages(portal, campaign_id) == 3


async def test_sends_nothing_when_the_numbers_have_changed_since_they_were_shown(
    portal: Portal, owner: Staff
) -> None:
    """P-11: the button's number is a promise."""
    campaign_id = await make_check(owner)
    form = owner.form_of("3件を配信する")
    answer = await owner.client.post(form.action, data=form.filled(recipients="2"))
    assert answer.status_code == 422
    assert "確認した後に、件数が変わりました" in answer.text
    assert await count_messages(portal, campaign_id) == 0


async def test_registers_although_temporal_is_down(portal: Portal, owner: Staff) -> None:
    """Decision 0008: a registered campaign starts by itself later; the portal goes on."""
    portal.delivery.is_up = False
    campaign_id = await make_check(owner)
    await owner.send("3件を配信する")
    portal.delivery.is_up = True
    assert owner.response.status_code == 200
    assert "配信待ち" in owner.page.text
    assert await count_messages(portal, campaign_id) == 3


async def test_typed_numbers_are_recipients(owner: Staff) -> None:
    """P-10: a few numbers need no file."""
    await owner.open("/campaigns/new")
    await owner.send("次へ進む", name="急ぎの連絡", source="typed", typed="090-1111-0001\n08011110002")
    await owner.send("次へ進む", sms_text="本日は休業します。")
    await owner.send("確認へ進む")
    await owner.open(f"/campaigns/{owner.campaign_id}/check")
    assert owner.has_button("2件を配信する")


async def test_edits_and_cancels_a_scheduled_send(portal: Portal, owner: Staff) -> None:
    """P-3: until it starts, a scheduled send can be changed or taken back, after a page that explains."""
    campaign_id = await make_check(owner, options=LATER)
    await owner.send("3件の配信を予約する")
    assert "配信を予約しました" in owner.page.text
    assert f"{DAY.year}年{DAY.month}月{DAY.day}日" in owner.page.text
    assert "10:00に、3件の配信が始まります" in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}/edit")
    await owner.send("変更内容の確認へ進む", name="変えた名前", file=("新.csv", b"phone\n09012340009\n"))
    assert "「氏名」という列が、宛先の一覧にありません" in owner.page.text
    assert owner.response.status_code == 422
    await owner.send(
        "変更内容の確認へ進む", sms_text="お知らせです。", file=("新.csv", b"phone\n09012340009\n")
    )
    assert "キャリアへ渡したメッセージはまだありません" in owner.page.text
    assert await count_messages(portal, campaign_id) == 3
    await owner.send("1件の予約に変更する")
    assert "変えた名前" in owner.page.text
    assert await count_messages(portal, campaign_id) == 1
    await owner.open(f"/campaigns/{campaign_id}/cancel")
    assert "まだキャリアへ渡していない宛先には送りません" in owner.page.text
    await owner.send("1件の予約を取り消す")
    assert "取り消されました" in owner.page.text
    assert [str(changed) for changed in portal.delivery.changed][-2:] == [campaign_id] * 2


async def test_the_counter_counts_the_first_recipients_text(owner: Staff) -> None:
    """P-12, B-1: the fragment and the page without JavaScript show the server's numbers."""
    await owner.open("/campaigns/new")
    await owner.send("次へ進む", name="数える", file=("名簿.csv", PEOPLE.encode()))
    await owner.send("この列で次へ進む")
    form = owner.form_of("次へ進む")
    text_of_68 = "{{氏名}}" + "あ" * 63
    fragment = await owner.client.post(
        f"{form.action}/preview", data=form.filled(sms_text=text_of_68), headers={"HX-Request": "true"}
    )
    assert "68 / 660文字" in fragment.text
    assert "あと3文字で1通増えます" in fragment.text
    assert "<html" not in fragment.text
    await owner.send("文字数と見本を更新", sms_text=text_of_68 + "あああ")
    assert "71 / 660文字" in owner.page.text
    assert "2通" in owner.page.text


async def test_errors_can_be_downloaded_and_the_rest_sent(owner: Staff) -> None:
    """P-11, L-4: row, column, value, reason, how to mend; a CSV without formulas to repair and upload."""
    people = PEOPLE + "03-1234-5678,=1+2,明日\n090-1234-0001,重複,明日\n07012340005,,明日\n"
    await make_check(owner, people=people)
    assert owner.has_button("3件を配信する")
    await owner.open(f"/campaigns/{owner.campaign_id}/rows")
    for words in ("5行目", "03-1234-5678", "携帯電話の番号ではありません", "同じ番号が2行目にあります"):
        assert words in owner.page.text
    assert "有効な3件で次へ進む" in owner.page.text
    csv = (await owner.open(f"/campaigns/{owner.campaign_id}/error-rows.csv")).content.decode("utf-8-sig")
    lines = csv.splitlines()
    assert lines[0] == "電話番号,氏名,予約日時,元の行番号,問題の列,理由,直し方"
    assert lines[1].startswith("03-1234-5678,'=1+2,明日,5,電話番号,")
    assert len(lines) == 4


async def test_drafts_are_kept_copied_and_deleted(owner: Staff) -> None:
    """P-9: a draft waits, a copy of a sent campaign is a draft, a deleted one is gone."""
    campaign_id = await make_draft(owner, name="下書きのまま")
    await owner.send("下書き保存")
    assert owner.at == f"/campaigns/{campaign_id}"
    assert "まだ登録も送信もしていません" in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}/delete")
    await owner.send("下書きを削除する")
    assert (await owner.open(f"/campaigns/{campaign_id}")).status_code == 404
    sent = await make_check(owner, name="送ったもの")
    await owner.send("3件を配信する")
    await owner.send("コピーして新しい案件を作る")
    assert owner.campaign_id != sent
    assert ("name", "送ったもの（コピー）") in owner.form_of("次へ進む").fields


async def test_steps_of_a_registered_campaign_lead_to_its_page(
    owner: Staff, somebody: Callable[[], Staff]
) -> None:
    """P-3: an old tab cannot change what was registered."""
    campaign_id = await make_check(owner)
    other = await somebody().sign_in("owner")
    await other.open(f"/campaigns/{campaign_id}/content")
    await owner.send("3件を配信する")
    answer = await other.send("次へ進む", sms_text="別の本文")
    assert answer.status_code == 409
    assert "もう変更できません" in other.page.text
    await other.open(f"/campaigns/{campaign_id}/content")
    assert other.at == f"/campaigns/{campaign_id}"


async def test_progress_is_a_fragment_that_says_when_to_ask_again(owner: Staff) -> None:
    """Portal principle 7: counters from one row, the server sets the pace."""
    campaign_id = await make_check(owner)
    await owner.send("3件を配信する")
    fragment = await owner.client.get(f"/campaigns/{campaign_id}/progress", headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    assert "data-poll-after=" in fragment.text
    assert "3件中0件の結果が出ました" in fragment.text


async def test_pages_without_htmx_offer_what_it_would_have_done(
    owner: Staff, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """§1: on a machine that could not fetch it, no page refers to it."""
    monkeypatch.setattr("web.pages.HTMX", tmp_path / "htmx.min.js")
    await make_draft(owner, name="htmxなし")
    await owner.open(f"/campaigns/{owner.campaign_id}/content")
    assert "htmx.min.js" not in owner.response.text
    assert owner.has_button("文字数と見本を更新")
