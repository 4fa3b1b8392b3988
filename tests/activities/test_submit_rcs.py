"""A +Message leaves once, after the capability check; a full carrier gives way to the SMS (R-6–R-9, R-12)."""

from datetime import UTC, datetime, timedelta

import pytest

from activities.submit_rcs import RcsActivities
from activities.submitting import NotYet, SubmitRecorder
from domain.carrier_exchange import Capability, ReceiptState, RevokeOutcome, SegmentResult, SubmitOutcome
from domain.carriers import Carrier, Channel
from domain.delivery import ReceiptNotice, RevokeOrder, Submission, SubmissionOutcome, SubmitOrder
from tests.activities.fake_gateways import FakeRcsPlatform, environment
from tests.services.factories import Bench, Registered, accepted, an_id, refused, report

Outcome = SubmitOutcome
LONG = timedelta(minutes=5)


class Steps:
    """One worker process with a link to docomo's platform."""

    def __init__(self, bench: Bench, platform: FakeRcsPlatform) -> None:
        gateways = {Carrier.DOCOMO: platform}
        self.activities = RcsActivities(bench.database, SubmitRecorder(bench.database), gateways)

    async def submit(self, order: SubmitOrder, *, waited: timedelta = timedelta(0)) -> Submission:
        submission: Submission = await environment(waited=waited).run(self.activities.submit_rcs, order)
        return submission

    async def revoke(self, bench: Bench, campaign: Registered) -> RevokeOutcome | ReceiptNotice:
        order = RevokeOrder(bench.company_id, campaign.message, Carrier.DOCOMO)
        outcome: RevokeOutcome | ReceiptNotice = await environment().run(self.activities.revoke_rcs, order)
        return outcome


def rcs_order(bench: Bench, campaign: Registered, *, with_fallback: bool = True) -> SubmitOrder:
    return bench.order(campaign.message, channel=Channel.RCS, capacity_is_final=with_fallback)


async def test_a_capable_handset_gets_the_message(bench: Bench) -> None:
    """R-7; R-9: the carrier holds it for 72 hours."""
    campaign = await bench.campaign(rcs_text="ご予約の詳細")
    platform = FakeRcsPlatform(answers=[accepted()])

    submission = await Steps(bench, platform).submit(rcs_order(bench, campaign))

    assert submission.outcome is SubmissionOutcome.ACCEPTED
    (sent,) = platform.submits
    assert (sent.content, sent.phone_number) == ("ご予約の詳細", campaign.phone_numbers[0])
    held = sent.expires_at - datetime.now(UTC)
    assert timedelta(hours=72) < held < timedelta(hours=73), (
        "a little longer than until we ask for the discard"
    )
    attempt = await bench.attempt(campaign.message)
    assert (attempt.state, attempt.capability) == ("accepted", "capable")


@pytest.mark.parametrize(
    ("capability", "outcome"),
    [
        (Capability.NOT_CAPABLE, SubmissionOutcome.NOT_CAPABLE),
        (Capability.WRONG_CARRIER, SubmissionOutcome.WRONG_CARRIER),
    ],
)
async def test_nothing_is_submitted_to_who_cannot_receive_it(
    bench: Bench, capability: Capability, outcome: SubmissionOutcome
) -> None:
    """R-7, R-6; asking again is answered from the record."""
    campaign = await bench.campaign()
    platform = FakeRcsPlatform(capability)
    worker = Steps(bench, platform)

    answers = [await worker.submit(rcs_order(bench, campaign)) for _ in range(2)]

    assert [answer.outcome for answer in answers] == [outcome] * 2
    assert platform.submits == []
    attempt = await bench.attempt(campaign.message)
    assert (attempt.state, attempt.capability) == ("refused", capability)
    message = await bench.message(campaign.message)
    assert (message.submitted_at, message.channel) == (None, None)


async def test_a_platform_that_is_away_is_asked_again(bench: Bench) -> None:
    campaign = await bench.campaign()
    platform = FakeRcsPlatform(Capability.UNAVAILABLE, [accepted()])
    worker = Steps(bench, platform)

    with pytest.raises(NotYet):
        await worker.submit(rcs_order(bench, campaign))
    assert (await bench.attempt(campaign.message)).state == "waiting"
    platform.capability = Capability.CAPABLE

    assert (await worker.submit(rcs_order(bench, campaign))).outcome is SubmissionOutcome.ACCEPTED


@pytest.mark.parametrize("result", [refused(Outcome.THROTTLED), refused(Outcome.NOT_SENT)])
async def test_with_an_sms_to_fall_back_on_a_platform_away_for_long_is_a_full_one(
    bench: Bench, result: SegmentResult
) -> None:
    """R-12: after five minutes; until then it is tried again."""
    campaign = await bench.campaign()
    worker = Steps(bench, FakeRcsPlatform(answers=[result, result]))
    order = rcs_order(bench, campaign)

    with pytest.raises(NotYet):
        await worker.submit(order, waited=LONG - timedelta(seconds=10))

    assert (await worker.submit(order, waited=LONG)).outcome is SubmissionOutcome.CAPACITY_EXCEEDED
    assert (await bench.attempt(campaign.message)).state == "refused"


