"""An SMS: carrier by carrier until one takes it, then its receipt or 72 hours (S-2 … S-9)."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier
from domain.delivery import ReceiptNotice, SubmissionOutcome, WaitingTimes
from domain.messages import ChannelPlan, MessageStatus, StatusReason
from tests.workflows.fakes import (
    DURING_SUBMIT,
    LAG_SECONDS,
    SILENT,
    UNKNOWN,
    WITH_ANSWER,
    WRONG,
    Answer,
    Report,
    accepted,
    delivered,
    not_mine,
)
from tests.workflows.lab import Lab
from workflows.message_delivery import MessageDeliveryWorkflow

SMS = ChannelPlan.SMS
HOURS_72 = 72 * 3600


async def test_ends_delivered_at_the_time_the_carrier_reports(lab: Lab) -> None:
    """S-9: the status is what the carrier reports; L-2: 到達日時 is the carrier's."""
    lab.world.sms(docomo=delivered(after=90))
    closing = await lab.deliver(SMS)
    assert (closing.status, closing.carrier) == (MessageStatus.DELIVERED, Carrier.DOCOMO)
    assert closing.delivered_at == lab.world.call("submit_sms docomo").at + timedelta(seconds=90)
    assert closing.fallback_reason is None
    assert not closing.carrier_learned
    assert lab.world.steps == ["submit_sms docomo"]


@pytest.mark.parametrize("when", [DURING_SUBMIT, WITH_ANSWER])
async def test_counts_a_receipt_that_comes_before_the_answer_to_the_submit(lab: Lab, when: float) -> None:
    """Carriers are faster than their own answers (docs/carriers.md §1.1)."""
    lab.world.sms(docomo=delivered(after=when))
    closing = await lab.deliver(SMS)
    assert closing.status is MessageStatus.DELIVERED
    assert closing.delivered_at == lab.world.call("submit_sms docomo").at


async def test_counts_a_receipt_found_on_record_after_the_deadline(lab: Lab) -> None:
    """A worker back after four days finds submit and receipt on record: 到達, not 結果不明."""
    report = Report(ReceiptState.DELIVERED, after=WITH_ANSWER)
    lab.world.sms(docomo=Answer(reports=(report,), ago=timedelta(days=4)))
    assert (await lab.deliver(SMS)).status is MessageStatus.DELIVERED


async def test_a_submit_that_reached_no_worker_is_handed_out_again_soon(lab: Lab) -> None:
    """I13: a busy server can mark a task as started and lose it; only missing signs of life tell."""
    lab.world.sms(docomo=Answer(reports=(Report(),), lost=2))
    closing = await lab.deliver(SMS, waiting=WaitingTimes(carrier_call=60, carrier_silence=1))
    assert closing.status is MessageStatus.DELIVERED


async def test_is_unknown_without_a_receipt_for_72_hours(lab: Lab) -> None:
    """L-3 結果不明; the wait is from the submit on."""
    lab.world.sms(docomo=SILENT)
    async with lab.workers():
        handle = await lab.start(lab.order(SMS))
        closing = await lab.within(handle.result())
    assert (closing.status, closing.reason) == (MessageStatus.UNKNOWN, StatusReason.NO_RECEIPT)
    ended = (await handle.describe()).close_time
    assert ended is not None
    waited = ended - lab.world.call("submit_sms docomo").at
    assert 0 <= waited.total_seconds() - HOURS_72 < LAG_SECONDS


@pytest.mark.parametrize(
    ("after", "status"),
    [(HOURS_72 - 1, MessageStatus.DELIVERED), (HOURS_72 + 1, MessageStatus.UNKNOWN)],
)
async def test_takes_receipts_up_to_72_hours(lab: Lab, after: float, status: MessageStatus) -> None:
    """71:59:59 counts, 72:00:01 does not change the status any more (R-10 in spirit)."""
    lab.world.sms(docomo=delivered(after))
    assert (await lab.deliver(SMS)).status is status


