"""The end of a message: once, with its charge and the counters, in one transaction (L-3, B-7, I5, I12)."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from domain.campaigns import CampaignStatus
from domain.carrier_exchange import ReceiptState, SubmitOutcome
from domain.carriers import Carrier, Channel
from domain.messages import FINAL_STATUSES, FallbackReason, MessageStatus, StatusReason
from tests.services.factories import Bench, Registered, a_number, accepted, an_id, open_bench, refused, report

RCS: dict[str, Any] = {"channel": Channel.RCS, "carrier": Carrier.DOCOMO}


async def charges(bench: Bench) -> list[Any]:
    return await bench.rows(
        "SELECT channel, parts, usage_month FROM billing_entries WHERE company_id = :company"
        " AND charge_kind = 'delivery'"
    )


async def sent_rcs_at(bench: Bench, campaign: Registered, at: datetime) -> None:
    """Hand a +Message over and move the hand-over to ``at``."""
    await bench.submitted(bench.order(campaign.message, channel=Channel.RCS), an_id())
    await bench.rows("UPDATE submit_attempts SET ended_at = :at WHERE company_id = :company", at=at)
    await bench.rows("UPDATE messages SET submitted_at = :at WHERE company_id = :company", at=at)


async def test_a_delivered_message_is_on_record_with_status_times_and_charge(bench: Bench) -> None:
    campaign = await bench.campaign(sms_text="あ" * 71)
    await bench.submitted(bench.order(campaign.message, Carrier.SOFTBANK), an_id(), an_id())

    await bench.close(
        bench.closing(campaign.message, carrier=Carrier.SOFTBANK, fallback_reason=FallbackReason.NOT_CAPABLE)
    )

    message = await bench.message(campaign.message)
    assert (message.status, message.channel, message.carrier) == ("delivered", "sms", "softbank")
    assert (message.fallback_reason, message.reason, message.parts) == ("not_capable", None, 2)
    assert message.accepted_at <= message.submitted_at <= message.delivered_at <= message.closed_at
    assert [(c.channel, c.parts) for c in await charges(bench)] == [("sms", 2)]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (MessageStatus.CARRIER_UNDETERMINED, None),
        (MessageStatus.EXCLUDED, StatusReason.OTHER_CARRIER),
    ],
)
async def test_a_message_nobody_knows_has_no_carrier(
    bench: Bench, status: MessageStatus, reason: StatusReason | None
) -> None:
    """S-4, S-5, P-4: the carrier asked last is not the message's."""
    campaign = await bench.campaign()
    await bench.submitted(bench.order(campaign.message, Carrier.RAKUTEN), an_id())

    await bench.close(bench.closing(campaign.message, status, reason=reason))

    assert (await bench.message(campaign.message)).carrier is None


async def test_a_message_ends_once(bench: Bench) -> None:
    """B-7, I2: whatever comes later keeps status, times and charge."""
    campaign = await bench.campaign()
    await bench.delivered(campaign.message)
    before = await bench.message(campaign.message)

    await bench.close(bench.closing(campaign.message, MessageStatus.UNDELIVERED, reason=StatusReason.ABSENT))
    await bench.close(bench.closing(campaign.message, **RCS))
    await bench.close(bench.closing(campaign.message))

    assert await bench.message(campaign.message) == before
    assert len(await charges(bench)) == 1
    row = await bench.campaign_row(campaign)
    assert (row.delivered, row.undelivered, row.billable_parts) == (1, 0, 1)


async def test_two_at_once_close_a_message_once(bench: Bench) -> None:
    """I5: one billing entry, however many workers close."""
    for _ in range(10):
        campaign = await bench.campaign()
        await bench.submitted(bench.order(campaign.message), an_id())

        await asyncio.gather(*(bench.close(bench.closing(campaign.message)) for _ in range(4)))

        row = await bench.campaign_row(campaign)
        assert (row.delivered, row.billable_parts, row.status) == (1, 1, CampaignStatus.COMPLETED)


async def test_the_same_message_twice_in_one_batch_is_closed_once(bench: Bench) -> None:
    campaign = await bench.campaign()
    await bench.submitted(bench.order(campaign.message), an_id())

    await bench.close(bench.closing(campaign.message), bench.closing(campaign.message))

    assert (await bench.campaign_row(campaign)).delivered == 1
    assert len(await charges(bench)) == 1


