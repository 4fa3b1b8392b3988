"""Runs one message, or one campaign, of the real workflows in a fake world."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from domain.carriers import MARKET_ORDER, Carrier
from domain.delivery import DeliveryOrder, MessageClosing
from domain.messages import ChannelPlan
from tests.workflows.fakes import CAMPAIGN, COMPANY, FakeWorld
from tests.workflows.handset import Handset
from workflows.client import DeliveryClient, message_workflow_id
from workflows.message_delivery import MessageDeliveryWorkflow
from workflows.task_queues import CARRIER_QUEUES, MESSAGES, NUMBER_RECYCLING

PATIENCE = 30


@asynccontextmanager
async def workers(client: Client, world: FakeWorld, **options: Any) -> AsyncIterator[None]:
    """Serve the messages and every queue that leads outside."""
    async with AsyncExitStack() as stack:
        for queue in (*CARRIER_QUEUES, NUMBER_RECYCLING):
            await stack.enter_async_context(
                Worker(client, task_queue=queue, activities=world.activities, max_concurrent_activities=5)
            )
        await stack.enter_async_context(message_worker(client, world, **options))
        yield


def message_worker(client: Client, world: FakeWorld, **options: Any) -> Worker:
    """The worker of the messages, with the sandbox that production leaves out."""
    return Worker(
        client,
        task_queue=MESSAGES,
        workflows=[MessageDeliveryWorkflow, Handset],
        activities=[world.close_message],
        **options,
    )