@pytest.mark.parametrize("refusal", [WRONG, not_mine(after=3)], ids=["at once", "by receipt"])
async def test_tries_the_next_carrier_when_one_says_not_mine(lab: Lab, refusal: Answer) -> None:
    """S-3: docomo, au, SoftBank, Rakuten; S-4: the log shows only the carrier finally used."""
    lab.world.sms(docomo=refusal, au=refusal, softbank=refusal, rakuten=delivered())
    closing = await lab.deliver(SMS)
    assert (closing.status, closing.carrier) == (MessageStatus.DELIVERED, Carrier.RAKUTEN)
    assert closing.carrier_learned
    assert lab.world.steps == [f"submit_sms {carrier.value}" for carrier in Carrier]


@pytest.mark.parametrize("refusal", [WRONG, not_mine()], ids=["at once", "by receipt"])
async def test_ends_undetermined_when_no_carrier_knows_the_number(lab: Lab, refusal: Answer) -> None:
    """S-5 キャリア判定エラー: each carrier asked once, none named as the one used."""
    lab.world.sms(docomo=refusal, au=refusal, softbank=refusal, rakuten=refusal)
    closing = await lab.deliver(SMS)
    assert closing.status is MessageStatus.CARRIER_UNDETERMINED
    assert (closing.channel, closing.carrier) == (None, None)
    assert len(lab.world.calls) == 4


async def test_tries_carriers_in_the_order_given(lab: Lab) -> None:
    """S-2: the system's guess comes first."""
    lab.world.sms(softbank=WRONG, docomo=delivered())
    await lab.deliver(SMS, carriers=(Carrier.SOFTBANK, Carrier.DOCOMO, Carrier.AU, Carrier.RAKUTEN))
    assert lab.world.steps == ["submit_sms softbank", "submit_sms docomo"]


async def test_excludes_a_number_of_no_chosen_carrier(lab: Lab) -> None:
    """P-4: キャリア別配信 to docomo and au; the number is SoftBank's and is shown as excluded."""
    lab.world.sms(docomo=WRONG, au=WRONG, softbank=delivered())
    closing = await lab.deliver(SMS, carriers=(Carrier.DOCOMO, Carrier.AU), is_restricted=True)
    assert (closing.status, closing.reason) == (MessageStatus.EXCLUDED, StatusReason.OTHER_CARRIER)
    assert lab.world.steps == ["submit_sms docomo", "submit_sms au"]


@pytest.mark.parametrize(
    "reason", [StatusReason.ABSENT, StatusReason.UNKNOWN_SUBSCRIBER, StatusReason.BARRED]
)
async def test_never_moves_on_after_an_undelivered_receipt(lab: Lab, reason: StatusReason) -> None:
    """S-6: no resend; only "not mine" moves on, 圏外 never does (docs/carriers.md §1.5)."""
    lab.world.sms(docomo=accepted(Report(ReceiptState.UNDELIVERED, 3600, reason)))
    closing = await lab.deliver(SMS)
    assert (closing.status, closing.reason) == (MessageStatus.UNDELIVERED, reason)
    assert closing.delivered_at is None
    assert lab.world.steps == ["submit_sms docomo"]


@pytest.mark.parametrize("reason", [None, StatusReason.BARRED, StatusReason.CONTENT_INVALID])
async def test_a_rejected_submit_is_final(lab: Lab, reason: StatusReason | None) -> None:
    lab.world.sms(docomo=Answer(SubmissionOutcome.REJECTED, reason=reason))
    closing = await lab.deliver(SMS)
    assert closing.status is MessageStatus.UNDELIVERED
    assert closing.reason is (reason or StatusReason.REJECTED)
    assert (closing.carrier, lab.world.steps) == (Carrier.DOCOMO, ["submit_sms docomo"])