async def test_a_charge_that_is_there_already_is_not_written_or_counted_again(bench: Bench) -> None:
    """I5, I12: the unique key is the last guard, and the message still ends."""
    campaign = await bench.campaign()
    await bench.submitted(bench.order(campaign.message), an_id())
    await bench.rows(
        "INSERT INTO billing_entries (company_id, message_id, charge_kind, channel, parts, usage_month)"
        " VALUES (:company, :message, 'delivery', 'rcs', 1, '2026-01-01')",
        message=campaign.message,
    )

    await bench.close(bench.closing(campaign.message))

    assert [c.channel for c in await charges(bench)] == ["rcs"]
    row = await bench.campaign_row(campaign)
    assert (row.delivered, row.billable_parts) == (1, 0)


async def test_batches_over_the_same_numbers_in_any_order_do_not_lock_each_other_out(bench: Bench) -> None:
    """What is learned of numbers is shared by all; a deadlock would show as an error."""
    numbers = [a_number() for _ in range(25)]
    campaigns = [await bench.campaign(*numbers), await bench.campaign(*reversed(numbers))]
    for campaign in campaigns:
        for message in campaign.messages:
            await bench.submitted(bench.order(message), an_id())

    await asyncio.gather(
        *(
            bench.close(*(bench.closing(message, carrier_learned=True) for message in campaign.messages))
            for campaign in campaigns
        )
    )

    assert [(await bench.campaign_row(campaign)).delivered for campaign in campaigns] == [25, 25]


async def test_parts_are_those_of_the_stored_text_by_the_contracts_table(bench: Bench) -> None:
    """B-1, I5: not the physical segments (67 units each, three here), and not the draft's length."""
    await bench.contract(valid_from=date(2021, 1, 1), part_table=[70, 132, 198, 660])
    campaign = await bench.campaign_to([a_number()], {"文": "あ" * 133}, sms_text="{{文}}")
    await bench.submitted(bench.order(campaign.message), an_id(), an_id(), an_id())

    await bench.close(bench.closing(campaign.message))

    assert [c.parts for c in await charges(bench)] == [3]


LAST_SECOND = datetime(2026, 1, 31, 14, 59, 59, tzinfo=UTC)
"""Of January in Japan."""


async def submitted_sms_at(bench: Bench, campaign: Registered, carrier: Carrier, at: datetime) -> None:
    """Hand an SMS over, at ``at``."""
    attempt = await bench.submitted(bench.order(campaign.message, carrier), an_id())
    await bench.rows("UPDATE submit_attempts SET ended_at = :at WHERE id = :attempt", at=at, attempt=attempt)
    await bench.rows(
        "UPDATE messages SET submitted_at = least(submitted_at, :at) WHERE company_id = :company", at=at
    )


@pytest.mark.parametrize(
    ("accepted_at", "month"),
    [(LAST_SECOND, date(2026, 1, 1)), (LAST_SECOND + timedelta(seconds=1), date(2026, 2, 1))],
)
async def test_an_sms_counts_in_the_month_a_carrier_accepted_it_in_japan(
    bench: Bench, accepted_at: datetime, month: date
) -> None:
    """B-8: a send scheduled months ahead belongs to the month it goes out in, not to its registration's."""
    campaign = await bench.campaign()
    await bench.rows("UPDATE messages SET accepted_at = '2025-10-01 00:00+00' WHERE company_id = :company")
    await submitted_sms_at(bench, campaign, Carrier.DOCOMO, accepted_at)

    await bench.close(bench.closing(campaign.message, delivered_at=datetime(2026, 3, 1, tzinfo=UTC)))

    assert [c.usage_month for c in await charges(bench)] == [month]


async def test_an_sms_that_went_from_carrier_to_carrier_counts_where_one_first_accepted_it(
    bench: Bench,
) -> None:
    """B-8, S-5: accepted in January by one that then said "not mine", delivered by the next in February."""
    campaign = await bench.campaign()
    await submitted_sms_at(bench, campaign, Carrier.AU, LAST_SECOND)
    await bench.rows("UPDATE submit_attempts SET receipt_state = 'wrong_carrier' WHERE company_id = :company")
    await submitted_sms_at(bench, campaign, Carrier.DOCOMO, LAST_SECOND + timedelta(minutes=5))

    await bench.close(bench.closing(campaign.message, delivered_at=LAST_SECOND + timedelta(minutes=6)))

    assert [c.usage_month for c in await charges(bench)] == [date(2026, 1, 1)]


