"""The counter and the preview use whole values, and say so where there are none (P-12, B-1)."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.callers import Caller
from domain.campaigns import CampaignContent
from domain.messages import ChannelPlan
from services.api_campaigns import ApiRecipient, create_campaign_from_api
from services.demo_data import ensure_demo_data
from tests.web.conftest import Portal
from tests.web.staff import Staff, make_draft


@pytest.mark.parametrize("length", [100, 101, 900])
async def test_a_long_value_counts_whole(owner: Staff, length: int) -> None:
    """Parts are money: 「907文字」 is refused, not two parts. The table shows the beginning, with a mark."""
    people = f"電話番号,氏名\n09012340001,{'長' * length}\n09012340002,{'長' * 150}\n"
    await owner.open("/campaigns/new")
    await owner.send("次へ進む", name="長い値", file=("名簿.csv", people.encode()))
    assert f"{'長' * 100}…" in owner.page.text
    assert "長" * 102 not in owner.page.text
    await owner.send("この列で次へ進む")
    await owner.send("文字数と見本を更新", sms_text="{{氏名}}様ご案内です。")
    assert f"{length + 7} / 660文字" in owner.page.text
    assert "1件目の値を差し込んだ場合" in owner.page.text


async def test_the_copy_of_a_programs_campaign_shows_its_recipients_values(
    portal: Portal, owner: Staff
) -> None:
    """Such a list has no file: the first recipient is in the checked rows."""
    async with portal.jobs_database.transaction() as session:
        sakura, _ = await ensure_demo_data(session)
    content = CampaignContent("APIの案件", ChannelPlan.SMS, "{{氏名}}様、{{店舗}}の予約です。", None)
    recipients = [ApiRecipient("09012349991", {"氏名": "山田 花子", "店舗": "銀座本店"})]
    async with portal.database.transaction(sakura.company_id) as session:
        made = await create_campaign_from_api(
            session,
            Caller(sakura.company_id),
            content,
            recipients,
            request_key=None,
            request_hash=b"",
            now=datetime.now(UTC),
        )
    assert isinstance(made.campaign_id, UUID)
    await owner.open(f"/campaigns/{made.campaign_id}")
    await owner.send("コピーして新しい案件を作る")
    await owner.open(f"/campaigns/{owner.campaign_id}/content")
    assert "山田 花子様、銀座本店の予約です。" in owner.page.text
    assert "1件目の値を差し込んだ場合" in owner.page.text


async def test_a_column_without_a_value_is_named_as_such(owner: Staff) -> None:
    """What is counted then is the column's name, and the label does not say otherwise."""
    people = "電話番号,氏名\n09012340001,\n09012340002,鈴木\n"
    campaign_id = await make_draft(owner, people=people, sms_text="{{氏名}}様")
    await owner.open(f"/campaigns/{campaign_id}/content")
    assert "値のない列" in owner.page.text
    assert "1件目の値を差し込んだ場合" not in owner.page.text
