"""A carrier's word that is on record counts, though its signal has not come (R-8, S-5, B-7, I2).

So it is when Temporal was away: deadlines pass before the signals are repeated.
"""

import pytest

from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier, Channel
from domain.delivery import ReceiptNotice
from domain.messages import ChannelPlan, FallbackReason, MessageStatus, StatusReason
from tests.workflows.fakes import SILENT, UNKNOWN, Answer, delivered
from tests.workflows.lab import Lab

FALLBACK = ChannelPlan.RCS_WITH_SMS_FALLBACK


def on_record(
    lab: Lab, channel: Channel, state: ReceiptState, reason: StatusReason | None = None
) -> ReceiptNotice:
    notice = ReceiptNotice(channel, Carrier.DOCOMO, state, reason)
    lab.world.on_record.append(notice)
    return notice


@pytest.mark.parametrize("submit", [SILENT, UNKNOWN], ids=["answered", "answer lost"])
async def test_a_delivered_rich_message_is_neither_revoked_nor_followed_by_an_sms(
    lab: Lab, submit: Answer
) -> None:
    lab.world.rcs(docomo=submit)
    on_record(lab, Channel.RCS, ReceiptState.DELIVERED)
    closing = await lab.deliver(FALLBACK)
    assert (closing.status, closing.channel) == (MessageStatus.DELIVERED, Channel.RCS)
    assert closing.fallback_reason is None
    assert lab.world.steps == ["submit_rcs docomo", "revoke_rcs docomo"]


async def test_a_recipient_who_bars_us_gets_no_sms_either(lab: Lab) -> None:
    """R-12."""
    lab.world.rcs(docomo=SILENT)
    on_record(lab, Channel.RCS, ReceiptState.UNDELIVERED, StatusReason.BARRED)
    closing = await lab.deliver(FALLBACK)
    assert (closing.status, closing.reason) == (MessageStatus.UNDELIVERED, StatusReason.BARRED)
    assert lab.world.steps == ["submit_rcs docomo", "revoke_rcs docomo"]


async def test_an_undelivered_rich_message_is_replaced_for_that_reason(lab: Lab) -> None:
    lab.world.rcs(docomo=SILENT)
    lab.world.sms(docomo=delivered())
    on_record(lab, Channel.RCS, ReceiptState.UNDELIVERED, StatusReason.ABSENT)
    closing = await lab.deliver(FALLBACK)
    assert closing.fallback_reason is FallbackReason.RCS_UNDELIVERED
    assert lab.world.steps == ["submit_rcs docomo", "revoke_rcs docomo", "submit_sms docomo"]


@pytest.mark.parametrize("state", [ReceiptState.DELIVERED, ReceiptState.UNDELIVERED])
async def test_an_sms_ends_by_its_word_when_its_time_is_up(lab: Lab, state: ReceiptState) -> None:
    lab.world.sms(docomo=SILENT)
    on_record(lab, Channel.SMS, state)
    closing = await lab.deliver(ChannelPlan.SMS)
    assert (closing.status.value, closing.carrier) == (state.value, Carrier.DOCOMO)
    assert lab.world.steps == ["submit_sms docomo"]


async def test_not_mine_leads_on_to_the_next_carrier(lab: Lab) -> None:
    """S-5: also after the deadline."""
    lab.world.sms(docomo=SILENT, au=delivered())
    on_record(lab, Channel.SMS, ReceiptState.WRONG_CARRIER)
    closing = await lab.deliver(ChannelPlan.SMS)
    assert (closing.status, closing.carrier) == (MessageStatus.DELIVERED, Carrier.AU)
    assert closing.carrier_learned
    assert lab.world.steps == ["submit_sms docomo", "submit_sms au"]


async def test_a_rich_message_delivered_while_its_sms_was_silent_is_what_counts(lab: Lab) -> None:
    """B-7."""
    lab.world.rcs(docomo=SILENT)
    lab.world.sms(docomo=SILENT)
    order = lab.order(FALLBACK)
    async with lab.workers():
        handle = await lab.start(order)
        await lab.timer_runs(handle, 1)
        await lab.sleep(700)
        await lab.timer_runs(handle, 2)
        on_record(lab, Channel.RCS, ReceiptState.DELIVERED)
        closing = await lab.within(handle.result())
    assert (closing.status, closing.channel) == (MessageStatus.DELIVERED, Channel.RCS)
