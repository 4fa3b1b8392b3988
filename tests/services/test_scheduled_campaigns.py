"""Scheduled sends: edited and cancelled until they start (P-3, O-3)."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from services.campaign_cancel import CampaignNotCancellable, Cancellation, cancel_campaign
from services.campaign_registration import CampaignRefused, edit_scheduled
from services.campaigns import NotEditable
from services.feeding import begin_sending
from tests.services.support import Companies, campaign_content, csv_of, now, numbers


async def cancel(companies: Companies, campaign_id: UUID) -> Cancellation:
    async with companies.transaction() as session:
        return await cancel_campaign(session, companies.caller, campaign_id, now())


async def statuses(companies: Companies, campaign_id: UUID) -> list[str]:
    rows = await companies.rows(
        "SELECT status FROM messages WHERE campaign_id = :id ORDER BY id", id=campaign_id
    )
    return [row.status for row in rows]


async def test_an_edit_replaces_content_time_and_recipients(companies: Companies) -> None:
    """P-3, O-3: the recipients are settled anew at their time."""
    send_at = now() + timedelta(hours=3)
    campaign_id = await companies.registered(3, 1000, send_at=send_at)
    await companies.rows("UPDATE campaigns SET frozen_at = now() WHERE id = :id", id=campaign_id)
    upload = await companies.upload(csv_of(2, 1100))
    later = send_at + timedelta(hours=1)

    async with companies.transaction() as session:
        edited = await edit_scheduled(
            session,
            companies.caller,
            campaign_id,
            campaign_content(name="変更後", sms_text="{{氏名}}様", send_at=later),
            upload_id=upload.id,
        )

    assert edited.accepted == 2
    (campaign,) = await companies.rows("SELECT * FROM campaigns WHERE id = :id", id=campaign_id)
    assert (campaign.name, campaign.send_at, campaign.frozen_at) == ("変更後", later, None)
    assert campaign.status == "registered"
    rows = await companies.rows("SELECT phone_number FROM messages WHERE campaign_id = :id", id=campaign_id)
    assert sorted(row.phone_number for row in rows) == numbers(2, 1100)
    total = "SELECT total FROM campaign_counters WHERE campaign_id = :id"
    assert await companies.one(total, id=campaign_id) == 2


async def test_an_edit_of_the_text_keeps_the_messages(companies: Companies) -> None:
    """P-3: ids a program has seen stay; who was excluded before gets a new chance (O-3)."""
    send_at = now() + timedelta(hours=3)
    campaign_id = await companies.registered(3, 1150, send_at=send_at)
    of_campaign = "SELECT id FROM messages WHERE campaign_id = :id ORDER BY id"
    before = await companies.rows(of_campaign, id=campaign_id)
    await companies.rows(
        "UPDATE messages SET status = 'excluded', reason = 'opted_out', closed_at = now() WHERE id = :id",
        id=before[0].id,
    )
    await companies.rows("UPDATE campaign_counters SET excluded = 1 WHERE campaign_id = :id", id=campaign_id)

    async with companies.transaction() as session:
        content = campaign_content(sms_text="別の文面", send_at=send_at)
        await edit_scheduled(session, companies.caller, campaign_id, content)

    assert await companies.rows(of_campaign, id=campaign_id) == before
    assert await statuses(companies, campaign_id) == ["accepted"] * 3
    assert (
        await companies.one("SELECT excluded FROM campaign_counters WHERE campaign_id = :id", id=campaign_id)
        == 0
    )


async def test_an_edit_with_a_mistake_changes_nothing(companies: Companies) -> None:
    """P-3: all or nothing."""
    campaign_id = await companies.registered(2, 1200, send_at=now() + timedelta(hours=3))
    with pytest.raises(CampaignRefused):
        async with companies.transaction() as session:
            await edit_scheduled(session, companies.caller, campaign_id, campaign_content(name=""))
    assert await statuses(companies, campaign_id) == ["accepted", "accepted"]


async def test_a_started_campaign_cannot_be_edited(companies: Companies) -> None:
    """P-3: until it starts."""
    campaign_id = await companies.registered(1, 1300, send_at=now() + timedelta(hours=3))
    await companies.rows("UPDATE campaigns SET status = 'sending' WHERE id = :id", id=campaign_id)
    with pytest.raises(NotEditable):
        async with companies.transaction() as session:
            await edit_scheduled(session, companies.caller, campaign_id, campaign_content())


async def test_an_edit_waits_for_the_start_and_then_refuses(companies: Companies) -> None:
    """P-3: start and edit never interleave: the row lock lets one of them see the other's result."""
    campaign_id = await companies.registered(1, 1310)
    await companies.rows(
        "UPDATE campaigns SET send_at = now() + interval '1h' WHERE id = :id", id=campaign_id
    )

    async def edit() -> None:
        async with companies.transaction() as session:
            await edit_scheduled(session, companies.caller, campaign_id, campaign_content())

    async with companies.transaction() as session:
        await companies.rows("UPDATE campaigns SET send_at = now() WHERE id = :id", id=campaign_id)
        assert await begin_sending(session, companies.first.company_id, campaign_id)
        waiting = asyncio.create_task(edit())
        await asyncio.sleep(0.2)
        assert not waiting.done()
    with pytest.raises(NotEditable):
        await waiting


