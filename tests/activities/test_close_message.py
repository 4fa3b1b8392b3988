"""A message ends by what is on record, whatever its workflow has been told by then (I2, B-7, R-8)."""

import pytest

from activities.close_message import ClosingActivities
from activities.start_second_messages import SecondMessageStarter
from domain.carrier_exchange import ReceiptState, SubmitOutcome
from domain.carriers import Carrier, Channel
from domain.delivery import DeliveryOrder, MessageClosing, ReceiptNotice, WaitingTimes
from domain.messages import MessageStatus, StatusReason
from tests.activities.fake_gateways import environment
from tests.services.factories import Bench, Registered, an_id, refused, report

UNKNOWN = {"reason": StatusReason.NO_RECEIPT, "channel": Channel.SMS, "carrier": Carrier.DOCOMO}


async def _close(bench: Bench, closing: MessageClosing) -> ReceiptNotice | None:
    async def never(order: DeliveryOrder) -> None:
        raise AssertionError(order)

    activities = ClosingActivities(
        bench.database, SecondMessageStarter(bench.database, never, WaitingTimes())
    )
    word: ReceiptNotice | None = await environment().run(activities.close_message, closing)
    return word


async def _answered(
    bench: Bench, state: ReceiptState, channel: Channel = Channel.SMS, **rest: StatusReason
) -> Registered:
    """A message docomo took, with its final word on record."""
    campaign, carrier_id = await bench.campaign(), an_id()
    await bench.submitted(bench.order(campaign.message, channel=channel), carrier_id)
    await bench.store(report(carrier_id, state, channel=channel, **rest))
    return campaign


async def _status(bench: Bench, campaign: Registered) -> tuple[str, int]:
    charges = await bench.rows("SELECT id FROM billing_entries WHERE company_id = :company")
    return (await bench.message(campaign.message)).status, len(charges)


@pytest.mark.parametrize(
    "state", [ReceiptState.DELIVERED, ReceiptState.UNDELIVERED, ReceiptState.WRONG_CARRIER]
)
async def test_time_that_ran_out_is_no_end_for_what_its_carrier_has_decided(
    bench: Bench, state: ReceiptState
) -> None:
    """The signal was late: the workflow is told now, and ends the message or goes on by it."""
    campaign = await _answered(bench, state)

    word = await _close(bench, bench.closing(campaign.message, MessageStatus.UNKNOWN, **UNKNOWN))

    assert word is not None
    assert (word.channel, word.carrier, word.state) == (Channel.SMS, Carrier.DOCOMO, state)
    assert await _status(bench, campaign) == ("sent", 0)


@pytest.mark.parametrize(
    "status",
    [
        MessageStatus.CANCELLED,
        MessageStatus.UNDELIVERED,
        MessageStatus.CARRIER_UNDETERMINED,
        MessageStatus.EXPIRED,
    ],
)
async def test_a_delivered_rich_message_forbids_any_other_end(bench: Bench, status: MessageStatus) -> None:
    """B-7: whatever the SMS after it came to."""
    campaign = await _answered(bench, ReceiptState.DELIVERED, Channel.RCS)

    word = await _close(
        bench, bench.closing(campaign.message, status, channel=Channel.SMS, carrier=Carrier.AU)
    )

    assert word is not None
    assert (word.channel, word.state) == (Channel.RCS, ReceiptState.DELIVERED)
    closing = bench.closing(campaign.message, channel=Channel.RCS, delivered_at=word.occurred_at)
    assert await _close(bench, closing) is None
    assert await _status(bench, campaign) == ("delivered", 1)


async def test_what_the_workflow_knows_better_is_written_as_it_says(bench: Bench) -> None:
    """A refusal is no time-out, "revoked" is what expired means, and no receipt at all is unknown."""
    revoked = await _answered(bench, ReceiptState.REVOKED, Channel.RCS)
    failed = await _answered(bench, ReceiptState.UNDELIVERED, reason=StatusReason.ABSENT)
    silent = await bench.campaign()
    await bench.submitted(bench.order(silent.message), an_id())
    rcs = {"channel": Channel.RCS, "carrier": Carrier.DOCOMO}
    sms = {"channel": Channel.SMS, "carrier": Carrier.DOCOMO}

    closings = [
        bench.closing(revoked.message, MessageStatus.EXPIRED, **rcs),
        bench.closing(failed.message, MessageStatus.UNDELIVERED, reason=StatusReason.ABSENT, **sms),
        bench.closing(silent.message, MessageStatus.UNKNOWN, **UNKNOWN),
    ]

    assert [await _close(bench, closing) for closing in closings] == [None] * 3
    assert [(await bench.message(c.message_id)).status for c in closings] == [
        "expired",
        "undelivered",
        "unknown",
    ]


async def test_a_message_that_has_ended_is_not_opened_again_by_a_late_word(bench: Bench) -> None:
    campaign, carrier_id = await bench.campaign(), an_id()
    await bench.submitted(bench.order(campaign.message), carrier_id)
    closing = bench.closing(campaign.message, MessageStatus.UNKNOWN, **UNKNOWN)
    assert await _close(bench, closing) is None
    await bench.store(report(carrier_id, ReceiptState.DELIVERED))

    assert await _close(bench, closing) is None
    assert await _status(bench, campaign) == ("unknown", 0)


async def test_nothing_more_is_sent_once_a_delivery_is_on_record(bench: Bench) -> None:
    """R-8: the workflow that falls back has not heard of it; the record has."""
    campaign = await _answered(bench, ReceiptState.DELIVERED, Channel.RCS)

    (answer,) = await bench.begin(bench.order(campaign.message, reserves_slot=True))

    assert getattr(answer, "outcome", None) == "withdrawn"
    attempts = await bench.rows("SELECT channel FROM submit_attempts WHERE company_id = :company")
    assert [attempt.channel for attempt in attempts] == ["rcs"]


async def test_a_message_that_did_not_arrive_goes_on(bench: Bench) -> None:
    """The same place lets everything else pass."""
    campaign = await _answered(bench, ReceiptState.UNDELIVERED, Channel.RCS)
    await bench.ready(bench.order(campaign.message, reserves_slot=True))


async def test_a_refused_attempt_says_nothing(bench: Bench) -> None:
    campaign = await bench.campaign()
    order = bench.order(campaign.message)
    await bench.record(order, await bench.ready(order), refused(SubmitOutcome.WRONG_CARRIER))
    await bench.submitted(bench.order(campaign.message, Carrier.AU), an_id())
    closing = bench.closing(campaign.message, MessageStatus.UNKNOWN, **{**UNKNOWN, "carrier": Carrier.AU})
    assert await _close(bench, closing) is None