async def test_a_fallback_sms_counts_in_its_own_month_not_in_that_of_the_rich_message(bench: Bench) -> None:
    """B-8, R-8: the +Message went out in January, the SMS in its place in February."""
    campaign = await bench.campaign()
    await sent_rcs_at(bench, campaign, LAST_SECOND)
    await submitted_sms_at(bench, campaign, Carrier.DOCOMO, LAST_SECOND + timedelta(minutes=10))

    await bench.close(bench.closing(campaign.message, delivered_at=LAST_SECOND + timedelta(minutes=11)))

    assert [(c.channel, c.usage_month) for c in await charges(bench)] == [("sms", date(2026, 2, 1))]


@pytest.mark.parametrize(("late", "billed"), [(timedelta(0), 1), (timedelta(seconds=1), 0)])
async def test_a_rich_message_is_charged_when_delivered_within_72_hours(
    bench: Bench, late: timedelta, billed: int
) -> None:
    """B-2, R-10: the month is that of the send."""
    campaign = await bench.campaign(rcs_text="あ" * 1_000)
    at = datetime(2026, 1, 31, 14, 0, tzinfo=UTC)
    await sent_rcs_at(bench, campaign, at)

    await bench.close(bench.closing(campaign.message, **RCS, delivered_at=at + timedelta(hours=72) + late))

    assert [(c.channel, c.parts, c.usage_month) for c in await charges(bench)] == [
        ("rcs", 1, date(2026, 1, 1))
    ] * billed
    row = await bench.campaign_row(campaign)
    assert (row.delivered, row.billable_parts) == (1, billed)


async def test_nothing_is_charged_for_what_was_not_delivered(bench: Bench) -> None:
    for status in set(FINAL_STATUSES) - {MessageStatus.DELIVERED}:
        campaign = await bench.campaign()
        await bench.submitted(bench.order(campaign.message), an_id())
        await bench.close(bench.closing(campaign.message, status))

    assert await charges(bench) == []


async def test_a_late_rich_message_replaces_its_fallback_sms(bench: Bench) -> None:
    """B-7: the first delivery is billed; channel and parts of the log are those of the bill."""
    campaign = await bench.campaign(sms_text="あ" * 100)
    await bench.submitted(bench.order(campaign.message, channel=Channel.RCS), an_id())
    await bench.submitted(bench.order(campaign.message), an_id())

    await bench.close(bench.closing(campaign.message, **RCS))

    message = await bench.message(campaign.message)
    assert (message.channel, message.parts) == ("rcs", 1)
    assert [(c.channel, c.parts) for c in await charges(bench)] == [("rcs", 1)]


async def test_a_delivery_whose_submit_was_lost_is_charged_and_logged_like_any_other(bench: Bench) -> None:
    """The worker died after the carrier had taken it; a receipt that was adopted tells of the delivery."""
    campaign = await bench.campaign(sms_text="あ" * 100)
    order = bench.order(campaign.message)
    await bench.ready(order)
    await bench.begin(order)

    await bench.close(bench.closing(campaign.message))

    message = await bench.message(campaign.message)
    assert (message.status, message.carrier, message.parts) == ("delivered", "docomo", 2)
    assert message.submitted_at is not None
    row = await bench.campaign_row(campaign)
    assert (row.submitted, row.delivered, row.billable_parts) == (1, 1, 2)


async def test_a_cancelled_message_keeps_what_it_was_sent_by(bench: Bench) -> None:
    campaign = await bench.campaign()
    await bench.submitted(bench.order(campaign.message), an_id())

    await bench.close(bench.closing(campaign.message, MessageStatus.CANCELLED))

    message = await bench.message(campaign.message)
    assert (message.status, message.channel, message.carrier, message.parts) == (
        "cancelled",
        "sms",
        "docomo",
        1,
    )


async def test_the_carrier_is_remembered_where_the_first_guess_was_wrong(bench: Bench) -> None:
    """S-3: only from a delivery."""
    learned, failed, guessed = [await bench.campaign() for _ in range(3)]
    for campaign in (learned, failed, guessed):
        await bench.submitted(bench.order(campaign.message, Carrier.AU), an_id())
    await bench.close(
        bench.closing(learned.message, carrier=Carrier.AU, carrier_learned=True),
        bench.closing(failed.message, MessageStatus.UNDELIVERED, carrier_learned=True),
        bench.closing(guessed.message, carrier=Carrier.AU),
    )
    again = await bench.campaign(learned.phone_numbers[0])
    await bench.submitted(bench.order(again.message, Carrier.RAKUTEN), an_id())
    await bench.close(bench.closing(again.message, carrier=Carrier.RAKUTEN, carrier_learned=True))

    numbers = [c.phone_numbers[0] for c in (learned, failed, guessed)]
    rows = await bench.rows(
        "SELECT * FROM known_carriers WHERE phone_number = ANY(:numbers)", numbers=numbers
    )

    assert [(row.phone_number, row.carrier) for row in rows] == [(numbers[0], "rakuten")]


