"""A workflow that was ended in the Temporal UI leaves no message open for ever (I2); the real server."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from temporalio.client import Client

from activities.start_second_messages import SecondMessageStarter
from domain.carriers import MARKET_ORDER
from domain.delivery import DeliveryOrder, WaitingTimes
from domain.messages import ChannelPlan, MessageStatus
from services.database import Database, JobsDatabase
from tests.services.factories import open_bench
from tests.support.postgres import jobs_url
from workflows.client import DeliveryClient, message_workflow_id
from workflows.mending import WorkflowMender
from workflows.receipt_inbox import ReceiptInbox
from workflows.sweeper import Sweeper

PATIENCE_SECONDS = 20


async def _listed(client: DeliveryClient, message_id: UUID) -> None:
    """Wait until the server lists the workflow as ended: it does so a little late."""
    since, until = (datetime.now(UTC) + timedelta(hours=hours) for hours in (-1, 1))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if message_id in [ended for _, ended in await client.ended_messages(since, until)]:
                return
            await asyncio.sleep(0.2)


async def test_terminated_messages_end_and_running_ones_go_on(
    temporal_client: Client, fresh_database_url: str
) -> None:
    database, jobs_database = Database(fresh_database_url), JobsDatabase(jobs_url(fresh_database_url))
    bench = await open_bench(database, jobs_database)
    delivery = DeliveryClient(temporal_client)
    campaign = await bench.campaign("08070000001", "08070000002", "08070000003")
    waiting, left, running = campaign.messages
    await bench.ready(bench.order(left))
    for message_id in campaign.messages:
        order = DeliveryOrder(bench.company_id, campaign.id, message_id, ChannelPlan.SMS, MARKET_ORDER)
        await delivery.start_delivery(order)
    for message_id in (waiting, left):
        await temporal_client.get_workflow_handle(message_workflow_id(message_id)).terminate("by mistake")
        await _listed(delivery, message_id)
    starter = SecondMessageStarter(database, delivery.start_delivery, WaitingTimes())
    inbox = ReceiptInbox(database, delivery)
    mender = WorkflowMender(jobs_database, delivery, WaitingTimes())
    sweeper = Sweeper(jobs_database, delivery, inbox, starter, mender, ended_for=timedelta(seconds=-60))
    await sweeper.sweep_ended_workflows()
    statuses = [MessageStatus((await bench.message(message)).status) for message in campaign.messages]
    assert statuses == [MessageStatus.CANCELLED, MessageStatus.UNKNOWN, MessageStatus.ACCEPTED]
    await temporal_client.get_workflow_handle(message_workflow_id(running)).terminate()
    await jobs_database.close()
    await database.close()
