"""誤配信防止: only a clear 履歴なし lets the message go (M-1)."""

import pytest

from domain.carrier_exchange import RecyclingOutcome
from domain.messages import ChannelPlan, MessageStatus, StatusReason
from tests.workflows.fakes import delivered
from tests.workflows.lab import Lab


@pytest.mark.parametrize("plan", [ChannelPlan.SMS, ChannelPlan.RCS])
async def test_sends_when_the_number_has_no_new_owner(lab: Lab, plan: ChannelPlan) -> None:
    """履歴なし → send."""
    lab.world.sms(docomo=delivered())
    lab.world.rcs(docomo=delivered())
    lab.world.recycling = RecyclingOutcome.NOT_RECYCLED
    closing = await lab.deliver(plan, checks_recycling=True)
    assert closing.status is MessageStatus.DELIVERED
    assert lab.world.steps == ["check_number_recycling", f"submit_{plan.value} docomo"]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (RecyclingOutcome.RECYCLED, StatusReason.RECYCLED),
        (RecyclingOutcome.LOOKUP_FAILED, StatusReason.LOOKUP_FAILED),
    ],
)
async def test_sends_nothing_otherwise(lab: Lab, outcome: RecyclingOutcome, reason: StatusReason) -> None:
    """履歴あり or DB照会エラー → 配信対象外."""
    lab.world.sms(docomo=delivered())
    lab.world.recycling = outcome
    closing = await lab.deliver(ChannelPlan.SMS, checks_recycling=True)
    assert (closing.status, closing.reason) == (MessageStatus.EXCLUDED, reason)
    assert lab.world.steps == ["check_number_recycling"]


async def test_asks_nobody_unless_the_campaign_wants_it(lab: Lab) -> None:
    """M-4: each answer is billed."""
    lab.world.sms(docomo=delivered())
    lab.world.recycling = RecyclingOutcome.RECYCLED
    assert (await lab.deliver(ChannelPlan.SMS)).status is MessageStatus.DELIVERED