@pytest.mark.parametrize(
    ("reports", "status", "carrier"),
    [
        ((Report(ReceiptState.DELIVERED, 50),), MessageStatus.DELIVERED, Carrier.DOCOMO),
        ((Report(ReceiptState.WRONG_CARRIER, 50),), MessageStatus.DELIVERED, Carrier.AU),
        ((Report(ReceiptState.UNKNOWN, 50),), MessageStatus.UNKNOWN, Carrier.DOCOMO),
        ((), MessageStatus.UNKNOWN, Carrier.DOCOMO),
    ],
    ids=["delivered", "not mine", "carrier does not know", "silence"],
)
async def test_an_unknown_submit_is_decided_by_its_receipt_alone(
    lab: Lab, reports: tuple[Report, ...], status: MessageStatus, carrier: Carrier
) -> None:
    """I3: what may have left is never sent again."""
    lab.world.sms(docomo=Answer(UNKNOWN.outcome, reports), au=delivered())
    closing = await lab.deliver(SMS)
    assert (closing.status, closing.carrier) == (status, carrier)
    assert lab.world.steps.count("submit_sms docomo") == 1


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [
        (ReceiptState.DELIVERED, ReceiptState.DELIVERED, MessageStatus.DELIVERED),
        (ReceiptState.UNDELIVERED, ReceiptState.DELIVERED, MessageStatus.UNDELIVERED),
        (ReceiptState.DELIVERED, ReceiptState.UNDELIVERED, MessageStatus.DELIVERED),
    ],
)
async def test_the_first_of_several_receipts_counts(
    lab: Lab, first: ReceiptState, then: ReceiptState, status: MessageStatus
) -> None:
    """L-3: exactly one final status, whatever a carrier repeats or takes back."""
    lab.world.sms(docomo=accepted(Report(first, DURING_SUBMIT), Report(then, DURING_SUBMIT)))
    assert (await lab.deliver(SMS)).status is status


async def test_ignores_receipts_of_carriers_it_was_not_sent_to(lab: Lab) -> None:
    """A receipt that belongs to an earlier submit says nothing about this one."""
    stray = (Report(ReceiptState.WRONG_CARRIER, 1), Report(ReceiptState.UNDELIVERED, 2))
    lab.world.sms(docomo=accepted(*stray), au=delivered(after=60))
    closing = await lab.deliver(SMS)
    assert (closing.status, closing.carrier) == (MessageStatus.DELIVERED, Carrier.AU)


async def test_uses_its_slot_first_and_reserves_another_after_a_carrier_took_it(lab: Lab) -> None:
    """S-7: the slot stays the message's own until something was handed over, then costs a new one."""
    slot = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    lab.world.sms(docomo=WRONG, au=not_mine(), softbank=delivered())
    await lab.deliver(SMS, not_before=slot)
    orders = [call.order for call in lab.world.calls]
    assert [order.not_before for order in orders] == [slot, slot, None]
    assert [order.reserves_slot for order in orders] == [False, False, True]


async def test_tries_again_as_long_as_a_link_says_not_now(lab: Lab) -> None:
    """S-7: queued, none lost; "not now" is certainly not accepted (docs/carriers.md §1.1)."""
    lab.world.sms(docomo=Answer(reports=(Report(),), busy=5))
    assert (await lab.deliver(SMS)).status is MessageStatus.DELIVERED
    assert lab.world.steps == ["submit_sms docomo"]


async def test_waits_by_the_settings_when_they_are_shorter(lab: Lab) -> None:
    """L-3: the waiting times are settings."""
    lab.world.sms(docomo=delivered(after=31))
    closing = await lab.deliver(SMS, waiting=WaitingTimes(fallback_after=10, expires_after=30))
    assert closing.status is MessageStatus.UNKNOWN
    assert lab.world.calls[0].order.expires_after == 30


async def test_a_receipt_in_the_history_counts_though_its_time_was_up_meanwhile(lab: Lab) -> None:
    """All workers away: receipt and end of the 72 hours are found together, and the receipt counts."""
    lab.world.sms(docomo=SILENT)
    handle = await lab.start(lab.order(SMS))
    async with lab.workers(max_cached_workflows=0):
        await lab.timer_runs(handle)
    await lab.sleep(HOURS_72)
    order = lab.world.calls[0].order
    notice = ReceiptNotice(order.channel, order.carrier, ReceiptState.DELIVERED)
    await handle.signal(MessageDeliveryWorkflow.receive_receipt, notice)
    async with lab.workers():
        closing = await lab.within(handle.result())
    assert closing.status is MessageStatus.DELIVERED
