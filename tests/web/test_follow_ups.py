"""The second message on pages: written, checked, counted, answered (P-7, P-8, L-1, L-2, R-5)."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.carrier_exchange import InboundMessage
from domain.carriers import Carrier, Channel
from services.database import NO_COMPANY
from services.demo_data import ensure_demo_data
from services.inbound_messages import store_inbound
from tests.services.factories import Bench, an_id
from tests.web.conftest import Portal
from tests.web.staff import Staff, make_check, make_draft

NUMBER = "09012340001"
SECOND: dict[str, Any] = {"follow_up_trigger": "reply", "follow_up_sms_text": "{{氏名}}様 承りました。"}


async def bench_of(portal: Portal) -> Bench:
    async with portal.jobs_database.transaction() as session:
        sakura, _ = await ensure_demo_data(session)
    return Bench(portal.database, portal.jobs_database, sakura.company_id)


async def test_the_check_page_shows_the_second_message_and_what_it_may_cost(owner: Staff) -> None:
    await make_check(owner, **SECOND, follow_up_valid_for_hours="24")
    text = owner.page.text
    assert "返信があったら送る（自動返信）" in text
    assert "1通目の到達から24時間以内の返信" in text
    assert "山田 花子様 承りました。" in text
    assert "2通目のSMS: 3通 × 12円 = 36円" in text
    assert "2通目のSMSの通数（最大）3通" in text.replace(" ", "").replace("\n", "")


async def test_mistakes_in_the_second_message_say_that_it_is_the_second(owner: Staff) -> None:
    draft = await make_draft(owner)
    await owner.open(f"/campaigns/{draft}/content")
    await owner.send("次へ進む", follow_up_trigger="reply", follow_up_valid_for_hours="ずっと")
    assert owner.response.status_code == 422
    assert "2通目のSMSの本文が入力されていません。" in owner.page.text
    assert "2通目の返信の有効期間を読み取れません。" in owner.page.text
    await owner.send("次へ進む", **SECOND, follow_up_valid_for_hours="")
    assert owner.at.endswith("/options")
    await owner.open(f"/campaigns/{draft}/content")
    await owner.send("次へ進む", follow_up_trigger="none")
    assert owner.at.endswith("/options")


async def test_the_preview_counts_the_second_message(owner: Staff) -> None:
    draft = await make_draft(owner)
    await owner.open(f"/campaigns/{draft}/content")
    await owner.send("文字数と見本を更新", **SECOND)
    assert "2通目 ・ SMS（1件目の宛先の場合）" in owner.page.text
    assert "山田 花子様 承りました。" in owner.page.text


async def test_a_reply_is_shown_with_its_second_message(owner: Staff, portal: Portal) -> None:
    await make_check(owner, name="返信の試し", **SECOND)
    await owner.send("件を配信する")
    campaign_id = owner.campaign_id
    assert "まだ1通も作られていません" not in owner.page.text, "shown once the sending has begun"
    bench = await bench_of(portal)
    row = await bench.one(
        "UPDATE campaigns SET status = 'sending' WHERE id = :id RETURNING id", id=UUID(campaign_id)
    )
    first = await bench.one(
        "SELECT id FROM messages WHERE campaign_id = :id AND phone_number = :number", id=row.id, number=NUMBER
    )
    await bench.submitted(bench.order(first.id), an_id())
    await bench.close(bench.closing(first.id))
    reply = InboundMessage(
        channel=Channel.SMS,
        carrier=Carrier.DOCOMO,
        phone_number=NUMBER,
        bot_id=None,
        carrier_message_id=an_id(),
        text="<b>はい</b>",
        postback_data="rsv:ok",
        occurred_at=datetime.now(UTC),
        destination="0312345678",
    )
    async with portal.database.transaction(NO_COMPANY) as session:
        stored = await store_inbound(session, reply)
    ((_, second_id),) = stored.second_messages

    await owner.open(f"/messages/{first.id}")
    assert "<b>はい</b>" in owner.page.text, "escaped"
    assert "rsv:ok" in owner.page.text
    assert "2通目" in owner.page.text
    assert f"/messages/{second_id}" in owner.page.links
    await owner.open(f"/messages/{second_id}")
    assert "1通目の配信ID" in owner.page.text
    assert f"/messages/{first.id}" in owner.page.links
    assert "山田 花子様 承りました。" in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}")
    assert "2通目の配信ログを見る" in owner.page.text
    await owner.open(f"/log?campaign={campaign_id}&sequence=second")
    assert [link for link in owner.page.links if link.startswith("/messages/")] == [f"/messages/{second_id}"]


async def test_received_messages_are_a_list_of_their_own(owner: Staff, portal: Portal) -> None:
    """L-1: a number to look for never stands in an address (I10)."""
    bench = await bench_of(portal)
    bot = await bench.one("SELECT bot_id FROM official_accounts WHERE company_id = :company")
    reply = InboundMessage(
        channel=Channel.RCS,
        carrier=Carrier.AU,
        phone_number="09077770001",
        bot_id=bot.bot_id,
        carrier_message_id=an_id(),
        text="予約したい",
        postback_data=None,
        occurred_at=None,
    )
    async with portal.database.transaction(NO_COMPANY) as session:
        await store_inbound(session, reply)
    await owner.open("/log/received")
    assert "予約したい" in owner.page.text
    assert "09077770001" not in owner.page.text
    await owner.send("検索する", phone_number="090-7777-0001")
    assert "予約したい" in owner.page.text
    await owner.send("検索する", phone_number="090-7777-0002")
    assert "この番号から届いたメッセージはありません" in owner.page.text
    await owner.send("検索する", phone_number="03-1")
    assert owner.response.status_code == 422
    assert not any("7777" in address for address in owner.addresses)


async def test_only_who_may_see_reports_sees_what_was_received(visitor: Staff) -> None:
    """C-1."""
    staff = await visitor.sign_in("staff")
    assert (await staff.open("/log/received")).status_code == 403


async def test_an_edit_of_a_scheduled_send_keeps_and_changes_the_second_message(owner: Staff) -> None:
    """P-3: the page that asks for confirmation passes it on."""
    later = {"when": "scheduled", "send_at-date": "2027-05-01", "send_at-time": "10:00"}
    await make_check(owner, name="予約の変更", options=later, **SECOND, follow_up_valid_for_hours="24")
    await owner.send("件の配信を予約する")
    campaign_id = owner.campaign_id
    await owner.open(f"/campaigns/{campaign_id}/edit")
    await owner.send("変更内容の確認へ進む", follow_up_valid_for_hours="48")
    await owner.send("件の予約に変更する")
    assert owner.at == f"/campaigns/{campaign_id}"
    assert "1通目の到達から48時間以内の返信" in owner.page.text
    assert "{{氏名}}様 承りました。" in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}/edit")
    await owner.send("変更内容の確認へ進む", follow_up_trigger="none")
    await owner.send("件の予約に変更する")
    assert "2通目" not in owner.page.text
