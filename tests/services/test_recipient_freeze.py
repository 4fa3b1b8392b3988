"""O-3: the opt-out list counts as it stands when the recipients are settled, once."""

from datetime import UTC, datetime

from domain.campaigns import CampaignStatus
from domain.messages import MessageStatus, StatusReason
from services.recipient_freeze import freeze_recipients
from tests.services.factories import Bench, Registered, a_number, open_bench


async def waiting(bench: Bench, *numbers: str, exclude_opt_outs: bool = True) -> Registered:
    return await bench.campaign(
        *numbers, status=CampaignStatus.REGISTERED, frozen_at=None, exclude_opt_outs=exclude_opt_outs
    )


async def freeze(bench: Bench, campaign: Registered) -> int:
    async with bench.transaction() as session:
        return await freeze_recipients(session, bench.company_id, campaign.id, datetime.now(UTC))


async def opt_out(bench: Bench, number: str) -> None:
    await bench.rows("INSERT INTO opt_outs VALUES (:company, :number)", number=number)


async def test_opted_out_numbers_are_excluded_with_their_reason(bench: Bench) -> None:
    campaign = await waiting(bench, a_number(), a_number(), a_number())
    await opt_out(bench, campaign.phone_numbers[1])

    assert await freeze(bench, campaign) == 1

    messages = [await bench.message(message) for message in campaign.messages]
    assert [m.status for m in messages] == ["accepted", "excluded", "accepted"]
    assert (messages[1].reason, messages[1].closed_at is not None) == (StatusReason.OPTED_OUT, True)
    row = await bench.campaign_row(campaign)
    assert (row.excluded, row.frozen_at is not None, row.status) == (1, True, CampaignStatus.REGISTERED)


async def test_the_list_is_read_once(bench: Bench) -> None:
    """O-3: whoever opts out after the freeze still gets this campaign."""
    campaign = await waiting(bench)
    await freeze(bench, campaign)
    await opt_out(bench, campaign.phone_numbers[0])

    assert await freeze(bench, campaign) == 0
    assert (await bench.message(campaign.message)).status == MessageStatus.ACCEPTED


async def test_only_the_companys_own_list_counts_and_only_where_asked_for(bench: Bench) -> None:
    """O-4, I9."""
    stranger = await open_bench(bench.database, bench.jobs_database)
    campaign, not_asked = await waiting(bench), await waiting(bench, exclude_opt_outs=False)
    await opt_out(stranger, campaign.phone_numbers[0])
    await opt_out(bench, not_asked.phone_numbers[0])

    assert [await freeze(bench, c) for c in (campaign, not_asked)] == [0, 0]


async def test_a_campaign_that_no_longer_waits_is_left_alone(bench: Bench) -> None:
    for status in (CampaignStatus.CANCELLED, CampaignStatus.SENDING, CampaignStatus.DRAFT):
        campaign = await bench.campaign(status=status, frozen_at=None, exclude_opt_outs=True)
        await opt_out(bench, campaign.phone_numbers[0])

        assert await freeze(bench, campaign) == 0
        assert (await bench.campaign_row(campaign)).frozen_at is None


async def test_a_campaign_of_which_all_are_excluded_does_not_count_as_sent_yet(bench: Bench) -> None:
    """It is completed when its time has come, like an empty one."""
    campaign = await waiting(bench)
    await opt_out(bench, campaign.phone_numbers[0])

    await freeze(bench, campaign)

    assert (await bench.campaign_row(campaign)).status == CampaignStatus.REGISTERED
