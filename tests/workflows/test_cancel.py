"""取消: nothing more goes out, and what a carrier holds is discarded where it can be (P-3, I7)."""

import pytest

from domain.carrier_exchange import ReceiptState, RevokeOutcome
from domain.carriers import Carrier, Channel
from domain.delivery import SubmissionOutcome
from domain.messages import ChannelPlan, MessageStatus, StatusReason
from tests.workflows.fakes import (
    DURING_SUBMIT,
    SILENT,
    WRONG,
    Answer,
    Report,
    RevokeAnswer,
    accepted,
    delivered,
)
from tests.workflows.lab import Lab
from workflows.message_delivery import MessageDeliveryWorkflow

SMS, RCS, FALLBACK = ChannelPlan.SMS, ChannelPlan.RCS, ChannelPlan.RCS_WITH_SMS_FALLBACK


@pytest.mark.parametrize("plan", list(ChannelPlan))
@pytest.mark.parametrize("checks", [False, True], ids=["", "with misdelivery check"])
async def test_before_the_first_step_nothing_is_asked_or_sent(
    lab: Lab, plan: ChannelPlan, checks: bool
) -> None:
    """A check that is not asked for is not billed (M-4)."""
    handle = await lab.start(lab.order(plan, checks_recycling=checks))
    await handle.signal(MessageDeliveryWorkflow.cancel)
    async with lab.workers():
        closing = await lab.within(handle.result())
    assert (closing.status, closing.channel) == (MessageStatus.CANCELLED, None)
    assert lab.world.calls == []


@pytest.mark.parametrize("plan", list(ChannelPlan))
async def test_a_submit_that_finds_the_campaign_cancelled_is_withdrawn(lab: Lab, plan: ChannelPlan) -> None:
    """The submit looks at the campaign last of all, in the transaction that lets it go."""
    withdrawn = Answer(SubmissionOutcome.WITHDRAWN)
    lab.world.sms(docomo=withdrawn)
    lab.world.rcs(docomo=withdrawn)
    closing = await lab.deliver(plan)
    assert closing.status is MessageStatus.CANCELLED
    assert (closing.channel, closing.fallback_reason) == (None, None)
    assert len(lab.world.calls) == 1


@pytest.mark.parametrize("plan", [RCS, FALLBACK])
@pytest.mark.parametrize("after", [DURING_SUBMIT, 60])
async def test_while_waiting_the_rcs_is_discarded_and_no_sms_goes_out(
    lab: Lab, plan: ChannelPlan, after: float
) -> None:
    lab.world.rcs(docomo=SILENT)
    lab.world.sms(docomo=delivered())
    lab.world.cancelling(Channel.RCS, Carrier.DOCOMO, after)
    closing = await lab.deliver(plan)
    assert (closing.status, closing.channel) == (MessageStatus.CANCELLED, Channel.RCS)
    assert lab.world.steps == ["submit_rcs docomo", "revoke_rcs docomo"]
    lab.world.assert_follows("revoke_rcs docomo", "submit_rcs docomo", after=max(int(after), 0))


async def test_an_rcs_that_was_already_delivered_ends_delivered(lab: Lab) -> None:
    """A cancel cannot undo what the end user has read."""
    lab.world.rcs(docomo=SILENT)
    lab.world.cancelling(Channel.RCS, Carrier.DOCOMO, 60)
    lab.world.revokes[Carrier.DOCOMO] = RevokeAnswer(RevokeOutcome.ALREADY_DELIVERED)
    closing = await lab.deliver(FALLBACK)
    assert (closing.status, closing.channel) == (MessageStatus.DELIVERED, Channel.RCS)


async def test_no_sms_follows_an_rcs_that_failed_as_the_cancel_came(lab: Lab) -> None:
    failed = Report(ReceiptState.UNDELIVERED, DURING_SUBMIT, StatusReason.ABSENT)
    lab.world.rcs(docomo=accepted(failed))
    lab.world.sms(docomo=delivered())
    lab.world.cancelling(Channel.RCS, Carrier.DOCOMO, DURING_SUBMIT)
    closing = await lab.deliver(FALLBACK)
    assert (closing.status, closing.fallback_reason) == (MessageStatus.CANCELLED, None)
    assert lab.world.steps == ["submit_rcs docomo"]


@pytest.mark.parametrize(("plan", "channel"), [(SMS, Channel.SMS), (RCS, Channel.RCS)])
async def test_no_further_carrier_is_tried(lab: Lab, plan: ChannelPlan, channel: Channel) -> None:
    lab.world.answers[channel, Carrier.DOCOMO] = WRONG
    lab.world.answers[channel, Carrier.AU] = delivered()
    lab.world.cancelling(channel, Carrier.DOCOMO, DURING_SUBMIT)
    assert (await lab.deliver(plan)).status is MessageStatus.CANCELLED
    assert len(lab.world.calls) == 1


async def test_an_sms_with_the_carrier_ends_as_the_carrier_reports(lab: Lab) -> None:
    """An SMS cannot be taken back."""
    lab.world.sms(docomo=delivered(after=90))
    lab.world.cancelling(Channel.SMS, Carrier.DOCOMO, 30)
    assert (await lab.deliver(SMS)).status is MessageStatus.DELIVERED


async def test_an_ended_message_does_not_mind(lab: Lab) -> None:
    lab.world.sms(docomo=delivered(after=1))
    lab.world.cancelling(Channel.SMS, Carrier.DOCOMO, 3600)
    assert (await lab.deliver(SMS)).status is MessageStatus.DELIVERED
