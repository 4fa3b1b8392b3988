"""Messages whose workflow is lost, or cannot go on, end by what is on record, and nothing leaves twice.

The real server, the real database and the real steps; only the carriers' links are scripted.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.close_message import ClosingActivities
from activities.metrics import MESSAGES_WITHOUT_WORKFLOW, WORKFLOWS_FAILING
from activities.start_second_messages import SecondMessageStarter
from activities.submit_sms import SmsActivities
from activities.submitting import SubmitRecorder
from domain.campaigns import CampaignStatus
from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier, Channel
from domain.delivery import DeliveryOrder, WaitingTimes
from domain.messages import ChannelPlan
from services.database import Database, JobsDatabase
from tests.activities.fake_gateways import FakeSmsLink
from tests.services.factories import Bench, accepted, an_id, open_bench, report
from tests.support.postgres import jobs_url
from workflows.client import DeliveryClient, FailingWorkflows, message_workflow_id
from workflows.mending import WorkflowMender
from workflows.message_delivery import MessageDeliveryWorkflow
from workflows.task_queues import MESSAGES, carrier_queue

LONG_FED = datetime.now(UTC) - timedelta(minutes=5)
PATIENCE_SECONDS = 30


class Platform:
    """A message worker and a carrier worker with links whose carriers accept everything."""

    def __init__(self, client: Client, bench: Bench) -> None:
        self.client = client
        self.bench = bench
        self.delivery = DeliveryClient(client)
        self.links = {carrier: FakeSmsLink(*((accepted(),) for _ in range(50))) for carrier in Carrier}
        self.mender = WorkflowMender(
            bench.jobs_database, self.delivery, WaitingTimes(), failing_for=timedelta(0)
        )

    @property
    def submits(self) -> int:
        return sum(len(link.submits) for link in self.links.values())

    @asynccontextmanager
    async def workers(self, kind: type = MessageDeliveryWorkflow) -> AsyncIterator[None]:
        database = self.bench.database
        sms = SmsActivities(SubmitRecorder(database), self.links)
        starter = SecondMessageStarter(database, self.delivery.start_delivery, WaitingTimes())
        close = ClosingActivities(database, starter).close_message
        async with AsyncExitStack() as stack:
            for carrier in Carrier:
                queue = carrier_queue(Channel.SMS, carrier)
                worker = Worker(self.client, task_queue=queue, activities=[sms.submit_sms])
                await stack.enter_async_context(worker)
            messages = Worker(self.client, task_queue=MESSAGES, workflows=[kind], activities=[close])
            await stack.enter_async_context(messages)
            yield

    async def status(self, message_id: UUID) -> str:
        status: str = (await self.bench.message(message_id)).status
        return status

    async def start(self, message_id: UUID, campaign_id: UUID) -> None:
        order = DeliveryOrder(self.bench.company_id, campaign_id, message_id, ChannelPlan.SMS, tuple(Carrier))
        await self.delivery.start_delivery(order)


@pytest_asyncio.fixture(loop_scope="session")
async def platform(temporal_client: Client, fresh_database_url: str) -> AsyncIterator[Platform]:
    database, jobs_database = Database(fresh_database_url), JobsDatabase(jobs_url(fresh_database_url))
    made = Platform(temporal_client, await open_bench(database, jobs_database))
    yield made
    for row in await made.bench.rows("SELECT id FROM messages"):
        handle = temporal_client.get_workflow_handle(message_workflow_id(row.id))
        with contextlib.suppress(RPCError):
            await handle.terminate("the test is over")
    await jobs_database.close()
    await database.close()


async def until(
    state: Callable[[], Awaitable[Any]], expected: Any, seconds: float = PATIENCE_SECONDS
) -> None:
    """Wait for something to become what is expected, looking at it again and again."""
    async with asyncio.timeout(seconds):
        # Nothing tells of a row that changes.
        while (now := await state()) != expected:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert now == expected


async def grow_old(bench: Bench) -> None:
    await bench.rows(
        "UPDATE messages SET accepted_at = accepted_at - interval '2 minutes',"
        " submitted_at = submitted_at - interval '2 minutes' WHERE company_id = :company"
    )


async def test_open_messages_without_a_workflow_are_carried_on(platform: Platform) -> None:
    """Temporal's store was lost: what left is not sent again, what had not leaves once, all are charged."""
    bench = platform.bench
    campaign = await bench.campaign(*(f"0807000{n:04d}" for n in range(4)), fed_at=LONG_FED)
    untried, delivered, silent, running = campaign.messages
    first, second = an_id(), an_id()
    await bench.submitted(bench.order(delivered), first)
    await bench.submitted(bench.order(silent, Carrier.RAKUTEN), second)
    await bench.store(report(first, ReceiptState.DELIVERED))
    await grow_old(bench)
    async with platform.workers():
        await platform.start(running, campaign.id)
        await until(lambda: platform.status(running), "sent")
        await platform.mender.sweep_lost_workflows()
        assert MESSAGES_WITHOUT_WORKFLOW._value.get() == 3
        await until(lambda: platform.status(delivered), "delivered")
        await until(lambda: platform.status(untried), "sent")
        assert platform.submits == 2, "the one that ran, and the one nothing was on record for"
        assert await platform.delivery.has_workflow(silent)
        await platform.mender.sweep_lost_workflows()
        assert MESSAGES_WITHOUT_WORKFLOW._value.get() == 0
        assert platform.submits == 2
    charges = await bench.rows("SELECT message_id FROM billing_entries WHERE company_id = :company")
    assert [charge.message_id for charge in charges] == [delivered]


