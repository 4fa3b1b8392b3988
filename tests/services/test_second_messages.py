"""Second messages after a delivery: once, with counters and text of their own (P-7)."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.callers import Caller
from domain.campaigns import CampaignStatus
from domain.carrier_exchange import ReceiptState, SubmitOutcome
from domain.carriers import Carrier, Channel
from domain.follow_ups import FollowUpTrigger
from domain.messages import ChannelPlan, MessageStatus, StatusReason
from models import CampaignCounters, FollowUpRow
from services.campaign_cancel import cancel_campaign
from services.feeding import next_page
from services.second_messages import late_starts, take_second_messages
from tests.services.factories import Bench, Registered, a_number, an_id, open_bench, refused, report

SECOND_TEXT = "ご来店ありがとうございました。"


async def with_follow_up(
    bench: Bench,
    trigger: FollowUpTrigger = FollowUpTrigger.DELIVERED,
    numbers: tuple[str, ...] = (),
    valid_for_hours: int | None = None,
    **columns: Any,
) -> Registered:
    """A campaign under way that has a follow-up."""
    campaign = await bench.campaign(*numbers, **columns)
    key: dict[str, Any] = {"company_id": bench.company_id, "campaign_id": campaign.id}
    async with bench.transaction() as session:
        session.add(
            FollowUpRow(
                **key,
                trigger=trigger,
                sms_text=SECOND_TEXT,
                rcs_text="+メッセージの2通目です。",
                valid_for_hours=valid_for_hours,
            )
        )
        session.add(CampaignCounters(**key, sequence=2))
    return campaign


async def seconds(bench: Bench, campaign: Registered) -> list[Any]:
    """The campaign's second messages."""
    return await bench.rows(
        "SELECT * FROM messages WHERE company_id = :company AND campaign_id = :campaign"
        " AND parent_message_id IS NOT NULL ORDER BY id",
        campaign=campaign.id,
    )


async def counters(bench: Bench, campaign: Registered, sequence: int) -> Any:
    """One of the campaign's two rows of counters."""
    return await bench.one(
        "SELECT * FROM campaign_counters WHERE company_id = :company AND campaign_id = :campaign"
        " AND sequence = :sequence",
        campaign=campaign.id,
        sequence=sequence,
    )


async def pending(bench: Bench) -> list[tuple[UUID, UUID]]:
    """What waits for its start."""
    rows = await bench.rows("SELECT company_id, message_id FROM pending_starts WHERE company_id = :company")
    return [(row.company_id, row.message_id) for row in rows]


async def test_a_delivery_sets_off_the_second_message_in_its_transaction(bench: Bench) -> None:
    campaign = await with_follow_up(bench)
    await bench.delivered(campaign.message)

    (second,) = await seconds(bench, campaign)
    first = await bench.message(campaign.message)
    assert second.parent_message_id == campaign.message
    assert (second.status, second.phone_number) == ("accepted", first.phone_number)
    assert (second.variables, second.row_number) == (first.variables, first.row_number)
    assert first.closed_at <= second.accepted_at
    assert await pending(bench) == [(bench.company_id, second.id)]


async def test_the_campaign_is_completed_by_its_first_messages(bench: Bench) -> None:
    """I12: the two messages are counted apart."""
    campaign = await with_follow_up(bench)
    await bench.delivered(campaign.message)

    row = await bench.one("SELECT status FROM campaigns WHERE id = :id", id=campaign.id)
    assert row.status == CampaignStatus.COMPLETED
    first, second = [await counters(bench, campaign, sequence) for sequence in (1, 2)]
    assert (first.total, first.submitted, first.delivered, first.billable_parts) == (1, 1, 1, 1)
    assert (second.total, second.submitted, second.delivered, second.billable_parts) == (1, 0, 0, 0)


