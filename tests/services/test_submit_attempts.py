"""The record before the call: at most one submit per message and carrier, whatever dies in between (I3)."""

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from domain.carrier_exchange import ReceiptState, SubmitOutcome
from domain.carriers import Carrier, Channel
from domain.delivery import Submission, SubmissionOutcome
from domain.messages import MessageStatus
from models import Company, SmsAccount
from models.submit_attempt import AttemptState
from services.contracts import NoValidContract
from services.database import Database, JobsDatabase
from services.submit_attempts import Later, ReadySubmit, SenderMissing, begin_submits
from tests.services.factories import Bench, accepted, an_id, refused, report

LANE = "SELECT next_at - clock_timestamp() AS ahead FROM company_lanes WHERE company_id = :company"


async def outcome_of(bench: Bench, *args: object, **rest: object) -> Submission:
    (beginning,) = await bench.begin(bench.order(*args, **rest))  # type: ignore[arg-type]
    assert isinstance(beginning, Submission), beginning
    return beginning


async def test_the_attempt_is_on_record_before_the_carrier_is_called(bench: Bench) -> None:
    """I3: each accepted submit has an attempt row, written first."""
    campaign = await bench.campaign_to(["08099990001"], {"氏名": "山田"}, sms_text="{{氏名}}様")

    ready = await bench.ready(bench.order(campaign.message))

    assert (ready.body, ready.sender, ready.phone_number) == ("山田様", "0312345678", "08099990001")
    assert (ready.segments, ready.answered) == (None, ())
    attempt = await bench.attempt(campaign.message)
    assert (attempt.id, attempt.state, attempt.number) == (ready.attempt_id, AttemptState.IN_FLIGHT, 1)
    assert (attempt.body, attempt.parts, attempt.reference) == ("山田様", 1, ready.reference)
    assert (await bench.message(campaign.message)).status == MessageStatus.SENDING


async def test_a_rich_message_goes_out_from_the_official_account_as_one_part(bench: Bench) -> None:
    """B-2: a +Message counts one whatever its length."""
    campaign = await bench.campaign(rcs_text="あ" * 2_000)

    ready = await bench.ready(bench.order(campaign.message, channel=Channel.RCS))

    assert ready.sender.startswith("bot-")
    assert (await bench.attempt(campaign.message)).parts == 1


async def test_a_submit_found_in_flight_is_unknown_and_waits_for_a_receipt(bench: Bench) -> None:
    """Never sent again; a segment row without an id is there for a receipt to be adopted by."""
    campaign = await bench.campaign()
    ready = await bench.ready(bench.order(campaign.message))

    assert (await outcome_of(bench, campaign.message)).outcome is SubmissionOutcome.UNKNOWN
    assert (await outcome_of(bench, campaign.message)).outcome is SubmissionOutcome.UNKNOWN

    attempt = await bench.attempt(campaign.message)
    assert attempt.state == AttemptState.UNKNOWN
    assert attempt.ended_at is not None
    (segment,) = await bench.segments(ready.attempt_id)
    assert (segment.segment, segment.outcome, segment.carrier_message_id) == (1, "unknown", None)


async def test_a_submit_found_accepted_answers_the_same_with_its_receipt(bench: Bench) -> None:
    campaign, message_id = await bench.campaign(), an_id()
    await bench.submitted(bench.order(campaign.message), message_id)
    before = await outcome_of(bench, campaign.message)
    await bench.store(report(message_id, ReceiptState.DELIVERED))

    after = await outcome_of(bench, campaign.message)

    assert (before.outcome, before.receipt) == (SubmissionOutcome.ACCEPTED, None)
    assert (after.outcome, after.submitted_at) == (SubmissionOutcome.ACCEPTED, before.submitted_at)
    assert after.receipt is not None
    assert after.receipt.state is ReceiptState.DELIVERED


