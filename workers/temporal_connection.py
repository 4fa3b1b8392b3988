"""The connection to Temporal, and the rate limits of the queues."""

import asyncio

import structlog
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.workflowservice.v1 import UpdateTaskQueueConfigRequest
from temporalio.client import Client
from temporalio.service import GrpcCompression

from workers.settings import Settings
from workflows.failures import DATA_CONVERTER

log = structlog.get_logger(__name__)


async def connect_to_temporal(settings: Settings, *, wait: bool = True) -> Client:
    """Return a client. ``wait``: keep trying while Temporal is down; else connect at the first call."""
    while True:
        try:
            return await Client.connect(
                settings.temporal_address,
                namespace=settings.temporal_namespace,
                data_converter=DATA_CONVERTER,
                # Client and server share a machine or a LAN: compressing costs more than it saves.
                grpc_compression=GrpcCompression.NONE,
                lazy=not wait,
            )
        except RuntimeError:
            log.warning("temporal_unreachable", address=settings.temporal_address)
            await asyncio.sleep(1)


async def set_queue_rate(client: Client, task_queue: str, per_second: float) -> None:
    """Set how many activities a second the whole queue hands out, whatever number of workers polls it."""
    request = UpdateTaskQueueConfigRequest(
        namespace=client.namespace,
        identity=client.identity,
        task_queue=task_queue,
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )
    request.update_queue_rate_limit.rate_limit.requests_per_second = per_second
    request.update_queue_rate_limit.reason = "rate of the link's contract"
    await client.workflow_service.update_task_queue_config(request)