async def test_registering_within_fifteen_minutes_settles_the_recipients(companies: Companies) -> None:
    """O-3."""
    soon = await companies.registered(1, 1400, send_at=now() + timedelta(minutes=10))
    later = await companies.registered(1, 1410, send_at=now() + timedelta(minutes=20))
    frozen = "SELECT frozen_at IS NOT NULL FROM campaigns WHERE id = :id"
    assert await companies.one(frozen, id=soon)
    assert not await companies.one(frozen, id=later)


async def test_cancel_takes_back_what_no_carrier_has(companies: Companies) -> None:
    """P-3: and repeating it changes nothing."""
    campaign_id = await companies.registered(4, 1500)
    await companies.rows("UPDATE campaigns SET status = 'sending' WHERE id = :id", id=campaign_id)
    await companies.rows(
        "UPDATE messages SET status = 'sent' WHERE campaign_id = :id AND phone_number = :number",
        id=campaign_id,
        number=numbers(1, 1500)[0],
    )
    first = await cancel(companies, campaign_id)
    assert first == Cancellation(cancelled=3, already_handed_over=1)
    assert await statuses(companies, campaign_id) == ["sent", "cancelled", "cancelled", "cancelled"]
    assert await cancel(companies, campaign_id) == first
    counter = "SELECT cancelled FROM campaign_counters WHERE campaign_id = :id"
    assert await companies.one(counter, id=campaign_id) == 3


async def test_a_submit_and_a_cancel_see_each_other(companies: Companies) -> None:
    """P-3: a cancel waits for a submit under way and then leaves its message alone."""
    campaign_id = await companies.registered(2, 1600)
    lock = "SELECT 1 FROM campaigns WHERE id = :id FOR SHARE"
    async with companies.transaction() as session:
        await session.execute(text(lock), {"id": campaign_id})
        cancelling = asyncio.create_task(cancel(companies, campaign_id))
        await asyncio.sleep(0.2)
        assert not cancelling.done()
        await session.execute(
            text("UPDATE messages SET status = 'sending' WHERE campaign_id = :id AND row_number = 2"),
            {"id": campaign_id},
        )
    assert await cancelling == Cancellation(cancelled=1, already_handed_over=1)
    assert await statuses(companies, campaign_id) == ["sending", "cancelled"]


async def test_twenty_cancels_at_once_count_once(companies: Companies) -> None:
    """P-3."""
    campaign_id = await companies.registered(10, 1700)
    outcomes = await asyncio.gather(*(cancel(companies, campaign_id) for _ in range(20)))
    assert set(outcomes) == {Cancellation(10, 0)}


async def test_drafts_and_completed_campaigns_cannot_be_cancelled(companies: Companies) -> None:
    """P-3."""
    draft = await companies.draft(None)
    done = await companies.registered(1, 1800)
    await companies.rows("UPDATE campaigns SET status = 'completed' WHERE id = :id", id=done)
    for campaign_id in (draft, done):
        with pytest.raises(CampaignNotCancellable):
            await cancel(companies, campaign_id)