@pytest.mark.parametrize(
    ("outcome", "answer"),
    [
        (SubmitOutcome.WRONG_CARRIER, SubmissionOutcome.WRONG_CARRIER),
        (SubmitOutcome.REJECTED, SubmissionOutcome.REJECTED),
        (SubmitOutcome.UNKNOWN, SubmissionOutcome.UNKNOWN),
    ],
)
async def test_a_finished_submit_is_answered_from_its_record(
    bench: Bench, outcome: SubmitOutcome, answer: SubmissionOutcome
) -> None:
    campaign = await bench.campaign()
    order = bench.order(campaign.message)
    await bench.record(order, await bench.ready(order), refused(outcome))

    assert (await outcome_of(bench, campaign.message)).outcome is answer


async def test_a_throttled_submit_goes_again_with_only_the_missing_segments(bench: Bench) -> None:
    """Throttled was certainly not taken; the segment that was taken is not repeated."""
    campaign = await bench.campaign(sms_text="あ" * 180)
    order = bench.order(campaign.message)
    first = await bench.ready(order)
    await bench.record(
        order,
        first,
        accepted("one", 1),
        refused(SubmitOutcome.THROTTLED, 2),
        refused(SubmitOutcome.NOT_SENT, 3),
    )
    assert (await bench.attempt(campaign.message)).state == AttemptState.WAITING

    second = await bench.ready(order)

    assert (second.attempt_id, second.reference, second.body) == (
        first.attempt_id,
        first.reference,
        first.body,
    )
    assert second.segments == (2, 3)
    assert [(r.segment, r.outcome) for r in second.answered] == [(1, SubmitOutcome.ACCEPTED)]


async def test_a_retry_that_is_lost_leaves_its_segments_open_for_receipts(bench: Bench) -> None:
    """What went out in the lost retry may have been taken: its segments are unknown, too."""
    campaign = await bench.campaign(sms_text="あ" * 100)
    order = bench.order(campaign.message)
    ready = await bench.ready(order)
    await bench.record(order, ready, accepted("first", 1), refused(SubmitOutcome.THROTTLED, 2))
    await bench.ready(order)

    assert (await outcome_of(bench, campaign.message)).outcome is SubmissionOutcome.UNKNOWN

    segments = await bench.segments(ready.attempt_id)
    assert [(s.outcome, s.carrier_message_id is None) for s in segments] == [
        ("accepted", False),
        ("unknown", True),
    ]


async def test_nothing_of_a_cancelled_campaign_is_submitted(bench: Bench) -> None:
    """I7: no submit after a cancel."""
    campaign = await bench.campaign()
    await bench.cancel(campaign)

    assert (await outcome_of(bench, campaign.message)).outcome is SubmissionOutcome.WITHDRAWN
    assert await bench.rows("SELECT 1 FROM submit_attempts WHERE company_id = :company") == []


async def test_a_message_of_which_a_part_has_left_is_sent_to_its_end_despite_a_cancel(bench: Bench) -> None:
    """I7 allows what was already handed over; half a text on a handset helps nobody."""
    campaign = await bench.campaign(sms_text="あ" * 100)
    order = bench.order(campaign.message)
    await bench.record(
        order, await bench.ready(order), accepted(segment=1), refused(SubmitOutcome.THROTTLED, 2)
    )
    await bench.cancel(campaign)

    assert (await bench.ready(order)).segments == (2,)


async def test_a_closed_message_is_not_submitted(bench: Bench) -> None:
    campaign = await bench.campaign()
    await bench.close(bench.closing(campaign.message, MessageStatus.CANCELLED))

    assert (await outcome_of(bench, campaign.message)).outcome is SubmissionOutcome.WITHDRAWN


async def test_a_second_submit_takes_one_slot_and_keeps_it(bench: Bench) -> None:
    """S-7, I8: an SMS after a +Message counts again in the company's hour, but only once."""
    await bench.contract(valid_from=date(2021, 1, 1), hourly_capacity=360)
    campaign = await bench.campaign()
    order = bench.order(campaign.message, reserves_slot=True)
    await bench.rows(
        "INSERT INTO company_lanes VALUES (:company, clock_timestamp() + interval '1 minute')",
    )

    (first,) = await bench.begin(order)
    (second,) = await bench.begin(order)

    assert isinstance(first, Later)
    assert isinstance(second, Later)
    assert timedelta(seconds=55) < second.wait <= first.wait <= timedelta(seconds=60)
    lane = await bench.one(LANE)
    assert timedelta(seconds=65) < lane.ahead <= timedelta(seconds=70)
    await bench.rows("UPDATE submit_attempts SET not_before = clock_timestamp() WHERE company_id = :company")
    assert (await bench.ready(order)).segments is None