async def test_without_an_sms_it_is_tried_as_long_as_it_takes(bench: Bench) -> None:
    """R-11: sent in order until all are done."""
    campaign = await bench.campaign()
    worker = Steps(bench, FakeRcsPlatform(Capability.UNAVAILABLE))

    with pytest.raises(NotYet):
        await worker.submit(rcs_order(bench, campaign, with_fallback=False), waited=timedelta(hours=3))


async def test_a_full_carrier_is_an_answer_where_there_is_an_sms(bench: Bench) -> None:
    """R-12."""
    campaign = await bench.campaign()
    worker = Steps(bench, FakeRcsPlatform(answers=[refused(Outcome.CAPACITY_EXCEEDED)]))

    submission = await worker.submit(rcs_order(bench, campaign))

    assert submission.outcome is SubmissionOutcome.CAPACITY_EXCEEDED


async def test_a_full_carrier_is_tried_again_where_there_is_none(bench: Bench) -> None:
    """R-11."""
    campaign = await bench.campaign()
    platform = FakeRcsPlatform(answers=[refused(Outcome.CAPACITY_EXCEEDED), accepted()])
    worker = Steps(bench, platform)
    order = rcs_order(bench, campaign, with_fallback=False)

    with pytest.raises(NotYet) as later:
        await worker.submit(order)

    assert later.value.type == "capacity_exceeded"
    assert (await worker.submit(order)).outcome is SubmissionOutcome.ACCEPTED
    assert len(platform.submits) == 2


async def test_a_message_waiting_for_a_full_carrier_can_be_cancelled(bench: Bench) -> None:
    """I7: the carrier does not have it."""
    campaign = await bench.campaign()
    worker = Steps(bench, FakeRcsPlatform(answers=[refused(Outcome.CAPACITY_EXCEEDED)]))
    order = rcs_order(bench, campaign, with_fallback=False)
    with pytest.raises(NotYet):
        await worker.submit(order)
    await bench.cancel(campaign)

    assert (await worker.submit(order)).outcome is SubmissionOutcome.WITHDRAWN


async def test_an_unknown_outcome_is_never_submitted_again(bench: Bench) -> None:
    """docs/carriers.md §2: there is no idempotency key."""
    campaign = await bench.campaign()
    platform = FakeRcsPlatform(answers=[refused(Outcome.UNKNOWN)])
    worker = Steps(bench, platform)

    answers = [await worker.submit(rcs_order(bench, campaign), waited=LONG) for _ in range(2)]

    assert [answer.outcome for answer in answers] == [SubmissionOutcome.UNKNOWN] * 2
    assert len(platform.submits) == 1


@pytest.mark.parametrize("outcome", list(RevokeOutcome))
async def test_a_revoke_is_asked_for_once_and_its_first_answer_stands(
    bench: Bench, outcome: RevokeOutcome
) -> None:
    """R-8, R-9."""
    campaign, message_id = await bench.campaign(), an_id()
    platform = FakeRcsPlatform(answers=[accepted(message_id)], revoke_outcome=outcome)
    worker = Steps(bench, platform)
    await worker.submit(rcs_order(bench, campaign))

    first = await worker.revoke(bench, campaign)
    platform.revoke_outcome = RevokeOutcome.FAILED

    assert (first, await worker.revoke(bench, campaign)) == (outcome, outcome)
    assert platform.revokes == [message_id]
    attempt = await bench.attempt(campaign.message)
    assert (attempt.revoke_outcome, attempt.revoke_requested_at is not None) == (outcome, True)


@pytest.mark.parametrize("state", [ReceiptState.DELIVERED, ReceiptState.UNDELIVERED])
async def test_what_its_carrier_has_decided_is_not_revoked(bench: Bench, state: ReceiptState) -> None:
    """R-8: the word is on record, its signal is late. The platform is not asked."""
    campaign, message_id = await bench.campaign(), an_id()
    platform = FakeRcsPlatform(answers=[accepted(message_id)])
    worker = Steps(bench, platform)
    await worker.submit(rcs_order(bench, campaign))
    await bench.store(report(message_id, state, channel=Channel.RCS))

    word = await worker.revoke(bench, campaign)

    assert isinstance(word, ReceiptNotice)
    assert (word.channel, word.state) == (Channel.RCS, state)
    assert platform.revokes == []
    assert (await bench.attempt(campaign.message)).revoke_requested_at is None


async def test_without_the_carriers_id_nothing_can_be_revoked(bench: Bench) -> None:
    """R-8: a revoke that fails lets the SMS go."""
    campaign = await bench.campaign()
    platform = FakeRcsPlatform(answers=[refused(Outcome.UNKNOWN)])
    worker = Steps(bench, platform)
    await worker.submit(rcs_order(bench, campaign))

    assert await worker.revoke(bench, campaign) is RevokeOutcome.FAILED
    assert platform.revokes == []
    assert (await bench.attempt(campaign.message)).revoke_outcome == "failed"
