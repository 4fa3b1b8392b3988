"""An SMS leaves once, and comes back later only when it certainly did not leave (I3, S-6)."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from activities.submit_sms import SmsActivities
from activities.submitting import NotYet, SubmitRecorder, pause_before
from domain.carrier_exchange import ReceiptState, SegmentResult, SubmitOutcome
from domain.carriers import Carrier
from domain.delivery import Submission, SubmissionOutcome, SubmitOrder
from services.database import Database
from tests.activities.fake_gateways import FakeSmsLink, environment
from tests.services.factories import Bench, accepted, an_id, refused, report

Outcome = SubmitOutcome


class Steps:
    """One worker process with a link to docomo."""

    def __init__(self, database: Database, link: FakeSmsLink) -> None:
        self.recorder = SubmitRecorder(database)
        self.link = link
        self.activities = SmsActivities(self.recorder, {Carrier.DOCOMO: link})

    async def submit(self, order: SubmitOrder, *, attempt: int = 1) -> Submission:
        submission: Submission = await environment(attempt=attempt).run(self.activities.submit_sms, order)
        return submission

    async def not_yet(self, order: SubmitOrder, *, attempt: int = 1) -> NotYet:
        with pytest.raises(NotYet) as caught:
            await self.submit(order, attempt=attempt)
        return caught.value


def steps(bench: Bench, *answers: tuple[SegmentResult, ...], **rest: Any) -> Steps:
    return Steps(bench.database, FakeSmsLink(*answers, **rest))


async def test_the_attempt_is_committed_before_the_carrier_is_called(bench: Bench) -> None:
    """I3: seen from outside while the carrier is still thinking."""
    campaign, states = await bench.campaign(), []

    async def look() -> None:
        states.append((await bench.attempt(campaign.message)).state)

    worker = steps(bench, (accepted(),), meanwhile=look)
    submission = await worker.submit(bench.order(campaign.message))

    assert states == ["in_flight"]
    assert submission.outcome is SubmissionOutcome.ACCEPTED
    (sms,) = worker.link.submits
    assert (sms.phone_number, sms.sender, sms.segments) == (campaign.phone_numbers[0], "0312345678", None)
    message = await bench.message(campaign.message)
    assert (message.status, message.carrier, message.submitted_at) == (
        "sent",
        "docomo",
        submission.submitted_at,
    )
    assert (await bench.campaign_row(campaign)).submitted == 1


async def test_a_repetition_answers_from_the_record_and_sends_nothing(bench: Bench) -> None:
    """The answer of the activity was lost on its way to Temporal."""
    campaign = await bench.campaign()
    worker = steps(bench, (accepted(),))
    order = bench.order(campaign.message)

    assert await worker.submit(order) == await worker.submit(order, attempt=2)
    assert len(worker.link.submits) == 1


@pytest.mark.parametrize(
    ("outcome", "attempt", "pause"),
    [(Outcome.THROTTLED, 1, 1), (Outcome.NOT_SENT, 4, 8), (Outcome.THROTTLED, 9, 30)],
)
async def test_what_was_certainly_not_taken_comes_back_after_a_pause(
    bench: Bench, outcome: SubmitOutcome, attempt: int, pause: int
) -> None:
    """S-6 forbids a resend, not a first send."""
    campaign = await bench.campaign()
    worker = steps(bench, (refused(outcome),), (accepted(),))
    order = bench.order(campaign.message)

    later = await worker.not_yet(order, attempt=attempt)

    assert (later.type, later.next_retry_delay) == (outcome.value, timedelta(seconds=pause))
    assert campaign.phone_numbers[0] not in str(later), "I10: failures are kept in Temporal"
    assert (await bench.attempt(campaign.message)).state == "waiting"
    assert (await bench.message(campaign.message)).submitted_at is None
    assert (await worker.submit(order, attempt=attempt + 1)).outcome is SubmissionOutcome.ACCEPTED
    assert [sms.reference for sms in worker.link.submits] == [worker.link.submits[0].reference] * 2


async def test_only_the_missing_segments_are_submitted_again(bench: Bench) -> None:
    campaign, first, second = await bench.campaign(sms_text="あ" * 100), an_id(), an_id()
    worker = steps(bench, (accepted(first, 1), refused(Outcome.THROTTLED, 2)), (accepted(second, 2),))
    order = bench.order(campaign.message)

    await worker.not_yet(order)
    submission = await worker.submit(order, attempt=2)

    assert [sms.segments for sms in worker.link.submits] == [None, (2,)]
    assert submission.outcome is SubmissionOutcome.ACCEPTED
    assert await bench.store(report(first, ReceiptState.DELIVERED)) == []
    assert len(await bench.store(report(second, ReceiptState.DELIVERED))) == 1


@pytest.mark.parametrize(
    ("earlier", "later", "result"),
    [
        (Outcome.ACCEPTED, Outcome.WRONG_CARRIER, SubmissionOutcome.REJECTED),
        (Outcome.ACCEPTED, Outcome.REJECTED, SubmissionOutcome.REJECTED),
        (Outcome.UNKNOWN, Outcome.ACCEPTED, SubmissionOutcome.UNKNOWN),
        (Outcome.WRONG_CARRIER, Outcome.WRONG_CARRIER, SubmissionOutcome.WRONG_CARRIER),
        (Outcome.WRONG_CARRIER, Outcome.ACCEPTED, SubmissionOutcome.REJECTED),
    ],
)
async def test_the_segments_of_earlier_tries_count_in_the_outcome(
    bench: Bench, earlier: SubmitOutcome, later: SubmitOutcome, result: SubmissionOutcome
) -> None:
    """Else the next carrier would send a part that is on the handset already (S-3, I3)."""
    campaign = await bench.campaign(sms_text="あ" * 100)
    worker = steps(
        bench,
        (SegmentResult(1, earlier, an_id()), refused(Outcome.THROTTLED, 2)),
        (SegmentResult(2, later, an_id()),),
    )
    order = bench.order(campaign.message)

    await worker.not_yet(order)

    assert (await worker.submit(order, attempt=2)).outcome is result


async def test_an_unknown_outcome_is_never_submitted_again(bench: Bench) -> None:
    campaign = await bench.campaign()
    worker = steps(bench, (refused(Outcome.UNKNOWN),))
    order = bench.order(campaign.message)

    outcomes = [(await worker.submit(order, attempt=attempt)).outcome for attempt in (1, 2, 3)]

    assert outcomes == [SubmissionOutcome.UNKNOWN] * 3
    assert len(worker.link.submits) == 1
    assert (await bench.message(campaign.message)).status == "sent"


async def test_a_worker_that_died_during_the_call_leaves_an_unknown_outcome(bench: Bench) -> None:
    campaign = await bench.campaign()
    order = bench.order(campaign.message)

    async def die() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await steps(bench, meanwhile=die).submit(order)
    survivor = steps(bench)

    assert (await survivor.submit(order, attempt=2)).outcome is SubmissionOutcome.UNKNOWN
    assert survivor.link.submits == []


async def test_a_worker_that_overslept_its_time_limit_still_knows_the_answer(bench: Bench) -> None:
    """Frozen for 45 s, then continued: its carrier id is what the receipts come with."""
    campaign, message_id = await bench.campaign(), an_id()
    order = bench.order(campaign.message)
    others: list[Submission] = []

    async def oversleep() -> None:
        others.append(await steps(bench).submit(order, attempt=2))

    submission = await steps(bench, (accepted(message_id),), meanwhile=oversleep).submit(order)

    assert [other.outcome for other in others] == [SubmissionOutcome.UNKNOWN]
    assert submission.outcome is SubmissionOutcome.ACCEPTED
    assert len(await bench.store(report(message_id, ReceiptState.DELIVERED))) == 1


@pytest.mark.parametrize("taken", [0, 2], ids=["nothing left", "two of three left"])
async def test_what_was_told_unknown_does_not_wait_again(bench: Bench, taken: int) -> None:
    """Nobody would send the rest: the retry has told the workflow, which waits for receipts by now (I13)."""
    campaign = await bench.campaign(sms_text="あ" * 150)
    order = bench.order(campaign.message)

    async def oversleep() -> None:
        await steps(bench).submit(order, attempt=2)

    ids = [an_id() for _ in range(taken)]
    answer = (
        *(accepted(carrier_id, segment) for segment, carrier_id in enumerate(ids, start=1)),
        *(refused(Outcome.THROTTLED, segment) for segment in range(taken + 1, 4)),
    )

    submission = await steps(bench, answer, meanwhile=oversleep).submit(order)

    attempt = await bench.attempt(campaign.message)
    assert (submission.outcome, attempt.state) == (SubmissionOutcome.UNKNOWN, "unknown")
    assert (await steps(bench).submit(order, attempt=3)).outcome is SubmissionOutcome.UNKNOWN
    known = [segment.carrier_message_id for segment in await bench.segments(attempt.id)]
    assert known[:taken] == ids, "what did leave is known by its receipts all the same"


class FlakyDatabase(Database):
    """Its transactions fail while ``failures`` are left."""

    failures: list[Exception]

    def transaction(self, companies: UUID | Collection[UUID]) -> Any:
        if self.failures:
            raise self.failures.pop()
        return super().transaction(companies)


async def test_the_answer_is_recorded_however_long_the_database_is_away(
    bench: Bench, database_url: str
) -> None:
    """I4: the carrier's id is not given up because PostgreSQL restarts."""
    flaky = FlakyDatabase(database_url)
    flaky.failures = []

    async def go_away() -> None:
        flaky.failures = [OperationalError("…", None, Exception("server closed")), ConnectionError()]

    campaign, message_id = await bench.campaign(), an_id()
    worker = Steps(flaky, FakeSmsLink((accepted(message_id),), meanwhile=go_away))

    submission = await worker.submit(bench.order(campaign.message))
    await flaky.close()

    assert submission.outcome is SubmissionOutcome.ACCEPTED
    (segment,) = await bench.segments((await bench.attempt(campaign.message)).id)
    assert segment.carrier_message_id == message_id


