"""What was committed but not carried on is found and repeated, and nothing else (I13)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from domain.campaigns import CampaignStatus
from domain.carrier_exchange import ReceiptState, SubmitOutcome
from domain.carriers import Carrier, Channel
from domain.delivery import Submission
from domain.messages import MessageStatus
from services.database import JobsDatabase
from services.receipts import AppliedReceipt
from services.submit_records import record_submits
from services.sweeps import is_only_sweeper, match_late_receipts, open_campaigns, unsignalled_receipts
from tests.services.factories import (
    Bench,
    Registered,
    a_number,
    accepted,
    an_id,
    open_bench,
    record_of,
    refused,
    report,
)
from tests.support.postgres import jobs_url

DELIVERED = ReceiptState.DELIVERED


async def age(bench: Bench, carrier_message_id: str, interval: str) -> None:
    """Let a receipt, and whatever was submitted before it, grow older."""
    await bench.rows(
        "UPDATE receipts SET received_at = received_at - CAST(:by AS interval)"
        " WHERE carrier_message_id = :id",
        by=interval,
        id=carrier_message_id,
    )
    await bench.rows(
        "UPDATE submit_attempts SET started_at = started_at - CAST(:by AS interval) - interval '1 minute'"
        " WHERE company_id = :company",
        by=interval,
    )


async def matched(bench: Bench) -> list[AppliedReceipt]:
    async with bench.jobs_database.transaction() as session:
        applied = await match_late_receipts(session)
    return [receipt for receipt in applied if receipt.company_id == bench.company_id]


async def unsignalled(bench: Bench) -> list[AppliedReceipt]:
    async with bench.jobs_database.transaction() as session:
        receipts = await unsignalled_receipts(session)
    return [receipt for receipt in receipts if receipt.company_id == bench.company_id]


async def opened(bench: Bench) -> list[object]:
    async with bench.jobs_database.transaction() as session:
        return [found for company, found in await open_campaigns(session) if company == bench.company_id]


async def lost(bench: Bench, number: str | None = None) -> Registered:
    """A message whose submit to docomo was lost with its worker."""
    campaign = await bench.campaign(number or a_number())
    order = bench.order(campaign.message)
    await bench.ready(order)
    (answer,) = await bench.begin(order)
    assert isinstance(answer, Submission)
    return campaign


async def is_open(bench: Bench, carrier_message_id: str) -> bool:
    receipt = await bench.one("SELECT * FROM receipts WHERE carrier_message_id = :id", id=carrier_message_id)
    return receipt.applied_at is None


async def test_campaigns_that_must_have_a_workflow_are_found(bench: Bench) -> None:
    """Decision 0008: the row is the outbox."""
    registered = await bench.campaign(status=CampaignStatus.REGISTERED)
    sending = await bench.campaign()
    await bench.campaign(fed_at=datetime.now(UTC))
    for status in (CampaignStatus.DRAFT, CampaignStatus.COMPLETED, CampaignStatus.CANCELLED):
        await bench.campaign(status=status)

    assert await opened(bench) == [registered.id, sending.id]


async def test_sends_of_next_month_do_not_crowd_out_what_is_due(bench: Bench) -> None:
    """However many wait for their time, the overdue one is among those looked at."""
    now = datetime.now(UTC)
    later = [
        await bench.campaign_to([], status=CampaignStatus.REGISTERED, send_at=now + timedelta(days=30 + day))
        for day in range(3)
    ]
    due = await bench.campaign(status=CampaignStatus.REGISTERED)

    assert await opened(bench) == [due.id, *(campaign.id for campaign in later)]


async def test_one_sweeper_at_a_time(jobs_database: JobsDatabase) -> None:
    async with jobs_database.transaction() as first, jobs_database.transaction() as second:
        assert await is_only_sweeper(first, "receipts")
        assert not await is_only_sweeper(second, "receipts")
        assert await is_only_sweeper(second, "campaigns"), "one sweep does not wait for another"
    async with jobs_database.transaction() as third:
        assert await is_only_sweeper(third, "receipts")


async def test_a_receipt_that_crossed_its_submits_record_is_matched_later(bench: Bench) -> None:
    """Both transactions were open at once, and neither saw the other's row."""
    campaign, message_id = await bench.campaign(), an_id()
    order = bench.order(campaign.message)
    ready = await bench.ready(order)
    async with bench.transaction() as session:
        (recorded,) = await record_submits(session, [record_of(order, ready, accepted(message_id))])
        assert await bench.store(report(message_id, DELIVERED)) == []
    assert recorded.receipt is None

    assert await matched(bench) == [], "five seconds are given to what is on its way"
    await age(bench, message_id, "6 seconds")
    (found,) = await matched(bench)

    assert (found.message_id, found.notice.state) == (campaign.message, DELIVERED)
    assert await matched(bench) == []


