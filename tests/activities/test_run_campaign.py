"""The feed starts each message once, just ahead of its slot, and goes on where it was (S-7, I1, I7)."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from activities.run_campaign import LEAD, PAGE_SIZE, CampaignActivities
from domain.campaigns import CampaignStatus
from domain.carriers import Carrier
from domain.delivery import DeliveryOrder, FeedOrder, FeedProgress, WaitingTimes
from services.database import Database, JobsDatabase
from tests.activities.fake_gateways import environment
from tests.services.factories import Bench, Registered, a_number, open_bench


@pytest_asyncio.fixture(loop_scope="session")
async def bench(database: Database, jobs_database: JobsDatabase) -> Bench:
    """A company with slots so near that no feed has to wait for them."""
    return await open_bench(database, jobs_database, hourly_capacity=4_000_000)


class Feed:
    """A feed that remembers what it started, and when."""

    def __init__(self, bench: Bench, *, fails_at: int | None = None) -> None:
        self.orders: list[DeliveryOrder] = []
        self.started_at: list[datetime] = []
        self.heartbeats: list[tuple[object, ...]] = []
        self._fails_at = fails_at
        self._bench = bench
        self._steps = CampaignActivities(bench.database, self._start, WaitingTimes())

    async def _start(self, order: DeliveryOrder) -> None:
        if len(self.orders) == self._fails_at:
            raise ConnectionError("Temporal is away")
        self.orders.append(order)
        self.started_at.append(datetime.now(UTC))

    async def run(
        self, campaign: Registered, *, limit: int = 1_000, resume: UUID | None = None
    ) -> FeedProgress:
        env = environment()
        env.on_heartbeat = lambda *details: self.heartbeats.append(details)
        if resume is not None:
            env.info = replace(env.info, heartbeat_details=[str(resume)])
        order = FeedOrder(self._bench.company_id, campaign.id, None, limit)
        progress: FeedProgress = await env.run(self._steps.feed_messages, order)
        return progress


async def campaign_of(bench: Bench, count: int) -> Registered:
    return await bench.campaign(*(a_number() for _ in range(count)))


async def test_every_message_is_started_once_with_what_its_workflow_needs(bench: Bench) -> None:
    """I1, I10: ids and flags only."""
    campaign, feed = await campaign_of(bench, 2 * PAGE_SIZE + 3), Feed(bench)

    progress = await feed.run(campaign)

    assert sorted(order.message_id for order in feed.orders) == list(campaign.messages)
    assert progress == FeedProgress(campaign.messages[-1], 2 * PAGE_SIZE + 3, finished=True)
    order = feed.orders[0]
    assert (order.company_id, order.campaign_id) == (bench.company_id, campaign.id)
    assert set(order.carriers) == set(Carrier)
    assert order.not_before is not None
    assert (await bench.campaign_row(campaign)).fed_at is not None


async def test_a_feed_stops_at_its_limit_and_goes_on_after_it(bench: Bench) -> None:
    campaign, feed = await campaign_of(bench, 2 * PAGE_SIZE), Feed(bench)

    progress = await feed.run(campaign, limit=PAGE_SIZE)

    assert progress == FeedProgress(campaign.messages[PAGE_SIZE - 1], PAGE_SIZE, finished=False)
    assert (await bench.campaign_row(campaign)).fed_at is None


async def test_a_feed_that_died_goes_on_from_its_last_sign_of_life(bench: Bench) -> None:
    """No message is left out; one started twice has one workflow."""
    campaign, dying = await campaign_of(bench, 2 * PAGE_SIZE), Feed(bench, fails_at=PAGE_SIZE + 5)
    with pytest.raises(ConnectionError):
        await dying.run(campaign)
    ((position,),) = dying.heartbeats
    survivor = Feed(bench)

    await survivor.run(campaign, resume=UUID(str(position)))

    started = {order.message_id for order in (*dying.orders, *survivor.orders)}
    assert started == set(campaign.messages)
    assert len(survivor.orders) == PAGE_SIZE


async def test_messages_are_started_just_ahead_of_their_slots(bench: Bench) -> None:
    """S-7: never a whole campaign at once; the lane may be taken by another campaign."""
    await bench.rows(
        "INSERT INTO company_lanes VALUES (:company, clock_timestamp() + interval '1.3 seconds')"
    )
    campaign, feed = await campaign_of(bench, 1), Feed(bench)

    await feed.run(campaign)

    slot = feed.orders[0].not_before
    assert slot is not None
    ahead = slot - feed.started_at[0]
    assert ahead <= LEAD + timedelta(milliseconds=50)
    assert feed.heartbeats


async def test_a_cancel_ends_the_feed(bench: Bench) -> None:
    """I7."""
    campaign = await campaign_of(bench, 3 * PAGE_SIZE)
    feed = Feed(bench)
    await feed.run(campaign, limit=PAGE_SIZE)
    await bench.cancel(campaign)

    progress = await Feed(bench).run(campaign)

    assert (progress.started, progress.finished) == (0, True)
    assert (await bench.campaign_row(campaign)).status == CampaignStatus.CANCELLED


async def test_two_feeds_of_one_company_share_its_lane(bench: Bench) -> None:
    feeds = [Feed(bench), Feed(bench)]
    campaigns = [await campaign_of(bench, PAGE_SIZE) for _ in feeds]

    await asyncio.gather(*(feed.run(campaign) for feed, campaign in zip(feeds, campaigns, strict=True)))

    slots = {order.not_before for feed in feeds for order in feed.orders}
    assert len(slots) == 2 * PAGE_SIZE
