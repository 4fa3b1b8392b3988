"""A campaign's version grows with every change, and with nothing else (X-8)."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.campaigns import CampaignProblem
from services.campaign_cancel import cancel_campaign
from services.campaign_check import check_campaign
from services.campaign_registration import CampaignRefused, edit_scheduled, register_campaign
from services.campaigns import ChangedMeanwhile, delete_draft, save_draft
from tests.services.support import Companies, campaign_content, csv_of, now


async def version(companies: Companies, campaign_id: UUID) -> int:
    found: int = await companies.one("SELECT version FROM campaigns WHERE id = :id", id=campaign_id)
    return found


async def test_only_what_differs_is_a_new_version(companies: Companies) -> None:
    """A page that saves itself again and again disturbs nobody; a field that is half typed counts."""
    campaign_id = await companies.draft(None)
    content = campaign_content()
    for typed, expected in (({}, 1), ({"options": {"send_at-date": "来週"}}, 2), ({}, 3)):
        for _ in range(2):
            async with companies.transaction() as session:
                await save_draft(
                    session,
                    companies.caller,
                    content,
                    upload_id=None,
                    campaign_id=campaign_id,
                    typed=typed,
                )
            assert await version(companies, campaign_id) == expected
    async with companies.transaction() as session:
        with pytest.raises(ChangedMeanwhile):
            await delete_draft(session, companies.caller, campaign_id, expected_version=2)
        await delete_draft(session, companies.caller, campaign_id, expected_version=3)


async def test_registering_editing_and_cancelling_are_changes(companies: Companies) -> None:
    """P-3: an edit or a cancel of what is another one by now is refused and changes nothing."""
    later = now() + timedelta(hours=3)
    campaign_id = await companies.registered(2, 5100, send_at=later)
    assert await version(companies, campaign_id) == 2
    for name, expected in (("一人目", 2), ("二人目", 2)):
        content = campaign_content(name=name, send_at=later)
        async with companies.transaction() as session:
            if name == "一人目":
                await edit_scheduled(
                    session, companies.caller, campaign_id, content, expected_version=expected
                )
                continue
            with pytest.raises(ChangedMeanwhile):
                await edit_scheduled(
                    session, companies.caller, campaign_id, content, expected_version=expected
                )
            with pytest.raises(ChangedMeanwhile):
                await cancel_campaign(session, companies.caller, campaign_id, now(), expected_version=2)
    assert await version(companies, campaign_id) == 4, "the edit, and its going into the outbox again"
    assert await companies.one("SELECT name FROM campaigns WHERE id = :id", id=campaign_id) == "一人目"
    async with companies.transaction() as session:
        await cancel_campaign(session, companies.caller, campaign_id, now())
    assert await version(companies, campaign_id) == 5


async def test_nothing_is_registered_from_settings_that_could_not_be_read(companies: Companies) -> None:
    """Half a date is no date: the campaign does not start now instead."""
    upload = await companies.upload(csv_of(2, 5200))
    campaign_id = await companies.draft(upload.id, unread=("send_at",))
    async with companies.transaction() as session:
        check = await check_campaign(session, companies.caller, campaign_id, now())
        assert [found.problem for found in check.problems] == [CampaignProblem.SEND_TIME_UNREADABLE]
        with pytest.raises(CampaignRefused):
            await register_campaign(session, companies.caller, campaign_id, now=now())