async def test_what_the_database_will_never_take_is_not_tried_for_ever(
    bench: Bench, database_url: str
) -> None:
    """The activity fails, its next try finds the attempt in flight: unknown, and nothing hangs (I13)."""
    flaky = FlakyDatabase(database_url)
    flaky.failures = []

    async def refuse() -> None:
        flaky.failures = [IntegrityError("…", None, Exception("check")) for _ in range(2)]

    campaign = await bench.campaign()
    worker = Steps(flaky, FakeSmsLink((accepted(),), meanwhile=refuse))
    with pytest.raises(IntegrityError):
        await asyncio.wait_for(worker.submit(bench.order(campaign.message)), 5)
    flaky.failures = []

    submission = await worker.submit(bench.order(campaign.message), attempt=2)
    await flaky.close()

    assert submission.outcome is SubmissionOutcome.UNKNOWN


async def test_a_far_slot_is_left_to_a_later_try_and_a_near_one_awaited(bench: Bench) -> None:
    """I8: no submit before its slot."""
    campaign = await bench.campaign()
    worker = steps(bench, (accepted(),))
    far = bench.order(campaign.message, not_before=datetime.now(UTC) + timedelta(seconds=60))
    near = bench.order(campaign.message, not_before=datetime.now(UTC) + timedelta(seconds=0.2))

    later = await worker.not_yet(far)
    submission = await worker.submit(near)

    assert later.type == "waiting_for_slot"
    assert later.next_retry_delay is not None
    assert timedelta(seconds=50) < later.next_retry_delay <= timedelta(seconds=60)
    assert near.not_before is not None
    assert submission.submitted_at >= near.not_before


