"""A +Message that an SMS replaces when it does not arrive in time (R-6, R-7, R-8, R-12, B-7)."""

from datetime import UTC, datetime

import pytest

from domain.carrier_exchange import ReceiptState, RevokeOutcome
from domain.carriers import Carrier, Channel
from domain.delivery import SubmissionOutcome
from domain.messages import ChannelPlan, FallbackReason, MessageStatus, StatusReason
from tests.workflows.fakes import (
    DURING_SUBMIT,
    SILENT,
    UNKNOWN,
    WITH_ANSWER,
    WRONG,
    Answer,
    Report,
    RevokeAnswer,
    accepted,
    delivered,
    not_mine,
)
from tests.workflows.lab import Lab

FALLBACK = ChannelPlan.RCS_WITH_SMS_FALLBACK
MINUTES_10 = 600
THEN_SMS = ["submit_rcs docomo", "revoke_rcs docomo", "submit_sms docomo"]


@pytest.mark.parametrize("after", [1, MINUTES_10 - 1], ids=["1 s", "9:59"])
async def test_sends_no_sms_when_delivered_within_ten_minutes(lab: Lab, after: float) -> None:
    """R-8."""
    lab.world.rcs(docomo=delivered(after))
    closing = await lab.deliver(FALLBACK)
    assert (closing.status, closing.channel) == (MessageStatus.DELIVERED, Channel.RCS)
    assert closing.fallback_reason is None
    assert lab.world.steps == ["submit_rcs docomo"]


async def test_falls_back_to_sms_after_ten_minutes(lab: Lab) -> None:
    """R-8: at 10:00 from the submit the +Message is revoked, then the SMS goes out."""
    lab.world.rcs(docomo=SILENT)
    lab.world.sms(docomo=delivered())
    closing = await lab.deliver(FALLBACK)
    assert (closing.status, closing.channel) == (MessageStatus.DELIVERED, Channel.SMS)
    assert closing.fallback_reason is FallbackReason.NOT_DELIVERED_IN_TIME
    assert lab.world.steps == THEN_SMS
    lab.world.assert_follows("revoke_rcs docomo", "submit_rcs docomo", after=MINUTES_10)
    lab.world.assert_follows("submit_sms docomo", "revoke_rcs docomo", after=0)


@pytest.mark.parametrize(
    "answer",
    [
        RevokeAnswer(RevokeOutcome.ALREADY_DELIVERED),
        RevokeAnswer(RevokeOutcome.FAILED, arrives=ReceiptState.DELIVERED),
    ],
    ids=["by the answer", "by receipt meanwhile"],
)
async def test_at_exactly_ten_minutes_the_carriers_word_decides(lab: Lab, answer: RevokeAnswer) -> None:
    """R-8: a delivery at 10:00 meets the revoke under way: already delivered → no SMS."""
    lab.world.rcs(docomo=SILENT)
    lab.world.sms(docomo=delivered())
    lab.world.revokes[Carrier.DOCOMO] = answer
    closing = await lab.deliver(FALLBACK)
    assert (closing.status, closing.channel) == (MessageStatus.DELIVERED, Channel.RCS)
    assert closing.fallback_reason is None
    assert lab.world.steps == ["submit_rcs docomo", "revoke_rcs docomo"]


async def test_a_delivery_at_10_01_finds_the_sms_under_way_and_is_billed_in_its_place(lab: Lab) -> None:
    """B-7: both are deliveries, only the first is billed; here the +Message's."""
    lab.world.rcs(docomo=delivered(after=MINUTES_10 + 1))
    lab.world.sms(docomo=delivered(after=30))
    closing = await lab.deliver(FALLBACK)
    assert (closing.status, closing.channel, closing.carrier) == (
        MessageStatus.DELIVERED,
        Channel.RCS,
        Carrier.DOCOMO,
    )
    assert closing.fallback_reason is FallbackReason.NOT_DELIVERED_IN_TIME
    assert lab.world.steps == THEN_SMS


async def test_a_delivery_after_the_sms_arrived_changes_nothing(lab: Lab) -> None:
    """B-7 the other way round: the SMS was first."""
    lab.world.rcs(docomo=delivered(after=MINUTES_10 + 30))
    lab.world.sms(docomo=delivered(after=1))
    assert (await lab.deliver(FALLBACK)).channel is Channel.SMS


