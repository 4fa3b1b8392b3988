"""Runs single messages of the real workflow in a fake world, on either of the two servers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.testservice.v1 import (
    LockTimeSkippingRequest,
    SleepRequest,
    UnlockTimeSkippingRequest,
)
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.carriers import MARKET_ORDER
from domain.delivery import DeliveryOrder, MessageClosing
from domain.messages import ChannelPlan
from tests.workflows.fakes import CAMPAIGN, COMPANY, FakeWorld
from tests.workflows.handset import Handset
from workers.local_stack.temporal import SEARCH_ATTRIBUTES
from workflows.client import DeliveryClient, message_workflow_id
from workflows.message_delivery import MessageDeliveryWorkflow
from workflows.task_queues import MESSAGES

PATIENCE_SECONDS = 30

T = TypeVar("T")


class Lab:
    """One server, one fake world, one message at a time."""

    def __init__(self, client: Client, world: FakeWorld, *, skips_time: bool = True) -> None:
        self.client = client
        self.world = world
        self._skips_time = skips_time

    def order(self, plan: ChannelPlan, **options: Any) -> DeliveryOrder:
        """A message of the plan; all carriers in market order unless ``options`` say otherwise."""
        return DeliveryOrder(
            **{"carriers": MARKET_ORDER, "message_id": uuid4(), **options},
            company_id=COMPANY,
            campaign_id=CAMPAIGN,
            plan=plan,
        )

    async def start(self, order: DeliveryOrder) -> WorkflowHandle[MessageDeliveryWorkflow, MessageClosing]:
        """Start a message as the platform does."""
        await DeliveryClient(self.client).start_delivery(order)
        return self.client.get_workflow_handle_for(
            MessageDeliveryWorkflow.run, message_workflow_id(order.message_id)
        )

    async def deliver(self, plan: ChannelPlan, **options: Any) -> MessageClosing:
        """Run a message from start to end and return how it ended; it must have been ended once."""
        async with self.workers():
            handle = await self.start(self.order(plan, **options))
            closing = await self.within(handle.result())
        assert self.world.closings == [closing]
        return closing

    async def within(self, awaited: Awaitable[T]) -> T:
        """Let time fly until the result is there."""
        async with asyncio.timeout(PATIENCE_SECONDS), self.flying_time():
            return await awaited

    @asynccontextmanager
    async def flying_time(self) -> AsyncIterator[None]:
        if not self._skips_time:
            yield
            return
        await self.client.test_service.unlock_time_skipping(UnlockTimeSkippingRequest())
        try:
            yield
        finally:
            await self.client.test_service.lock_time_skipping(LockTimeSkippingRequest())

    async def sleep(self, seconds: float) -> None:
        """Let so much of the server's time pass."""
        duration = Duration()
        duration.FromTimedelta(timedelta(seconds=seconds))
        await self.client.test_service.unlock_time_skipping_with_sleep(SleepRequest(duration=duration))

    async def timer_runs(self, handle: WorkflowHandle[Any, Any], number: int = 1) -> None:
        """Wait until the workflow has set its first timer, or its ``number``th."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            # The time-skipping server keeps who waits for the next event waiting for 20 s.
            while await _timers(handle) < number:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def workers(self, **options: Any) -> AsyncIterator[None]:
        """Serve the messages and the queues of what is scripted. ``options`` are the message worker's."""
        async with AsyncExitStack() as stack:
            for queue in self.world.queues:
                worker = Worker(self.client, task_queue=queue, activities=self.world.activities)
                await stack.enter_async_context(worker)
            await stack.enter_async_context(self.message_worker(**options))
            yield

    def message_worker(self, **options: Any) -> Worker:
        """The worker of the messages, with the sandbox that production leaves out."""
        return Worker(
            self.client,
            task_queue=MESSAGES,
            workflows=[MessageDeliveryWorkflow, Handset],
            activities=[self.world.close_message],
            **options,
        )


async def _timers(handle: WorkflowHandle[Any, Any]) -> int:
    history = await handle.fetch_history()
    return sum(event.HasField("timer_started_event_attributes") for event in history.events)


async def define_search_attributes(environment: WorkflowEnvironment) -> None:
    """The time-skipping server keeps search attributes it knows, though nothing can be searched for."""
    request = AddSearchAttributesRequest(namespace=environment.client.namespace)
    for name in SEARCH_ATTRIBUTES:
        request.search_attributes[name] = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    await environment.client.operator_service.add_search_attributes(request)