async def test_a_campaign_is_completed_by_its_last_message(bench: Bench) -> None:
    campaign = await bench.campaign(a_number(), a_number())

    await bench.delivered(campaign.messages[0])
    assert (await bench.campaign_row(campaign)).status == CampaignStatus.SENDING
    await bench.delivered(campaign.messages[1])

    row = await bench.campaign_row(campaign)
    assert (row.status, row.completed_at is not None) == (CampaignStatus.COMPLETED, True)


async def test_a_cancelled_campaign_stays_cancelled(bench: Bench) -> None:
    campaign = await bench.campaign()
    await bench.submitted(bench.order(campaign.message), an_id())
    await bench.cancel(campaign)

    await bench.close(bench.closing(campaign.message))

    assert (await bench.campaign_row(campaign)).status == CampaignStatus.CANCELLED


async def test_closings_of_several_companies_and_campaigns_share_a_batch(bench: Bench) -> None:
    """I9: each counts for its own; the order of the batches does not lock any out."""
    stranger = await open_bench(bench.database, bench.jobs_database)
    mine, theirs = await bench.campaign(), await stranger.campaign()
    await bench.submitted(bench.order(mine.message), an_id())
    closings = [stranger.closing(theirs.message, MessageStatus.EXPIRED), bench.closing(mine.message)]

    await asyncio.gather(bench.close(*closings), bench.close(*reversed(closings)))

    assert (await bench.campaign_row(mine)).delivered == 1
    assert (await stranger.campaign_row(theirs)).expired == 1


async def test_a_closing_of_another_company_reaches_nothing(bench: Bench) -> None:
    stranger = await open_bench(bench.database, bench.jobs_database)
    campaign = await bench.campaign()

    await stranger.close(stranger.closing(campaign.message))

    assert (await bench.message(campaign.message)).status == MessageStatus.ACCEPTED


async def one_life(bench: Bench, random: Random, message_id: Any) -> None:
    """A random way through the core: submits, receipts, readings, ends, some of them repeated."""
    carrier_id, channel = an_id(), random.choice(list(Channel))
    order = bench.order(message_id, channel=channel)
    if random.random() < 0.8:
        ready = await bench.ready(order)
        if random.random() < 0.3:
            await bench.record(order, ready, refused(SubmitOutcome.THROTTLED))
            ready = await bench.ready(order)
        if random.random() < 0.2:
            await bench.begin(order)
        else:
            await bench.record(order, ready, accepted(carrier_id))
    for state in random.choices(list(ReceiptState), k=random.randint(0, 3)):
        await bench.store(report(carrier_id, state, channel=channel))
    has_left = (await bench.message(message_id)).status != MessageStatus.ACCEPTED
    status = random.choice(FINAL_STATUSES) if has_left else MessageStatus.EXCLUDED
    closing = bench.closing(message_id, status, channel=channel, carrier=Carrier.DOCOMO)
    for _ in range(random.randint(1, 2)):
        await bench.close(closing)


async def test_the_counters_equal_a_recount(bench: Bench) -> None:
    """I12: after a random mix, many messages at the same time."""
    random = Random(20261123)
    campaign = await bench.campaign(*(a_number() for _ in range(60)), sms_text="あ" * 100)

    for start in range(0, 60, 6):
        batch = campaign.messages[start : start + 6]
        await asyncio.gather(*(one_life(bench, random, message) for message in batch))

    recount = await bench.one(
        "SELECT count(*) AS total, count(submitted_at) AS submitted, count(read_at) AS read,"
        " count(*) FILTER (WHERE status = 'delivered') AS delivered,"
        " (SELECT coalesce(sum(parts), 0) FROM billing_entries WHERE company_id = :company) AS billable_parts"
        " FROM messages WHERE campaign_id = :campaign",
        campaign=campaign.id,
    )
    row = await bench.campaign_row(campaign)
    assert {name: getattr(row, name) for name in recount._fields} == recount._asdict()
    by_status = await bench.rows(
        "SELECT status, count(*) FROM messages WHERE campaign_id = :campaign GROUP BY 1", campaign=campaign.id
    )
    assert {s.value: getattr(row, s.value) for s in FINAL_STATUSES if getattr(row, s.value)} == dict(
        tuple(r) for r in by_status
    )
    assert row.delivered > 0
    assert row.status == CampaignStatus.COMPLETED