@pytest.mark.parametrize(
    "sms",
    [
        Answer(SubmissionOutcome.REJECTED),
        WRONG,
        accepted(Report(ReceiptState.UNDELIVERED, WITH_ANSWER, StatusReason.ABSENT)),
    ],
    ids=["rejected", "not mine", "undelivered"],
)
async def test_a_failing_sms_does_not_hide_that_the_rcs_arrived(lab: Lab, sms: Answer) -> None:
    """B-7: delivered is delivered, and no further carrier is given the SMS."""
    lab.world.rcs(docomo=delivered(after=MINUTES_10 + 0.5))
    # The link is busy for three seconds, during which the delivery is reported.
    lab.world.sms(docomo=Answer(sms.outcome, sms.reports, busy=3), au=delivered())
    closing = await lab.deliver(FALLBACK)
    assert (closing.status, closing.channel) == (MessageStatus.DELIVERED, Channel.RCS)
    assert lab.world.steps == THEN_SMS


async def test_sends_the_sms_though_the_revoke_failed(lab: Lab) -> None:
    """R-8: if the revoke fails or times out, the SMS goes out."""
    lab.world.rcs(docomo=SILENT)
    lab.world.sms(docomo=delivered())
    lab.world.revokes[Carrier.DOCOMO] = RevokeAnswer(RevokeOutcome.FAILED)
    assert (await lab.deliver(FALLBACK)).channel is Channel.SMS


async def test_sends_the_sms_at_once_without_the_app(lab: Lab) -> None:
    """R-7, R-8: not capable → SMS at once, to the carrier that answered, in the same slot."""
    slot = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    lab.world.rcs(docomo=WRONG, au=Answer(SubmissionOutcome.NOT_CAPABLE))
    lab.world.sms(au=delivered())
    closing = await lab.deliver(FALLBACK, not_before=slot)
    assert closing.fallback_reason is FallbackReason.NOT_CAPABLE
    assert (closing.status, closing.carrier) == (MessageStatus.DELIVERED, Carrier.AU)
    assert lab.world.steps == ["submit_rcs docomo", "submit_rcs au", "submit_sms au"]
    lab.world.assert_follows("submit_sms au", "submit_rcs docomo", after=0)
    sms = lab.world.call("submit_sms au").order
    assert (sms.not_before, sms.reserves_slot) == (slot, False)


@pytest.mark.parametrize("rcs", [SILENT, UNKNOWN], ids=["accepted", "unknown"])
async def test_takes_a_new_slot_when_the_rcs_used_up_the_first(lab: Lab, rcs: Answer) -> None:
    """S-7: +Message and SMS are two sends."""
    lab.world.rcs(docomo=rcs)
    lab.world.sms(docomo=delivered())
    await lab.deliver(FALLBACK, not_before=datetime(2026, 1, 5, 9, 0, tzinfo=UTC))
    sms = lab.world.call("submit_sms docomo").order
    assert (sms.not_before, sms.reserves_slot) == (None, True)


@pytest.mark.parametrize(
    ("rcs", "reason"),
    [
        (Answer(SubmissionOutcome.CAPACITY_EXCEEDED), FallbackReason.CAPACITY_EXCEEDED),
        (accepted(Report(ReceiptState.UNDELIVERED, 9)), FallbackReason.RCS_UNDELIVERED),
        (
            accepted(Report(ReceiptState.UNDELIVERED, 9, StatusReason.NOT_CAPABLE)),
            FallbackReason.NOT_CAPABLE,
        ),
        (accepted(Report(ReceiptState.REVOKED, 9)), FallbackReason.NOT_DELIVERED_IN_TIME),
    ],
    ids=["full (R-12)", "undelivered", "app removed", "discarded by the carrier"],
)
async def test_the_sms_takes_over_at_once_when_the_rcs_fails(
    lab: Lab, rcs: Answer, reason: FallbackReason
) -> None:
    """R-12 and its like: nothing to revoke, nothing to wait for."""
    lab.world.rcs(docomo=rcs)
    lab.world.sms(docomo=delivered())
    closing = await lab.deliver(FALLBACK)
    assert (closing.channel, closing.fallback_reason) == (Channel.SMS, reason)
    assert lab.world.steps == ["submit_rcs docomo", "submit_sms docomo"]
    assert lab.world.calls[0].order.capacity_is_final


@pytest.mark.parametrize(
    "rcs",
    [
        Answer(SubmissionOutcome.REJECTED),
        Answer(SubmissionOutcome.REJECTED, reason=StatusReason.BARRED),
        accepted(Report(ReceiptState.UNDELIVERED, 9, StatusReason.BARRED)),
    ],
    ids=["rejected", "barred", "barred by receipt"],
)
async def test_no_sms_to_who_refuses_the_sender_or_for_a_refused_text(lab: Lab, rcs: Answer) -> None:
    """R-8: what was refused for good is final."""
    lab.world.rcs(docomo=rcs)
    lab.world.sms(docomo=delivered())
    closing = await lab.deliver(FALLBACK)
    assert (closing.status, closing.channel) == (MessageStatus.UNDELIVERED, Channel.RCS)
    assert lab.world.steps == ["submit_rcs docomo"]


