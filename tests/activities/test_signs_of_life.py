"""Heartbeats of slow carrier calls on a real server."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any, cast

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    UnsandboxedWorkflowRunner,
    Worker,
)

from activities.signs_of_life import SignsOfLife


@activity.defn
async def call_a_slow_carrier() -> int:
    """Take longer than the heartbeat timeout; return the number of the try."""
    await asyncio.sleep(2.5)
    return activity.info().attempt


@workflow.defn
class SlowCallWorkflow:
    """Calls the slow carrier."""

    @workflow.run
    async def run(self) -> int:
        """Return the number of the try that succeeded."""
        return await workflow.execute_activity(
            call_a_slow_carrier,
            start_to_close_timeout=timedelta(seconds=20),
            heartbeat_timeout=timedelta(seconds=1),
        )


async def test_a_slow_call_is_not_taken_for_a_dead_worker(temporal_client: Client) -> None:
    """I3: a submit under way is not started a second time."""
    name = f"slow-{uuid.uuid4()}"
    async with Worker(
        temporal_client,
        task_queue=name,
        workflows=[SlowCallWorkflow],
        activities=[call_a_slow_carrier],
        interceptors=[SignsOfLife(every_seconds=0.2)],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        attempt = await temporal_client.execute_workflow(SlowCallWorkflow.run, id=name, task_queue=name)
    assert attempt == 1


class SlowCall(ActivityInboundInterceptor):
    """A carrier call that takes a moment to be answered and recorded."""

    def __init__(self) -> None:
        self.recorded = False

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """Answer and record."""
        await asyncio.sleep(0.2)
        self.recorded = True


async def test_a_call_given_up_by_temporal_is_still_put_on_record() -> None:
    """I4: a worker that slept through its time limit records what the carrier answered, then stops."""
    call = SlowCall()
    interceptor = SignsOfLife().intercept_activity(call)

    async def cancelled_half_way() -> None:
        running = asyncio.ensure_future(interceptor.execute_activity(cast("ExecuteActivityInput", None)))
        await asyncio.sleep(0.05)
        running.cancel()
        await running

    with pytest.raises(asyncio.CancelledError):
        await ActivityEnvironment().run(cancelled_half_way)
    assert call.recorded
