"""Heartbeats of slow carrier calls on a real server."""

import asyncio
import uuid
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

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