async def test_what_somebody_ended_in_the_temporal_ui_is_not_begun_anew(platform: Platform) -> None:
    """It is stopped: the sweep of ended workflows closes it (I2)."""
    campaign = await platform.bench.campaign("08070050001", fed_at=LONG_FED)
    await platform.start(campaign.message, campaign.id)
    handle = platform.client.get_workflow_handle(message_workflow_id(campaign.message))
    await handle.terminate("stopped by hand")
    await grow_old(platform.bench)
    await platform.mender.sweep_lost_workflows()
    assert MESSAGES_WITHOUT_WORKFLOW._value.get() == 0
    assert (await handle.describe()).status is WorkflowExecutionStatus.TERMINATED
    assert platform.submits == 0


async def test_what_a_restored_database_has_open_ends_by_evidence_and_nothing_goes_out(
    platform: Platform,
) -> None:
    """The database is older than Temporal, which knows of ends it never heard of; campaigns are cancelled."""
    bench = platform.bench
    campaign = await bench.campaign("08070100001", "08070100002", fed_at=LONG_FED)
    charged, untried = campaign.messages
    carrier_id = an_id()
    await bench.submitted(bench.order(charged), carrier_id)
    await bench.store(report(carrier_id, ReceiptState.DELIVERED))
    async with platform.workers():
        await platform.start(charged, campaign.id)
        await until(lambda: platform.status(charged), "delivered")
        # Back to before the message ended.
        await bench.rows("DELETE FROM billing_entries WHERE company_id = :company")
        await bench.rows("UPDATE messages SET status = 'sent', closed_at = NULL WHERE id = :id", id=charged)
        await bench.rows("UPDATE campaign_counters SET delivered = 0, billable_parts = 0")
        await bench.cancel(campaign)
        await grow_old(bench)
        await platform.mender.sweep_lost_workflows()
        await until(lambda: platform.status(charged), "delivered")
        await until(lambda: platform.status(untried), "cancelled")
    assert platform.submits == 0
    assert len(await bench.rows("SELECT 1 FROM billing_entries WHERE company_id = :company")) == 1
    assert (await bench.campaign_row(campaign)).status == CampaignStatus.CANCELLED


@workflow.defn(name="MessageDelivery", sandboxed=False)
class NewerDelivery(MessageDeliveryWorkflow):
    """The same under a version to come, which begins with a step that today's does not know."""

    @workflow.init
    def __init__(self, order: DeliveryOrder) -> None:
        super().__init__(order)

    @workflow.run
    async def run(self, order: DeliveryOrder) -> Any:
        await workflow.sleep(timedelta(milliseconds=50))
        return await MessageDeliveryWorkflow.run(self, order)


async def _begun_under_the_newer(platform: Platform, numbers: tuple[str, ...]) -> tuple[UUID, ...]:
    campaign = await platform.bench.campaign(*numbers, fed_at=LONG_FED)
    async with platform.workers(NewerDelivery):
        for message_id in campaign.messages:
            await platform.start(message_id, campaign.id)
        for message_id in campaign.messages:
            await until(partial(platform.status, message_id), "sent")
    return campaign.messages


async def _reported(platform: Platform, message_id: UUID) -> None:
    (segment,) = await platform.bench.rows(
        "SELECT carrier_message_id FROM submit_segments WHERE message_id = :id", id=message_id
    )
    (applied,) = await platform.bench.store(report(segment.carrier_message_id, ReceiptState.DELIVERED))
    await platform.delivery.signal_receipt(message_id, applied.notice)


async def test_what_a_rolled_back_version_began_is_begun_anew(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the place of the run that cannot be replayed; what it sent is answered from the record."""
    (message_id,) = await _begun_under_the_newer(platform, ("08070200001",))
    handle = platform.client.get_workflow_handle(message_workflow_id(message_id))
    first = await handle.describe()
    listed = FailingWorkflows(messages=[((platform.bench.company_id, message_id), first.start_time)])

    async def failing(self: DeliveryClient, limit: int) -> FailingWorkflows:
        return listed

    monkeypatch.setattr(DeliveryClient, "failing", failing)
    async with platform.workers():
        await _reported(platform, message_id)
        await platform.mender.sweep_failing_workflows()
        await until(lambda: platform.status(message_id), "delivered")
    assert platform.submits == 1
    assert (await handle.describe()).run_id != first.run_id
    replaced = platform.client.get_workflow_handle(handle.id, run_id=first.run_id)
    assert (await replaced.describe()).status is WorkflowExecutionStatus.TERMINATED


@pytest.mark.slow
async def test_the_server_tells_which_workflows_cannot_go_on(platform: Platform) -> None:
    """After five failures of a workflow task in a row, about a minute; mended ones are not counted."""
    messages = await _begun_under_the_newer(platform, ("08070300001", "08070300002"))
    async with platform.workers():
        for message_id in messages:
            await _reported(platform, message_id)

        async def counted() -> int:
            return await platform.delivery.count_failing()

        await until(counted, 2, seconds=150)
        await platform.mender.sweep_failing_workflows()
        assert WORKFLOWS_FAILING._value.get() == 2
        for message_id in messages:
            await until(partial(platform.status, message_id), "delivered")
        await until(counted, 0)
    assert platform.submits == 2
