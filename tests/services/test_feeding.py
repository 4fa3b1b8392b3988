"""From a registered campaign to messages on their way: schedule, pages, slots, end (P-3, P-4, S-2, S-7)."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.campaigns import CampaignStatus
from domain.carriers import Carrier
from domain.delivery import CampaignSchedule
from domain.messages import ChannelPlan, MessageStatus
from domain.priorities import BULK_SEND, SINGLE_SEND
from domain.send_times import FREEZE_LEAD, LONG_AGO
from services.campaign_counters import CounterChanges
from services.feeding import FeedPage, begin_sending, finish_feeding, load_schedule, next_page
from services.message_closing import close_messages
from tests.services.factories import Bench, Registered, a_number, an_id, open_bench

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
AU_BLOCK = "08050000001"


async def waiting(bench: Bench, *numbers: str, **columns: Any) -> Registered:
    return await bench.campaign(
        *numbers, **{"status": CampaignStatus.REGISTERED, "frozen_at": None} | columns
    )


async def schedule(bench: Bench, campaign: Registered) -> CampaignSchedule | None:
    async with bench.transaction() as session:
        return await load_schedule(session, bench.company_id, campaign.id, FREEZE_LEAD)


async def begin(bench: Bench, campaign: Registered) -> bool:
    async with bench.transaction() as session:
        return await begin_sending(session, bench.company_id, campaign.id)


async def page(bench: Bench, campaign: Registered, after: UUID | None = None, limit: int = 100) -> FeedPage:
    async with bench.transaction() as session:
        return await next_page(session, bench.company_id, campaign.id, after, limit)


async def finish(bench: Bench, campaign: Registered) -> None:
    async with bench.transaction() as session:
        await finish_feeding(session, bench.company_id, campaign.id)


async def test_a_scheduled_campaign_freezes_15_minutes_ahead(bench: Bench) -> None:
    """O-3."""
    campaign = await waiting(bench, send_at=NOW, registered_at=NOW - timedelta(days=1))

    assert await schedule(bench, campaign) == CampaignSchedule(
        NOW - timedelta(minutes=15), NOW, is_frozen=False
    )


@pytest.mark.parametrize("minutes", [0, 14, 15])
async def test_registered_within_15_minutes_it_freezes_at_registration(bench: Bench, minutes: int) -> None:
    """O-3: as of registration."""
    registered_at = NOW - timedelta(minutes=minutes)
    campaign = await waiting(bench, send_at=NOW, registered_at=registered_at, frozen_at=registered_at)

    assert await schedule(bench, campaign) == CampaignSchedule(registered_at, NOW, is_frozen=True)


@pytest.mark.parametrize("wrong", [timedelta(0), timedelta(hours=1), timedelta(days=-10)])
async def test_a_send_at_once_waits_for_no_clock(bench: Bench, wrong: timedelta) -> None:
    """Whatever time a portal gave it: its workflow, by Temporal's clock, finds it due."""
    campaign = await waiting(bench, registered_at=NOW + wrong)

    assert await schedule(bench, campaign) == CampaignSchedule(LONG_AGO, LONG_AGO, is_frozen=False)


@pytest.mark.parametrize("status", [s for s in CampaignStatus if s is not CampaignStatus.REGISTERED])
async def test_what_does_not_wait_has_no_schedule(bench: Bench, status: CampaignStatus) -> None:
    campaign = await waiting(bench, status=status)
    stranger = await open_bench(bench.database, bench.jobs_database)

    assert await schedule(bench, campaign) is None
    assert await schedule(stranger, await waiting(bench)) is None


async def test_a_campaign_begins_when_due_and_frozen_only(bench: Bench) -> None:
    """I7: not before its time, whatever a workflow's clock says; I6: not before the list was read."""
    past, future = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
    early = await waiting(bench, send_at=future, frozen_at=past)
    unfrozen = await waiting(bench, send_at=past)
    cancelled = await waiting(bench, frozen_at=past, status=CampaignStatus.CANCELLED)
    due, at_once = await waiting(bench, send_at=past, frozen_at=past), await waiting(bench, frozen_at=past)

    begun = [await begin(bench, campaign) for campaign in (early, unfrozen, cancelled, due, at_once)]

    assert begun == [False, False, False, True, True]
    started_at = (await bench.campaign_row(due)).started_at
    assert await begin(bench, due), "a repeated step finds the first one's"
    assert (await bench.campaign_row(due)).started_at == started_at


async def test_pages_have_every_message_once_in_order(bench: Bench) -> None:
    """I1: keyset pages by id, none skipped or repeated while messages change state."""
    campaign = await bench.campaign(*(a_number() for _ in range(7)))
    seen: list[UUID] = []

    while (found := await page(bench, campaign, seen[-1] if seen else None, limit=3)).messages:
        seen += [message.message_id for message in found.messages]
        await bench.rows(
            "UPDATE messages SET status = 'sending' WHERE id = :id", id=found.messages[0].message_id
        )

    assert seen == list(campaign.messages)


