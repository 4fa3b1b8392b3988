"""The start of second messages: after the commit, in their slots, found again when it was lost (P-7, P-8)."""

import asyncio
import json
from collections.abc import Iterator
from typing import cast

import pytest
import structlog
from structlog.testing import LogCapture
from temporalio.client import Client

from activities.close_message import ClosingActivities
from activities.start_second_messages import SecondMessageStarter
from domain.carriers import Carrier
from domain.delivery import DeliveryOrder, WaitingTimes
from domain.follow_ups import FollowUpTrigger
from domain.messages import ChannelPlan
from domain.priorities import BULK_SEND
from tests.services.factories import Bench, an_id
from tests.services.test_inbound_messages import answered, tap
from tests.services.test_second_messages import pending, seconds, with_follow_up
from workflows.client import DeliveryClient
from workflows.inbound_inbox import InboundInbox
from workflows.mending import WorkflowMender
from workflows.receipt_inbox import ReceiptInbox
from workflows.sweeper import Sweeper


class Starts:
    """Notes what is started; ``failure`` is raised instead."""

    def __init__(self) -> None:
        self.orders: list[DeliveryOrder] = []
        self.failure: Exception | None = None

    async def start(self, order: DeliveryOrder) -> None:
        if self.failure:
            raise self.failure
        self.orders.append(order)


@pytest.fixture
def starts() -> Starts:
    return Starts()


@pytest.fixture
def starter(bench: Bench, starts: Starts) -> SecondMessageStarter:
    return SecondMessageStarter(bench.database, starts.start, WaitingTimes(fallback_after=7))


@pytest.fixture
def log() -> Iterator[LogCapture]:
    capture = LogCapture()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[capture])
    yield capture
    structlog.configure(processors=before)


async def test_closing_a_message_starts_its_second_one(
    bench: Bench, starts: Starts, starter: SecondMessageStarter
) -> None:
    campaign = await with_follow_up(bench)
    await bench.submitted(bench.order(campaign.message), an_id())
    activities = ClosingActivities(bench.database, starter)
    for _ in range(2):
        await activities.close_message(bench.closing(campaign.message))
    await starter.close()

    (second,) = await seconds(bench, campaign)
    (order,) = starts.orders
    assert (order.message_id, order.campaign_id, order.company_id) == (
        second.id,
        campaign.id,
        bench.company_id,
    )
    assert (order.plan, order.carriers[0]) == (ChannelPlan.SMS, Carrier.DOCOMO)
    assert (order.priority < BULK_SEND, order.waiting.fallback_after) == (True, 7)
    assert order.not_before is not None
    assert not order.checks_recycling
    assert await pending(bench) == []


async def test_a_start_that_fails_is_left_to_the_sweep(
    bench: Bench, starts: Starts, starter: SecondMessageStarter
) -> None:
    """The message is closed all the same: what it sets off must not hold it up."""
    campaign = await with_follow_up(bench)
    await bench.submitted(bench.order(campaign.message), an_id())
    starts.failure = OSError("Temporal is away")
    await ClosingActivities(bench.database, starter).close_message(bench.closing(campaign.message))
    await starter.close()
    assert (await bench.message(campaign.message)).status == "delivered"
    left = await pending(bench)
    assert len(left) == 1

    starts.failure = None
    await starter.start(left)
    await starter.start(left)
    assert [order.message_id for order in starts.orders] == [left[0][1]]


async def test_what_was_cancelled_before_its_start_is_not_started(
    bench: Bench, starts: Starts, starter: SecondMessageStarter
) -> None:
    campaign = await with_follow_up(bench)
    await bench.delivered(campaign.message)
    (key,) = await pending(bench)
    await bench.rows("UPDATE messages SET status = 'cancelled' WHERE id = :id", id=key[1])
    await starter.start([key])
    assert (starts.orders, await pending(bench)) == ([], [])


async def test_a_reply_is_committed_then_its_second_message_starts(
    bench: Bench, starts: Starts, starter: SecondMessageStarter, log: LogCapture
) -> None:
    """P-8; I10: ids only in the log."""
    campaign = await answered(bench)
    inbox = InboundInbox(bench.database, starter)
    message = await tap(bench, campaign.phone_numbers[0])
    await inbox.receive(message)
    await inbox.receive(message)
    await inbox.close()
    (second,) = await seconds(bench, campaign)
    assert [order.message_id for order in starts.orders] == [second.id]
    assert [entry["repeated"] for entry in log.entries] == [False, True]
    written = json.dumps(log.entries, ensure_ascii=False, default=str)
    assert campaign.phone_numbers[0] not in written
    assert "確認" not in written


async def test_a_reply_that_waits_for_nothing_starts_nothing(
    bench: Bench, starts: Starts, starter: SecondMessageStarter
) -> None:
    campaign = await with_follow_up(bench, FollowUpTrigger.DELIVERED)
    await bench.submitted(bench.order(campaign.message), an_id())
    inbox = InboundInbox(bench.database, starter)
    await inbox.receive(await tap(bench, campaign.phone_numbers[0]))
    await inbox.close()
    assert starts.orders == []


async def test_a_process_that_stops_does_not_wait_for_temporal(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not started is still in the outbox."""
    monkeypatch.setattr("activities.start_second_messages.CLOSE_AFTER_SECONDS", 0.05)
    asked = asyncio.Event()

    async def never(_order: DeliveryOrder) -> None:
        asked.set()
        await asyncio.Event().wait()

    campaign = await with_follow_up(bench)
    await bench.delivered(campaign.message)
    starter = SecondMessageStarter(bench.database, never, WaitingTimes())
    starter.start_soon(await pending(bench))
    await asyncio.wait_for(asked.wait(), 10)
    await asyncio.wait_for(starter.close(), 5)
    assert len(await pending(bench)) == 1


async def test_the_sweep_starts_what_was_left(
    bench: Bench, starts: Starts, starter: SecondMessageStarter
) -> None:
    """P-7, P-8: a process died between the commit and the start."""
    campaign, recent = await with_follow_up(bench), await with_follow_up(bench)
    await bench.delivered(campaign.message)
    await bench.rows("UPDATE pending_starts SET created_at = now() - interval '1 minute'")
    await bench.delivered(recent.message)
    delivery = DeliveryClient(cast("Client", None))
    inbox = ReceiptInbox(bench.database, delivery)
    mender = WorkflowMender(bench.jobs_database, delivery, WaitingTimes())
    sweeper = Sweeper(bench.jobs_database, delivery, inbox, starter, mender)
    for _ in range(2):
        await sweeper.sweep_second_messages()
    (second,) = await seconds(bench, campaign)
    of_bench = [order.message_id for order in starts.orders if order.company_id == bench.company_id]
    assert of_bench == [second.id]
    assert [message for _, message in await pending(bench)] == [
        other.id for other in await seconds(bench, recent)
    ]