@pytest.mark.parametrize("refusal", [WRONG, not_mine(after=2)], ids=["at once", "by receipt"])
async def test_sends_the_sms_over_rakuten_when_the_three_others_do_not_know_the_number(
    lab: Lab, refusal: Answer
) -> None:
    """R-6: Rakuten has no +Message, so its subscribers get the SMS; nobody is asked twice (S-3)."""
    lab.world.rcs(docomo=refusal, au=refusal, softbank=refusal)
    lab.world.sms(rakuten=delivered())
    closing = await lab.deliver(FALLBACK)
    assert (closing.status, closing.carrier) == (MessageStatus.DELIVERED, Carrier.RAKUTEN)
    assert closing.fallback_reason is FallbackReason.CARRIER_UNDETERMINED
    rcs = [f"submit_rcs {carrier}" for carrier in ("docomo", "au", "softbank")]
    assert lab.world.steps == [*rcs, "submit_sms rakuten"]


@pytest.mark.parametrize("carriers", [(Carrier.DOCOMO, Carrier.RAKUTEN), (Carrier.RAKUTEN,)])
async def test_a_chosen_carrier_without_rcs_gets_the_sms(lab: Lab, carriers: tuple[Carrier, ...]) -> None:
    """P-4 with R-6: Rakuten was chosen, so its subscribers are no "other carrier"."""
    lab.world.rcs(docomo=WRONG)
    lab.world.sms(rakuten=delivered())
    closing = await lab.deliver(FALLBACK, carriers=carriers, is_restricted=True)
    assert (closing.status, closing.carrier) == (MessageStatus.DELIVERED, Carrier.RAKUTEN)
    assert closing.fallback_reason is FallbackReason.CARRIER_UNDETERMINED


async def test_excludes_a_number_of_no_chosen_carrier(lab: Lab) -> None:
    """P-4: no SMS went out, so no fallback is shown either."""
    lab.world.rcs(docomo=WRONG, au=WRONG)
    closing = await lab.deliver(FALLBACK, carriers=(Carrier.DOCOMO, Carrier.AU), is_restricted=True)
    assert (closing.status, closing.reason) == (MessageStatus.EXCLUDED, StatusReason.OTHER_CARRIER)
    assert closing.fallback_reason is None


async def test_ends_undetermined_when_no_carrier_knows_the_number(lab: Lab) -> None:
    """S-5: nothing went out on any channel."""
    lab.world.rcs(docomo=WRONG, au=WRONG, softbank=WRONG)
    lab.world.sms(rakuten=WRONG)
    closing = await lab.deliver(FALLBACK)
    assert closing.status is MessageStatus.CARRIER_UNDETERMINED
    assert (closing.channel, closing.fallback_reason) == (None, None)
    assert lab.world.steps[-1] == "submit_sms rakuten"


async def test_an_unknown_rcs_submit_gets_its_ten_minutes_too(lab: Lab) -> None:
    """I3, R-8: unknown outcome → wait for an event; none comes → SMS."""
    lab.world.rcs(docomo=UNKNOWN)
    lab.world.sms(docomo=delivered())
    closing = await lab.deliver(FALLBACK)
    assert closing.fallback_reason is FallbackReason.NOT_DELIVERED_IN_TIME
    lab.world.assert_follows("submit_sms docomo", "submit_rcs docomo", after=MINUTES_10)


@pytest.mark.parametrize("after", [DURING_SUBMIT, MINUTES_10 - 1])
async def test_an_unknown_rcs_submit_that_arrived_needs_no_sms(lab: Lab, after: float) -> None:
    lab.world.rcs(docomo=Answer(UNKNOWN.outcome, (Report(after=after),)))
    closing = await lab.deliver(FALLBACK)
    assert (closing.status, closing.channel) == (MessageStatus.DELIVERED, Channel.RCS)
    assert lab.world.steps == ["submit_rcs docomo"]


async def test_the_sms_gets_72_hours_of_its_own(lab: Lab) -> None:
    """L-3: at most 72 h from the SMS's acceptance → 結果不明."""
    lab.world.rcs(docomo=SILENT)
    lab.world.sms(docomo=delivered(after=72 * 3600 - 1))
    assert (await lab.deliver(FALLBACK)).status is MessageStatus.DELIVERED


async def test_an_sms_without_receipt_ends_unknown_as_a_fallback(lab: Lab) -> None:
    lab.world.rcs(docomo=SILENT)
    lab.world.sms(docomo=SILENT)
    closing = await lab.deliver(FALLBACK)
    assert (closing.status, closing.channel) == (MessageStatus.UNKNOWN, Channel.SMS)
    assert closing.fallback_reason is FallbackReason.NOT_DELIVERED_IN_TIME