async def test_the_second_message_has_its_own_text_charge_and_counters(bench: Bench) -> None:
    campaign = await with_follow_up(bench)
    await bench.delivered(campaign.message)
    (second,) = await seconds(bench, campaign)

    order, message_id = bench.order(second.id), an_id()
    ready = await bench.ready(order)
    assert ready.body == SECOND_TEXT
    await bench.record(order, ready, refused(SubmitOutcome.WRONG_CARRIER))
    await bench.submitted(bench.order(second.id, Carrier.SOFTBANK), message_id)
    await bench.store(report(message_id, ReceiptState.READ, carrier=Carrier.SOFTBANK))
    await bench.close(bench.closing(second.id, carrier=Carrier.SOFTBANK))

    assert await seconds(bench, campaign) == [await bench.message(second.id)], "a second has no second"
    first, last = [await counters(bench, campaign, sequence) for sequence in (1, 2)]
    assert (first.delivered, first.billable_parts, first.read) == (1, 1, 0)
    assert (last.total, last.submitted, last.delivered, last.billable_parts, last.read) == (1, 1, 1, 1, 1)
    charges = await bench.rows("SELECT message_id FROM billing_entries WHERE company_id = :company")
    assert {charge.message_id for charge in charges} == {campaign.message, second.id}


@pytest.mark.parametrize("status", [MessageStatus.UNDELIVERED, MessageStatus.UNKNOWN, MessageStatus.EXPIRED])
async def test_what_did_not_arrive_sets_off_nothing(bench: Bench, status: MessageStatus) -> None:
    campaign = await with_follow_up(bench)
    await bench.close(bench.closing(campaign.message, status))
    assert await seconds(bench, campaign) == []


async def test_a_delivery_sets_off_nothing_that_waits_for_a_reply(bench: Bench) -> None:
    campaign = await with_follow_up(bench, FollowUpTrigger.REPLY)
    await bench.delivered(campaign.message)
    assert await seconds(bench, campaign) == []


async def test_closing_at_the_same_time_makes_one_second_message(bench: Bench) -> None:
    campaign = await with_follow_up(bench)
    await bench.submitted(bench.order(campaign.message), an_id())
    await asyncio.gather(*(bench.close(bench.closing(campaign.message)) for _ in range(4)))
    assert len(await seconds(bench, campaign)) == 1
    assert (await counters(bench, campaign, 2)).total == 1


async def test_a_cancelled_campaign_shows_its_second_messages_as_cancelled(bench: Bench) -> None:
    campaign = await with_follow_up(bench)
    await bench.submitted(bench.order(campaign.message), an_id())
    await bench.cancel(campaign)
    await bench.close(bench.closing(campaign.message))

    (second,) = await seconds(bench, campaign)
    assert (second.status, second.reason) == ("cancelled", None)
    assert second.closed_at is not None
    assert await pending(bench) == []
    row = await counters(bench, campaign, 2)
    assert (row.total, row.cancelled) == (1, 1)


async def test_who_opted_out_meanwhile_is_excluded_whatever_the_options_say(bench: Bench) -> None:
    """O-3: nobody writes to a person who has just asked not to be written to."""
    campaign = await with_follow_up(bench, exclude_opt_outs=False)
    await bench.rows(
        "INSERT INTO opt_outs (company_id, phone_number) VALUES (:company, :number)",
        number=campaign.phone_numbers[0],
    )
    await bench.delivered(campaign.message)
    (second,) = await seconds(bench, campaign)
    assert (second.status, second.reason) == (MessageStatus.EXCLUDED, StatusReason.OPTED_OUT)
    assert (await counters(bench, campaign, 2)).excluded == 1


async def test_an_opt_out_the_campaign_was_to_ignore_does_not_count(bench: Bench) -> None:
    number = a_number()
    await bench.rows(
        "INSERT INTO opt_outs (company_id, phone_number, created_at)"
        " VALUES (:company, :number, now() - interval '1 day')",
        number=number,
    )
    campaign = await with_follow_up(bench, numbers=(number,), exclude_opt_outs=False)
    await bench.delivered(campaign.message)
    (second,) = await seconds(bench, campaign)
    assert second.status == MessageStatus.ACCEPTED