async def test_many_at_once_share_transactions_and_each_gets_its_own_answer(bench: Bench) -> None:
    campaign = await bench.campaign(*(f"0807000{n:04d}" for n in range(30)))
    link = FakeSmsLink(*((accepted(),) for _ in range(30)))
    worker = Steps(bench.database, link)

    submissions = await asyncio.gather(*(worker.submit(bench.order(m)) for m in campaign.messages))

    assert {s.outcome for s in submissions} == {SubmissionOutcome.ACCEPTED}
    assert sorted(sms.phone_number for sms in link.submits) == sorted(campaign.phone_numbers)
    assert (await bench.campaign_row(campaign)).submitted == 30


def test_pauses_double_up_to_half_a_minute() -> None:
    assert [pause_before(n).total_seconds() for n in (1, 2, 3, 5, 6, 7, 10_000)] == [1, 2, 4, 16, 30, 30, 30]


async def test_a_second_submit_waits_for_its_own_slot_to_the_end(bench: Bench) -> None:
    """I8: the slot it takes in the lane is kept to, also when it is only a moment ahead."""
    campaign = await bench.campaign()
    (lane,) = await bench.rows(
        "INSERT INTO company_lanes VALUES (:company, clock_timestamp() + interval '0.3 seconds')"
        " RETURNING next_at"
    )
    worker = steps(bench, (accepted(),))

    submission = await worker.submit(bench.order(campaign.message, reserves_slot=True))

    assert submission.submitted_at >= lane.next_at
    assert (await bench.attempt(campaign.message)).started_at >= lane.next_at