async def test_excluded_and_ended_messages_are_not_fed(bench: Bench) -> None:
    campaign = await bench.campaign(*(a_number() for _ in range(3)))
    await bench.close(bench.closing(campaign.messages[0], MessageStatus.EXCLUDED))
    await bench.ready(bench.order(campaign.messages[1]))

    assert [m.message_id for m in (await page(bench, campaign)).messages] == [campaign.messages[2]]


@pytest.mark.parametrize("status", [s for s in CampaignStatus if s is not CampaignStatus.SENDING])
async def test_a_campaign_that_is_not_sending_yields_nothing_and_takes_no_slots(
    bench: Bench, status: CampaignStatus
) -> None:
    """I7: the feed stops with the cancel."""
    campaign = await bench.campaign(status=status)

    assert await page(bench, campaign) == FeedPage((), None)
    assert await bench.rows("SELECT 1 FROM company_lanes WHERE company_id = :company") == []


async def test_messages_get_slots_in_the_companys_lane(bench: Bench) -> None:
    """S-7: two campaigns feeding at once take turns."""
    one, other = [await bench.campaign(*(a_number() for _ in range(5))) for _ in range(2)]

    pages = await asyncio.gather(page(bench, one), page(bench, other))

    slots = sorted(message.slot for found in pages for message in found.messages)
    assert len(set(slots)) == 10
    assert slots[-1] - slots[0] >= 9 * timedelta(milliseconds=90)


async def test_the_first_guess_is_the_known_carrier_then_the_number_block(bench: Bench) -> None:
    """S-2, docs/carriers.md §1.5."""
    ported, stale, plain = AU_BLOCK, "08050000002", "08050000003"
    campaign = await bench.campaign(ported, stale, plain)
    await bench.rows(
        "INSERT INTO known_carriers VALUES (:ported, 'rakuten', now() - interval '364 days'),"
        " (:stale, 'rakuten', now() - interval '366 days')",
        ported=ported,
        stale=stale,
    )

    orders = [message.carriers for message in (await page(bench, campaign)).messages]

    assert orders[0] == (Carrier.RAKUTEN, Carrier.AU, Carrier.DOCOMO, Carrier.SOFTBANK)
    assert orders[1] == orders[2] == (Carrier.AU, Carrier.DOCOMO, Carrier.SOFTBANK, Carrier.RAKUTEN)
    await bench.rows("DELETE FROM known_carriers")


@pytest.mark.parametrize(
    ("chosen", "order"),
    [
        (["softbank", "docomo"], (Carrier.DOCOMO, Carrier.SOFTBANK)),
        (["softbank", "au"], (Carrier.AU, Carrier.SOFTBANK)),
        (["rakuten"], (Carrier.RAKUTEN,)),
    ],
)
async def test_a_carrier_restriction_keeps_the_order_of_guesses(
    bench: Bench, chosen: list[str], order: tuple[Carrier, ...]
) -> None:
    """P-4: only the chosen carriers are tried, the likeliest first."""
    campaign = await bench.campaign(AU_BLOCK, carriers=chosen)

    (message,) = (await page(bench, campaign)).messages

    assert (message.carriers, message.is_restricted) == (order, True)


async def test_a_message_carries_what_its_campaign_asks_for(bench: Bench) -> None:
    """M-1; a person who sends to a few numbers waits for no mailing."""
    single = await bench.campaign(recycling_reference_on=date(2026, 1, 1), channel_plan=ChannelPlan.RCS)
    bulk = await bench.campaign(*(a_number() for _ in range(6)))

    (one,) = (await page(bench, single)).messages
    many = (await page(bench, bulk)).messages

    assert (one.plan, one.reference_on, one.priority) == (ChannelPlan.RCS, date(2026, 1, 1), SINGLE_SEND)
    assert one.is_restricted is False
    assert {(m.plan, m.reference_on, m.priority) for m in many} == {(ChannelPlan.SMS, None, BULK_SEND)}


async def test_the_end_of_the_feed_completes_a_campaign_with_nothing_to_send(bench: Bench) -> None:
    empty = await bench.campaign_to([])
    excluded = await bench.campaign(status=CampaignStatus.REGISTERED)
    await bench.close(bench.closing(excluded.message, MessageStatus.EXCLUDED))
    await begin(bench, excluded)
    running = await bench.campaign()

    for campaign in (empty, excluded, running):
        await finish(bench, campaign)

    rows = [await bench.campaign_row(campaign) for campaign in (empty, excluded, running)]
    assert [row.status for row in rows] == ["completed", "completed", "sending"]
    assert all(row.fed_at for row in rows)


async def test_the_end_of_the_feed_and_the_last_message_do_not_lock_each_other_out(bench: Bench) -> None:
    """Whoever ends the last message locks the counters, then the campaign; so does the end of the feed."""
    campaign = await bench.campaign()
    await bench.submitted(bench.order(campaign.message), an_id())
    async with bench.transaction() as session:
        counters = CounterChanges()
        counters.add((bench.company_id, campaign.id), "read", 0)
        await counters.write(session)
        feed = asyncio.create_task(finish(bench, campaign))
        await asyncio.sleep(0.1)
        await close_messages(session, [bench.closing(campaign.message)])
    await feed

    row = await bench.campaign_row(campaign)
    assert (row.status, row.fed_at is not None) == (CampaignStatus.COMPLETED, True)