async def test_waiting_for_the_number_does_not_use_up_slot_after_slot(bench: Bench) -> None:
    """S-7, S-8: a second submit that has to wait for an au number comes back with the slot it has."""
    campaign = await bench.campaign()
    number = campaign.phone_numbers[0]
    other = await bench.campaign(number)
    await bench.ready(bench.order(other.message, Carrier.AU))
    order = bench.order(campaign.message, Carrier.AU, reserves_slot=True)

    for _ in range(3):
        (beginning,) = await bench.begin(order)
        assert isinstance(beginning, Later)

    lane = await bench.one(LANE)
    assert lane.ahead <= timedelta(seconds=0.09)
    await bench.rows("DELETE FROM number_lanes WHERE phone_number = :number", number=number)
    await bench.ready(order)


async def test_of_two_sessions_only_one_gets_to_call_the_carrier(bench: Bench) -> None:
    """I3: an activity that was given to two workers sends once."""
    for _ in range(10):
        campaign = await bench.campaign()
        order = bench.order(campaign.message)

        beginnings = [b for (b,) in await asyncio.gather(*(bench.begin(order) for _ in range(4)))]

        assert sum(isinstance(b, ReadySubmit) for b in beginnings) == 1
        unknown = [b for b in beginnings if isinstance(b, Submission)]
        assert {b.outcome for b in unknown} == {SubmissionOutcome.UNKNOWN}


async def test_of_two_sessions_only_one_repeats_a_throttled_submit(bench: Bench) -> None:
    for _ in range(10):
        campaign = await bench.campaign()
        order = bench.order(campaign.message)
        await bench.record(order, await bench.ready(order), refused(SubmitOutcome.THROTTLED))

        beginnings = [b for (b,) in await asyncio.gather(*(bench.begin(order) for _ in range(4)))]

        assert sum(isinstance(b, ReadySubmit) for b in beginnings) == 1


async def test_the_same_order_twice_in_one_batch_is_sent_once(bench: Bench) -> None:
    campaign = await bench.campaign()
    order = bench.order(campaign.message)

    first, second = await bench.begin(order, order)

    assert isinstance(first, ReadySubmit)
    assert isinstance(second, Submission)
    assert second.outcome is SubmissionOutcome.UNKNOWN


async def test_a_begin_waits_for_a_cancel_under_way_and_then_sees_it(bench: Bench) -> None:
    """I7: after the cancel is committed no begin lets a submit go."""
    campaign = await bench.campaign()
    async with bench.transaction() as session:
        cancel = text("UPDATE campaigns SET status = 'cancelled' WHERE id = :campaign")
        await session.execute(cancel, {"campaign": campaign.id})
        begin = asyncio.create_task(bench.begin(bench.order(campaign.message)))
        await asyncio.sleep(0.1)
        assert not begin.done()

    (beginning,) = await begin

    assert isinstance(beginning, Submission)
    assert beginning.outcome is SubmissionOutcome.WITHDRAWN


async def test_a_cancel_waits_for_a_begin_under_way(bench: Bench) -> None:
    """I7: what the cancel then finds on record was handed over before it."""
    campaign = await bench.campaign()
    async with bench.transaction() as session:
        await begin_submits(session, [bench.order(campaign.message)])
        cancel = asyncio.create_task(bench.cancel(campaign))
        await asyncio.sleep(0.1)
        assert not cancel.done()

    await cancel
    assert (await bench.attempt(campaign.message)).state == AttemptState.IN_FLIGHT


