"""A +Message without fallback: carrier by carrier, its delivery or 72 hours and the revoke (R-6 … R-10)."""

from datetime import timedelta

import pytest

from domain.carrier_exchange import ReceiptState, RevokeOutcome
from domain.carriers import Carrier, Channel
from domain.delivery import SubmissionOutcome
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
    RevokeAnswer,
    accepted,
    delivered,
    not_mine,
)
from tests.workflows.lab import Lab

RCS = ChannelPlan.RCS
HOURS_72 = 72 * 3600


@pytest.mark.parametrize("after", [DURING_SUBMIT, WITH_ANSWER, 1, 599, 601, HOURS_72 - 1])
async def test_is_delivered_at_any_time_within_72_hours(lab: Lab, after: float) -> None:
    """R-9: without fallback the 10 minutes mean nothing."""
    lab.world.rcs(docomo=delivered(after))
    closing = await lab.deliver(RCS)
    assert (closing.status, closing.channel) == (MessageStatus.DELIVERED, Channel.RCS)
    assert closing.delivered_at == lab.world.calls[0].at + timedelta(seconds=max(after, 0))
    assert lab.world.steps == ["submit_rcs docomo"]


async def test_expires_after_72_hours_with_a_revoke(lab: Lab) -> None:
    """R-9: hold 72 hours, have it discarded, 期限切れ; R-10: a delivery reported later changes nothing."""
    lab.world.rcs(docomo=delivered(after=HOURS_72 + 1))
    closing = await lab.deliver(RCS)
    assert (closing.status, closing.carrier) == (MessageStatus.EXPIRED, Carrier.DOCOMO)
    assert closing.delivered_at is None
    assert lab.world.steps == ["submit_rcs docomo", "revoke_rcs docomo"]
    lab.world.assert_follows("revoke_rcs docomo", "submit_rcs docomo", after=HOURS_72)


async def test_expires_though_the_revoke_fails(lab: Lab) -> None:
    """R-9: the status does not hang on the carrier's cleaning up."""
    lab.world.rcs(docomo=SILENT)
    lab.world.revokes[Carrier.DOCOMO] = RevokeAnswer(RevokeOutcome.FAILED)
    assert (await lab.deliver(RCS)).status is MessageStatus.EXPIRED


@pytest.mark.parametrize(
    "answer",
    [
        RevokeAnswer(RevokeOutcome.ALREADY_DELIVERED),
        RevokeAnswer(RevokeOutcome.ALREADY_DELIVERED, arrives=ReceiptState.DELIVERED),
        RevokeAnswer(RevokeOutcome.FAILED, arrives=ReceiptState.DELIVERED),
    ],
    ids=["by the answer", "by both", "by receipt meanwhile"],
)
async def test_is_delivered_if_the_revoke_finds_it_delivered(lab: Lab, answer: RevokeAnswer) -> None:
    """At exactly 72:00:00 the carrier's word decides."""
    lab.world.rcs(docomo=SILENT)
    lab.world.revokes[Carrier.DOCOMO] = answer
    closing = await lab.deliver(RCS)
    assert (closing.status, closing.channel) == (MessageStatus.DELIVERED, Channel.RCS)
    assert closing.delivered_at is not None
    late = (closing.delivered_at - lab.world.calls[0].at).total_seconds() - HOURS_72
    assert 0 <= late < LAG_SECONDS


@pytest.mark.parametrize("refusal", [WRONG, not_mine(after=2)], ids=["at once", "by receipt"])
async def test_tries_the_three_carriers_that_have_it(lab: Lab, refusal: Answer) -> None:
    """R-6: as S-2 … S-5 over docomo, au, SoftBank."""
    lab.world.rcs(docomo=refusal, au=refusal, softbank=delivered())
    closing = await lab.deliver(RCS)
    assert (closing.status, closing.carrier) == (MessageStatus.DELIVERED, Carrier.SOFTBANK)
    assert closing.carrier_learned
    assert lab.world.steps == ["submit_rcs docomo", "submit_rcs au", "submit_rcs softbank"]