async def test_any_number_of_foreign_receipts_does_not_crowd_out_our_own(bench: Bench) -> None:
    """A flood of unknown ids, older and newer than the one that matters."""
    campaign, message_id = await bench.campaign(), an_id()
    order = bench.order(campaign.message)
    ready = await bench.ready(order)
    await bench.store(*(report(an_id(), DELIVERED) for _ in range(600)))
    async with bench.transaction() as session:
        await record_submits(session, [record_of(order, ready, accepted(message_id))])
        await bench.store(report(message_id, DELIVERED))
    await bench.store(*(report(an_id(), DELIVERED) for _ in range(600)))
    await bench.rows("UPDATE receipts SET received_at = received_at - interval '6 seconds'")

    assert [found.message_id for found in await matched(bench)] == [campaign.message]


async def test_an_orphan_is_adopted_by_the_one_lost_submit_to_its_number(bench: Bench) -> None:
    """docs/carriers.md §1.1: a receipt may still decide what no answer was recorded for."""
    campaign, message_id = await lost(bench), an_id()
    await bench.store(report(message_id, DELIVERED, phone_number=campaign.phone_numbers[0]))

    await age(bench, message_id, "50 seconds")
    assert await matched(bench) == [], "the answer itself gets a minute"
    await age(bench, message_id, "11 seconds")
    (found,) = await matched(bench)

    assert (found.message_id, found.notice.state) == (campaign.message, DELIVERED)
    assert await matched(bench) == []


async def test_the_segments_of_a_lost_submit_adopt_a_receipt_each(bench: Bench) -> None:
    """The link dropped before any answer: delivered when all have arrived."""
    campaign = await bench.campaign(sms_text="あ" * 100)
    order = bench.order(campaign.message)
    unknown = SubmitOutcome.UNKNOWN
    await bench.record(order, await bench.ready(order), refused(unknown, 1), refused(unknown, 2))
    first, second = an_id(), an_id()

    await bench.store(report(first, DELIVERED, phone_number=campaign.phone_numbers[0]))
    await age(bench, first, "2 minutes")
    assert await matched(bench) == []
    await bench.store(report(second, DELIVERED, phone_number=campaign.phone_numbers[0]))
    await age(bench, second, "1 minute 1 second")

    assert [found.notice.state for found in await matched(bench)] == [DELIVERED]


async def test_an_orphan_with_two_possible_parents_is_adopted_by_none(bench: Bench) -> None:
    """Also where the other is another company's (I9): a wrong delivery is worse than none."""
    number, message_id = a_number(), an_id()
    stranger = await open_bench(bench.database, bench.jobs_database)
    await lost(bench, number)
    await lost(stranger, number)
    await bench.store(report(message_id, DELIVERED, phone_number=number))
    for owner in (bench, stranger):
        await age(owner, message_id, "2 minutes")

    assert await matched(bench) == []
    assert await matched(stranger) == []
    assert await is_open(bench, message_id)


async def test_a_submit_still_in_flight_may_be_the_parent(bench: Bench) -> None:
    """Its worker has just died; giving its receipt to an older lost submit would be wrong."""
    number, message_id = a_number(), an_id()
    await lost(bench, number)
    other = await bench.campaign(number)
    await bench.ready(bench.order(other.message))
    await bench.store(report(message_id, DELIVERED, phone_number=number))
    await age(bench, message_id, "2 minutes")

    assert await matched(bench) == []


@pytest.mark.parametrize(
    "strange", [{"carrier": Carrier.AU}, {"channel": Channel.RCS}, {"phone_number": None}]
)
async def test_an_orphan_of_another_carrier_channel_or_number_is_not_adopted(
    bench: Bench, strange: dict[str, object]
) -> None:
    campaign, message_id = await lost(bench), an_id()
    await bench.store(report(message_id, DELIVERED, **{"phone_number": campaign.phone_numbers[0]} | strange))
    await age(bench, message_id, "2 minutes")

    assert await matched(bench) == []


