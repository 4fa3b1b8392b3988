"""A campaign: its time, the freeze 15 minutes ahead, edits and cancels, the feed (P-3, O-3, S-7)."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from domain.campaigns import CampaignStatus
from domain.delivery import CampaignOrder
from tests.workflows.fake_campaign import FakeCampaign, server_time
from tests.workflows.fakes import CAMPAIGN, COMPANY, LAG_SECONDS
from tests.workflows.lab import Lab
from workflows.campaign import FEEDS_PER_RUN, MESSAGES_PER_FEED, CampaignWorkflow
from workflows.task_queues import CAMPAIGNS

HOUR, QUARTER, SECOND = timedelta(hours=1), timedelta(minutes=15), timedelta(seconds=1)


@pytest_asyncio.fixture(loop_scope="session")
async def now(lab: Lab) -> datetime:
    """When the campaign of the test is registered."""
    return await server_time(lab.client)


@pytest.fixture
def campaign(lab: Lab, now: datetime) -> FakeCampaign:
    """A campaign registered now, to be sent two hours later."""
    return FakeCampaign(lab.client, registered_at=now, send_at=now + 2 * HOUR)


async def run(lab: Lab, campaign: FakeCampaign) -> None:
    async with campaign.worker():
        await lab.within((await campaign.start()).result())


def assert_at(moment: datetime, due: datetime) -> None:
    """Never before its time, and after it only by what a busy machine takes."""
    assert due - timedelta(milliseconds=5) <= moment < due + timedelta(seconds=LAG_SECONDS)


async def test_an_immediate_send_starts_at_once(lab: Lab, now: datetime) -> None:
    """O-3: its recipients were frozen at the registration."""
    campaign = FakeCampaign(lab.client, registered_at=now, is_frozen=True)
    await run(lab, campaign)
    assert campaign.steps == ["begin", "feed"]
    assert_at(campaign.times("feed")[0], now)


async def test_a_scheduled_send_freezes_15_minutes_ahead_and_starts_on_time(
    lab: Lab, campaign: FakeCampaign, now: datetime
) -> None:
    """O-3, P-3: both to the second."""
    await run(lab, campaign)
    assert campaign.steps == ["freeze", "begin", "feed"]
    assert_at(campaign.times("freeze")[0], now + 2 * HOUR - QUARTER)
    assert_at(campaign.times("begin")[0], now + 2 * HOUR)
    assert_at(campaign.times("feed")[0], now + 2 * HOUR)


async def test_freezes_at_once_when_registered_within_the_last_15_minutes(
    lab: Lab, campaign: FakeCampaign, now: datetime
) -> None:
    """O-3: as of registration."""
    campaign.send_at = now + timedelta(minutes=14, seconds=59)
    await run(lab, campaign)
    assert_at(campaign.times("freeze")[0], now)
    assert_at(campaign.times("begin")[0], campaign.send_at)


async def test_does_not_freeze_twice_what_the_registration_froze(
    lab: Lab, campaign: FakeCampaign, now: datetime
) -> None:
    campaign.send_at, campaign.is_frozen = now + timedelta(minutes=5), True
    await run(lab, campaign)
    assert campaign.steps == ["begin", "feed"]
    assert_at(campaign.times("begin")[0], campaign.send_at)


async def test_starts_at_once_when_its_time_passed_while_nobody_worked(
    lab: Lab, campaign: FakeCampaign, now: datetime
) -> None:
    """Decision 0008: a registered campaign starts by itself when the workers are back."""
    campaign.send_at = now - HOUR
    campaign.registered_at = now - 2 * HOUR
    await run(lab, campaign)
    assert campaign.steps == ["freeze", "begin", "feed"]
    assert_at(campaign.times("feed")[0], now)


@pytest.mark.parametrize("hours", [1, 5], ids=["earlier", "later"])
async def test_an_edit_moves_freeze_and_start(
    lab: Lab, campaign: FakeCampaign, now: datetime, hours: int
) -> None:
    """P-3: can be edited until it starts."""
    async with campaign.worker():
        handle = await waiting(lab, campaign)
        campaign.edit(send_at=now + hours * HOUR, registered_at=now + SECOND)
        await campaign.announce()
        await lab.within(handle.result())
    assert campaign.steps == ["freeze", "begin", "feed"]
    assert_at(campaign.times("freeze")[0], now + hours * HOUR - QUARTER)
    assert_at(campaign.times("begin")[0], now + hours * HOUR)


@pytest.mark.parametrize("later", [HOUR, timedelta(minutes=-5)], ids=["later", "earlier"])
async def test_an_edit_after_the_freeze_freezes_again(
    lab: Lab, campaign: FakeCampaign, now: datetime, later: timedelta
) -> None:
    """O-3: the list counts 15 minutes before the new time, or at the edit if that is later."""
    async with campaign.worker():
        handle = await waiting(lab, campaign)
        await lab.sleep((2 * HOUR - QUARTER + 5 * SECOND).total_seconds())
        await lab.timer_runs(handle, number=2)
        edited_at = await server_time(lab.client)
        send_at = now + 2 * HOUR + later
        campaign.edit(send_at=send_at, registered_at=edited_at)
        await campaign.announce()
        await lab.within(handle.result())
    assert campaign.steps == ["freeze", "freeze", "begin", "feed"]
    assert_at(campaign.times("freeze")[1], max(send_at - QUARTER, edited_at))
    assert_at(campaign.times("begin")[0], send_at)


async def test_a_change_announced_while_the_row_is_read_is_not_lost(
    lab: Lab, campaign: FakeCampaign, now: datetime
) -> None:
    """The old row was read, the signal came before the answer."""

    async def edit() -> None:
        campaign.edit(send_at=now + HOUR, registered_at=now)
        await campaign.announce()

    campaign.during_load = edit
    await run(lab, campaign)
    assert campaign.steps == ["freeze", "begin", "feed"]
    assert_at(campaign.times("begin")[0], now + HOUR)


@pytest.mark.parametrize("is_announced", [True, False], ids=["announced", "signal lost"])
async def test_an_edit_during_the_freeze_is_seen(
    lab: Lab, campaign: FakeCampaign, now: datetime, is_announced: bool
) -> None:
    """Even unannounced: the start asks the row, which says "not yet, and not frozen"."""

    async def edit() -> None:
        campaign.edit(send_at=now + 6 * HOUR, registered_at=now + 2 * HOUR - QUARTER)
        if is_announced:
            await campaign.announce()

    campaign.during_freeze = edit
    await run(lab, campaign)
    assert campaign.steps[-3:] == ["freeze", "begin", "feed"]
    assert_at(campaign.times("freeze")[-1], now + 6 * HOUR - QUARTER)
    assert_at(campaign.times("feed")[0], now + 6 * HOUR)


async def test_looks_again_each_second_when_the_start_is_refused(
    lab: Lab, campaign: FakeCampaign, now: datetime
) -> None:
    """The database's clock decides; it may be a moment behind Temporal's."""
    campaign.refused_begins = 3
    await run(lab, campaign)
    assert campaign.steps == ["freeze", *["begin"] * 4, "feed"]
    assert_at(campaign.times("feed")[0], now + 2 * HOUR + 3 * SECOND)


async def test_a_cancel_while_waiting_ends_it_with_nothing_sent(lab: Lab, campaign: FakeCampaign) -> None:
    """P-3: can be cancelled until it starts."""
    async with campaign.worker():
        handle = await waiting(lab, campaign)
        campaign.status = CampaignStatus.CANCELLED
        await campaign.announce()
        await lab.within(handle.result())
    assert campaign.steps == ["begin"]
    assert campaign.orders == []


async def test_a_cancel_nobody_announced_is_found_at_the_start(lab: Lab, campaign: FakeCampaign) -> None:
    """A signal lost with Temporal down sends nothing."""
    async with campaign.worker():
        handle = await waiting(lab, campaign)
        campaign.status = CampaignStatus.CANCELLED
        await lab.within(handle.result())
    assert campaign.orders == []


async def test_carries_on_a_campaign_that_was_sending_already(lab: Lab, campaign: FakeCampaign) -> None:
    """A repeated start after a lost one feeds on; starting a message twice does nothing."""
    campaign.status = CampaignStatus.SENDING
    await run(lab, campaign)
    assert campaign.steps == ["begin", "feed"]


async def test_a_second_start_does_nothing_while_it_runs(lab: Lab, campaign: FakeCampaign) -> None:
    """Double click, retried POST, sweep: one workflow."""
    async with campaign.worker():
        first = await waiting(lab, campaign)
        await campaign.start()
        await lab.within(first.result())
    assert campaign.steps == ["freeze", "begin", "feed"]


async def test_feeds_page_after_page_where_the_last_one_ended(lab: Lab, campaign: FakeCampaign) -> None:
    """S-7: bounded feeds, so that neither an activity nor a worker holds 250,000 recipients."""
    campaign.status, campaign.feeds = CampaignStatus.SENDING, 4
    await run(lab, campaign)
    assert [order.limit for order in campaign.orders] == [MESSAGES_PER_FEED] * 4
    starts = [order.fed_up_to for order in campaign.orders]
    assert starts == [None, UUID(int=1), UUID(int=2), UUID(int=3)]


async def test_continues_as_new_so_that_no_history_grows_with_the_campaign(
    lab: Lab, campaign: FakeCampaign
) -> None:
    """P-10: 250,000 recipients must not grow one history; a later run only feeds."""
    campaign.status, campaign.feeds = CampaignStatus.SENDING, FEEDS_PER_RUN + 2
    async with campaign.worker():
        first = await campaign.start()
        first_run = (await first.describe()).run_id
        await lab.within(first.result())
    ended = await lab.client.get_workflow_handle(first.id, run_id=first_run).describe()
    assert ended.status is WorkflowExecutionStatus.CONTINUED_AS_NEW
    assert ended.history_length < 1_000
    assert len(campaign.orders) == FEEDS_PER_RUN + 2
    assert [order.fed_up_to for order in campaign.orders][-2:] == [UUID(int=100), UUID(int=101)]
    assert len(campaign.times("load")) == 1


async def test_a_run_that_was_continued_feeds_from_where_it_is_told(lab: Lab, campaign: FakeCampaign) -> None:
    async with campaign.worker():
        order = CampaignOrder(COMPANY, CAMPAIGN, fed_up_to=UUID(int=7))
        await lab.client.start_workflow(
            CampaignWorkflow.run, order, id=campaign.handle.id, task_queue=CAMPAIGNS
        )
        await lab.within(campaign.handle.result())
    assert campaign.steps == ["feed"]
    assert campaign.orders[0].fed_up_to == UUID(int=7)


async def test_an_announcement_during_the_feed_is_harmless(lab: Lab, campaign: FakeCampaign) -> None:
    """The feed itself reads the row page by page and stops by it."""
    campaign.status, campaign.feeds = CampaignStatus.SENDING, 3
    handle = await campaign.start()
    await campaign.announce()
    async with campaign.worker():
        await lab.within(handle.result())
    assert len(campaign.orders) == 3


async def waiting(lab: Lab, campaign: FakeCampaign) -> WorkflowHandle[CampaignWorkflow, None]:
    """Start it and return when it waits for its time."""
    handle = await campaign.start()
    await lab.timer_runs(handle)
    return handle