async def test_a_stream_of_submits_does_not_starve_a_cancel(bench: Bench) -> None:
    """I7: the cancel gets its turn while several workers submit messages of the campaign."""
    campaign = await bench.campaign()
    running = True

    async def submit() -> None:
        while running:
            await bench.begin(bench.order(campaign.message))

    workers = [asyncio.create_task(submit()) for _ in range(4)]
    try:
        await asyncio.sleep(0.05)
        await asyncio.wait_for(bench.cancel(campaign), timeout=5)
    finally:
        running = False
        await asyncio.gather(*workers)


async def test_a_rollback_leaves_nothing(bench: Bench) -> None:
    campaign = await bench.campaign()
    order = bench.order(campaign.message, Carrier.AU, reserves_slot=True)

    async def begin_and_die() -> None:
        async with bench.transaction() as session:
            await begin_submits(session, [order])
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await begin_and_die()

    assert await bench.rows("SELECT 1 FROM submit_attempts WHERE company_id = :company") == []
    assert await bench.rows("SELECT 1 FROM company_lanes WHERE company_id = :company") == []
    assert (await bench.message(campaign.message)).status == MessageStatus.ACCEPTED
    await bench.ready(order)


async def test_a_message_of_another_company_does_not_exist(bench: Bench) -> None:
    """I9."""
    stranger = Bench(bench.database, bench.jobs_database, (await bench.one("SELECT uuidv7() AS id")).id)
    campaign = await bench.campaign()

    with pytest.raises(LookupError):
        await stranger.begin(stranger.order(campaign.message))


async def test_answers_come_in_the_orders_order(bench: Bench) -> None:
    campaign = await bench.campaign("08077770003", "08077770001", "08077770002")

    beginnings = await bench.begin(*(bench.order(m) for m in campaign.messages))

    assert [b.phone_number for b in beginnings if isinstance(b, ReadySubmit)] == list(campaign.phone_numbers)


async def test_a_company_without_sender_or_contract_is_told_by_name(
    database: Database, jobs_database: JobsDatabase
) -> None:
    """Not an obscure error: an operator sees in the workflow what is missing, and adds it."""
    company = Company(name="準備中")
    async with jobs_database.transaction() as session:
        session.add(company)
    bench = Bench(database, jobs_database, company.id)
    campaign = await bench.campaign()

    with pytest.raises(SenderMissing):
        await bench.begin(bench.order(campaign.message))
    async with bench.transaction() as session:
        session.add(SmsAccount(company_id=company.id, sender="TEST"))
    with pytest.raises(NoValidContract):
        await bench.begin(bench.order(campaign.message))
    with pytest.raises(NoValidContract):
        await bench.begin(bench.order(campaign.message, reserves_slot=True))


async def test_a_second_sender_does_not_stop_a_company_from_sending(bench: Bench) -> None:
    """The first account is used, whichever order the table is read in."""
    async with bench.transaction() as session:
        session.add(SmsAccount(company_id=bench.company_id, sender="SECOND"))
    campaign = await bench.campaign()

    assert (await bench.ready(bench.order(campaign.message))).sender == "0312345678"


async def test_parts_are_counted_by_the_table_of_the_day_of_acceptance(bench: Bench) -> None:
    """B-1: the table is contract data; the day is Japan's."""
    await bench.contract(valid_from=date(2026, 2, 1), part_table=[10, 20, 660])
    await bench.contract(valid_from=date(2026, 3, 1), part_table=[660])
    campaigns = [await bench.campaign(sms_text="あ" * 15) for _ in range(3)]
    moments = ["2026-01-31 23:59:59+09", "2026-02-01 00:00:00+09", "2026-02-28 15:00:00+00"]
    for campaign, moment in zip(campaigns, moments, strict=True):
        await bench.rows(
            "UPDATE messages SET accepted_at = CAST(:at AS timestamptz) WHERE campaign_id = :campaign",
            at=moment,
            campaign=campaign.id,
        )
        await bench.ready(bench.order(campaign.message))

    parts = [(await bench.attempt(campaign.message)).parts for campaign in campaigns]

    assert parts == [1, 2, 1]