async def test_a_receipt_older_than_the_submit_is_not_adopted(bench: Bench) -> None:
    number, message_id = a_number(), an_id()
    await bench.store(report(message_id, DELIVERED, phone_number=number))
    await bench.rows("UPDATE receipts SET received_at = received_at - interval '2 minutes'")
    await lost(bench, number)

    assert await matched(bench) == []


async def test_what_nobody_claims_is_forgotten_after_15_days(bench: Bench) -> None:
    """R-10: carriers report for 14 days; after that the inbox is to be empty (I13)."""
    young, old = an_id(), an_id()
    await bench.store(report(young, DELIVERED), report(old, DELIVERED))
    await age(bench, young, "14 days")
    await age(bench, old, "15 days 1 minute")

    await matched(bench)

    assert [await is_open(bench, i) for i in (young, old)] == [True, False]


async def test_a_receipt_is_signalled_again_until_its_message_is_closed(bench: Bench) -> None:
    """Temporal was away when it came: committed first, signalled until it has been taken in."""
    campaign, message_id = await bench.campaign(), an_id()
    await bench.submitted(bench.order(campaign.message), message_id)
    (first,) = await bench.store(report(message_id, DELIVERED))
    assert await unsignalled(bench) == []
    await age(bench, message_id, "6 seconds")

    assert await unsignalled(bench) == [first]
    assert await unsignalled(bench) == [first]
    await bench.close(bench.closing(campaign.message))
    assert await unsignalled(bench) == []
    assert not await is_open(bench, message_id)


async def test_a_receipt_that_crossed_the_closing_is_settled(bench: Bench) -> None:
    campaign, message_id = await bench.campaign(), an_id()
    await bench.submitted(bench.order(campaign.message), message_id)
    await bench.store(report(message_id, DELIVERED))
    await bench.close(bench.closing(campaign.message, MessageStatus.UNKNOWN))
    await bench.rows("UPDATE receipts SET applied_at = NULL WHERE carrier_message_id = :id", id=message_id)
    await age(bench, message_id, "6 seconds")

    assert await unsignalled(bench) == []
    assert not await is_open(bench, message_id)


async def test_a_message_that_went_on_is_not_told_of_its_past_for_three_days(bench: Bench) -> None:
    """Every ten seconds for 72 hours would be 26,000 signals: Temporal ends such a workflow."""
    campaign, rcs_id, sms_id = await bench.campaign(), an_id(), an_id()
    await bench.submitted(bench.order(campaign.message, channel=Channel.RCS), rcs_id)
    await bench.store(report(rcs_id, ReceiptState.UNDELIVERED, channel=Channel.RCS))
    await age(bench, rcs_id, "6 seconds")
    assert len(await unsignalled(bench)) == 1, "as long as it may not know"

    await bench.submitted(bench.order(campaign.message), sms_id)

    assert await unsignalled(bench) == []
    assert not await is_open(bench, rcs_id)
    await bench.store(report(sms_id, DELIVERED))
    await age(bench, sms_id, "6 seconds")
    assert [r.notice.channel for r in await unsignalled(bench)] == [Channel.SMS]


async def test_a_late_delivery_is_told_though_the_message_went_on(bench: Bench) -> None:
    """B-7: a +Message delivered while its fallback SMS is under way ends the message."""
    campaign, rcs_id = await bench.campaign(), an_id()
    await bench.submitted(bench.order(campaign.message, channel=Channel.RCS), rcs_id)
    await bench.submitted(bench.order(campaign.message), an_id())
    await bench.store(report(rcs_id, DELIVERED, channel=Channel.RCS))
    await bench.rows(
        "UPDATE receipts SET received_at = received_at - interval '6 seconds' WHERE carrier_message_id = :id",
        id=rcs_id,
    )

    assert [r.notice.state for r in await unsignalled(bench)] == [DELIVERED]


async def test_a_sweep_of_an_empty_inbox_does_nothing(fresh_database_url: str) -> None:
    database = JobsDatabase(jobs_url(fresh_database_url))
    async with database.transaction() as session:
        assert await match_late_receipts(session) == []
        assert await unsignalled_receipts(session) == []
        assert await open_campaigns(session) == []
        assert (await session.execute(text("SELECT count(*) FROM receipts"))).scalar_one() == 0
    await database.close()