async def test_the_second_message_starts_with_the_carrier_and_the_channel_that_delivered(
    bench: Bench,
) -> None:
    """S-2: no guessing, and no +Message for a handset that just got the SMS in its place."""
    campaign = await with_follow_up(bench, channel_plan=ChannelPlan.RCS_WITH_SMS_FALLBACK)
    await bench.submitted(bench.order(campaign.message, Carrier.RAKUTEN), an_id())
    await bench.close(bench.closing(campaign.message, carrier=Carrier.RAKUTEN))
    async with bench.transaction() as session:
        (taken,) = await take_second_messages(session, await pending(bench))
    assert (taken.plan, taken.carriers[0], len(taken.carriers)) == (ChannelPlan.SMS, Carrier.RAKUTEN, 4)


async def test_second_messages_take_slots_of_the_company_lane(bench: Bench) -> None:
    """S-7: 40,000 an hour are one in 90 ms, first or second."""
    numbers = tuple(a_number() for _ in range(3))
    campaign = await with_follow_up(bench, numbers=numbers, carriers=["softbank"])
    for message in campaign.messages:
        await bench.delivered(message)
    async with bench.transaction() as session:
        taken = await take_second_messages(session, await pending(bench))
    slots = sorted(message.slot for message in taken)
    assert [later - earlier for earlier, later in itertools.pairwise(slots)] == [
        timedelta(milliseconds=90)
    ] * 2
    assert {(message.carriers, message.is_restricted) for message in taken} == {((Carrier.SOFTBANK,), True)}


async def test_the_feed_leaves_second_messages_alone(bench: Bench) -> None:
    campaign = await with_follow_up(bench, numbers=(a_number(), a_number()))
    await bench.delivered(campaign.messages[0])
    async with bench.transaction() as session:
        page = await next_page(session, bench.company_id, campaign.id, None, 25)
    assert [message.message_id for message in page.messages] == [campaign.messages[1]]


async def test_the_sweep_finds_starts_that_were_lost(bench: Bench) -> None:
    other = await open_bench(bench.database, bench.jobs_database)
    campaign, recent = await with_follow_up(bench), await with_follow_up(other)
    await bench.delivered(campaign.message)
    await other.delivered(recent.message)
    await bench.rows(
        "UPDATE pending_starts SET created_at = :at WHERE company_id = :company",
        at=datetime.now(UTC) - timedelta(seconds=6),
    )
    async with bench.jobs_database.transaction() as session:
        late = await late_starts(session)
    assert await pending(bench) == [key for key in late if key[0] == bench.company_id]
    assert [key for key in late if key[0] == other.company_id] == []


async def test_a_cancel_counts_first_and_second_messages_apart(bench: Bench) -> None:
    campaign = await with_follow_up(bench, numbers=(a_number(), a_number()))
    await bench.delivered(campaign.messages[0])
    async with bench.transaction() as session:
        outcome = await cancel_campaign(session, Caller(bench.company_id), campaign.id, datetime.now(UTC))
    assert (outcome.cancelled, outcome.already_handed_over) == (1, 1)
    first, second = [await counters(bench, campaign, sequence) for sequence in (1, 2)]
    assert (first.cancelled, second.cancelled) == (1, 1)


async def test_the_second_message_follows_a_rcs_message_on_its_plan(bench: Bench) -> None:
    campaign = await with_follow_up(bench, channel_plan=ChannelPlan.RCS)
    await bench.submitted(bench.order(campaign.message, Carrier.AU, Channel.RCS), an_id())
    await bench.close(bench.closing(campaign.message, channel=Channel.RCS, carrier=Carrier.AU))
    async with bench.transaction() as session:
        (taken,) = await take_second_messages(session, await pending(bench))
    assert (taken.plan, taken.carriers[0]) == (ChannelPlan.RCS, Carrier.AU)