@pytest.mark.parametrize("refusal", [WRONG, not_mine()], ids=["at once", "by receipt"])
async def test_ends_undetermined_when_none_of_the_three_knows_the_number(lab: Lab, refusal: Answer) -> None:
    """S-5, R-6: no Rakuten, and no SMS without fallback."""
    lab.world.rcs(docomo=refusal, au=refusal, softbank=refusal)
    lab.world.sms(rakuten=delivered())
    closing = await lab.deliver(RCS)
    assert closing.status is MessageStatus.CARRIER_UNDETERMINED
    assert len(lab.world.calls) == 3


async def test_excludes_a_number_of_no_chosen_carrier(lab: Lab) -> None:
    """P-4."""
    lab.world.rcs(docomo=delivered(), au=WRONG)
    closing = await lab.deliver(RCS, carriers=(Carrier.AU,), is_restricted=True)
    assert (closing.status, closing.reason) == (MessageStatus.EXCLUDED, StatusReason.OTHER_CARRIER)
    assert lab.world.steps == ["submit_rcs au"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(SubmissionOutcome.NOT_CAPABLE), StatusReason.NOT_CAPABLE),
        (Answer(SubmissionOutcome.CAPACITY_EXCEEDED), StatusReason.CAPACITY_EXCEEDED),
        (Answer(SubmissionOutcome.REJECTED), StatusReason.REJECTED),
        (Answer(SubmissionOutcome.REJECTED, reason=StatusReason.BARRED), StatusReason.BARRED),
    ],
)
async def test_a_refusal_is_final_without_fallback(lab: Lab, answer: Answer, reason: StatusReason) -> None:
    """R-7, R-12: there is no SMS to fall back on."""
    lab.world.rcs(docomo=answer)
    lab.world.sms(docomo=delivered())
    closing = await lab.deliver(RCS)
    assert (closing.status, closing.reason) == (MessageStatus.UNDELIVERED, reason)
    assert (closing.channel, closing.fallback_reason) == (Channel.RCS, None)
    assert lab.world.steps == ["submit_rcs docomo"]


async def test_waits_while_the_carrier_is_full(lab: Lab) -> None:
    """R-11: excess input is sent in order until all are done; only a fallback makes a full carrier final."""
    lab.world.rcs(docomo=Answer(reports=(Report(),), busy=4))
    assert (await lab.deliver(RCS)).status is MessageStatus.DELIVERED
    assert not lab.world.calls[0].order.capacity_is_final


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (ReceiptState.UNDELIVERED, MessageStatus.UNDELIVERED),
        (ReceiptState.REVOKED, MessageStatus.EXPIRED),
        (ReceiptState.UNKNOWN, MessageStatus.UNKNOWN),
    ],
)
async def test_ends_as_the_carrier_reports(lab: Lab, state: ReceiptState, status: MessageStatus) -> None:
    """S-9."""
    lab.world.rcs(docomo=accepted(Report(state, 120)))
    closing = await lab.deliver(RCS)
    assert (closing.status, closing.carrier) == (status, Carrier.DOCOMO)
    assert lab.world.steps == ["submit_rcs docomo"]


async def test_an_unknown_submit_is_decided_by_its_delivery(lab: Lab) -> None:
    """I3: unknown outcome → wait for an event."""
    lab.world.rcs(docomo=Answer(UNKNOWN.outcome, (Report(after=7200),)))
    assert (await lab.deliver(RCS)).status is MessageStatus.DELIVERED
    assert lab.world.steps == ["submit_rcs docomo"]


async def test_an_unknown_submit_without_any_event_ends_unknown(lab: Lab) -> None:
    """結果不明 rather than 期限切れ: nobody knows whether it was ever taken."""
    lab.world.rcs(docomo=UNKNOWN)
    closing = await lab.deliver(RCS)
    assert (closing.status, closing.reason) == (MessageStatus.UNKNOWN, StatusReason.NO_RECEIPT)
    lab.world.assert_follows("revoke_rcs docomo", "submit_rcs docomo", after=HOURS_72)
