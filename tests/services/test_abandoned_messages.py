"""What nobody will carry on any more is ended for what it is (I2, I13)."""

from datetime import timedelta
from uuid import uuid4

from domain.carrier_exchange import ReceiptState, SubmitOutcome
from domain.messages import MessageStatus, StatusReason
from models.submit_attempt import AttemptState
from services.abandoned_messages import close_abandoned
from services.lost_attempts import LOST_AFTER, lose_overdue_attempts
from services.submit_attempts import ReadySubmit
from tests.services.factories import Bench, Registered, accepted, an_id, refused, report


async def _lose(bench: Bench) -> None:
    async with bench.jobs_database.transaction() as session:
        await lose_overdue_attempts(session)


async def _close(bench: Bench, campaign: Registered) -> MessageStatus:
    async with bench.jobs_database.transaction() as session:
        await close_abandoned(session, [(bench.company_id, campaign.message)])
    return MessageStatus((await bench.message(campaign.message)).status)


async def _begun(bench: Bench) -> tuple[Registered, ReadySubmit]:
    campaign = await bench.campaign()
    return campaign, await bench.ready(bench.order(campaign.message))


async def _age(bench: Bench, by: timedelta) -> None:
    await bench.rows(
        "UPDATE submit_attempts SET started_at = started_at - CAST(:by AS interval)"
        " WHERE company_id = :company",
        by=f"{by.total_seconds()} seconds",
    )


async def test_a_submit_in_flight_is_lost_within_five_minutes_whatever_its_queue_does(bench: Bench) -> None:
    """I13: at a stopped link the retry that would say so does not come for hours."""
    assert timedelta(minutes=5) > LOST_AFTER
    campaign, _ = await _begun(bench)
    await _lose(bench)
    assert (await bench.attempt(campaign.message)).state == AttemptState.IN_FLIGHT
    await _age(bench, LOST_AFTER)
    await _lose(bench)
    attempt = await bench.attempt(campaign.message)
    assert (attempt.state, attempt.outcome) == (AttemptState.UNKNOWN, SubmitOutcome.UNKNOWN)
    # A row for a receipt to be adopted by, as after a retry.
    assert [segment.outcome for segment in await bench.segments(attempt.id)] == [SubmitOutcome.UNKNOWN]


async def test_an_answer_that_comes_after_all_still_counts(bench: Bench) -> None:
    """A worker that waited for the database knows best what the carrier said."""
    campaign, ready = await _begun(bench)
    await _age(bench, LOST_AFTER)
    await _lose(bench)
    await bench.record(bench.order(campaign.message), ready, accepted())
    assert (await bench.attempt(campaign.message)).state == AttemptState.ACCEPTED


async def test_what_never_left_is_cancelled(bench: Bench) -> None:
    campaign = await bench.campaign()
    assert await _close(bench, campaign) is MessageStatus.CANCELLED


async def test_what_the_carrier_refused_for_certain_is_cancelled(bench: Bench) -> None:
    campaign, ready = await _begun(bench)
    await bench.record(bench.order(campaign.message), ready, refused(SubmitOutcome.WRONG_CARRIER))
    assert await _close(bench, campaign) is MessageStatus.CANCELLED


async def test_what_may_have_left_is_unknown(bench: Bench) -> None:
    campaign, _ = await _begun(bench)
    assert await _close(bench, campaign) is MessageStatus.UNKNOWN
    message = await bench.message(campaign.message)
    assert (message.reason, message.carrier) == (StatusReason.NO_RECEIPT, "docomo")


async def test_a_receipt_that_came_decides_and_is_charged_once(bench: Bench) -> None:
    campaign = await bench.campaign()
    carrier_id = an_id()
    await bench.submitted(bench.order(campaign.message), carrier_id)
    await bench.store(report(carrier_id, ReceiptState.DELIVERED))
    assert await _close(bench, campaign) is MessageStatus.DELIVERED
    assert await _close(bench, campaign) is MessageStatus.DELIVERED
    charges = await bench.rows(
        "SELECT id FROM billing_entries WHERE company_id = :company AND message_id = :message",
        message=campaign.message,
    )
    assert len(charges) == 1


async def test_a_message_that_has_ended_and_one_of_another_company_are_left_alone(bench: Bench) -> None:
    campaign = await bench.campaign()
    await bench.delivered(campaign.message)
    open_one = await bench.campaign()
    async with bench.jobs_database.transaction() as session:
        pairs = [(bench.company_id, campaign.message), (uuid4(), open_one.message)]
        assert await close_abandoned(session, pairs) == ([], [])
    assert (await bench.message(open_one.message)).status == MessageStatus.ACCEPTED
