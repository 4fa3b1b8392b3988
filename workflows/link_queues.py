"""The links' task queues: their rate, set to what is wanted, and how much waits in them."""

import asyncio
import math
from dataclasses import dataclass
from datetime import timedelta

import structlog
from temporalio.api.enums.v1 import TaskQueueKind, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeTaskQueueResponse,
    UpdateTaskQueueConfigRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from domain.links import Link
from services.database import NO_COMPANY, Database
from services.links import WantedLink, note_applied, wanted_link, wanted_links

log = structlog.get_logger(__name__)

# A page must not hang on a Temporal that is down, nor a row stay locked.
_PATIENCE = timedelta(seconds=2)
# A client that has never connected says so with a RuntimeError.
_AWAY = (RPCError, RuntimeError)


@dataclass(frozen=True, slots=True)
class QueueState:
    """``waiting``: calls that wait in the queue, as Temporal estimates. ``rate``: what the queue was told,
    calls per second, ``None`` if nothing."""

    waiting: int
    rate: float | None


class LinkQueues:
    """Speaks to Temporal about the links' queues."""

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database

    async def apply(self, link: Link) -> bool:
        """Tell a link's queue what is wanted of it; whether it was told.

        Never raises when Temporal is down: the wish is on record, and the carrier workers come back to it.
        """
        try:
            async with self._database.transaction(NO_COMPANY) as session:
                wanted = await wanted_link(session, link, to_apply=True)
                reason = "stopped by an operator" if wanted.is_stopped else "rate of the link's contract"
                await set_queue_rate(self._client, link, wanted.rate, reason)
                await note_applied(session, link, wanted.rate)
        except _AWAY as error:
            log.warning("link_rate_delayed", link=link.value, failure=type(error).__name__)
            return False
        log.info("link_rate_applied", link=link.value, rate=wanted.rate)
        return True

    async def apply_differences(self, links: frozenset[Link], *, look: bool = False) -> None:
        """Tell the queues of ``links`` whose last told rate is not what is wanted.

        ``look``: ask Temporal what it was told, and trust that instead of our record: somebody may have used
        its command line, or Temporal may have been restored.
        """
        async with self._database.transaction(NO_COMPANY) as session:
            wanted = [want for want in await wanted_links(session) if want.link in links]
        for want in wanted:
            if not want.is_applied or (look and await self._differs(want)):
                await self.apply(want.link)

    async def states(self) -> dict[Link, QueueState]:
        """Return the queues' states; a link Temporal does not answer for is missing."""
        found = await asyncio.gather(*(self._state(link) for link in Link))
        return {link: state for link, state in zip(Link, found, strict=True) if state is not None}

    async def _state(self, link: Link) -> QueueState | None:
        try:
            answer = await self._describe(link)
        except _AWAY:
            return None
        return QueueState(answer.stats.approximate_backlog_count, _told_rate(answer))

    async def _differs(self, want: WantedLink) -> bool:
        state = await self._state(want.link)
        if state is None or (state.rate is not None and math.isclose(state.rate, want.rate, rel_tol=1e-3)):
            return False
        log.warning("link_rate_was_changed", link=want.link.value, found=state.rate, wanted=want.rate)
        return True

    async def _describe(self, link: Link) -> DescribeTaskQueueResponse:
        return await self._client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=self._client.namespace,
                task_queue=TaskQueue(name=link.value, kind=TaskQueueKind.TASK_QUEUE_KIND_NORMAL),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
                report_stats=True,
                report_config=True,
            ),
            timeout=_PATIENCE,
        )


async def set_queue_rate(client: Client, link: Link, per_second: float, reason: str) -> None:
    """Set how many calls a second a link's whole queue hands out, whatever number of workers polls it."""
    request = UpdateTaskQueueConfigRequest(
        namespace=client.namespace,
        identity=client.identity,
        task_queue=link.value,
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )
    request.update_queue_rate_limit.rate_limit.requests_per_second = per_second
    request.update_queue_rate_limit.reason = reason
    await client.workflow_service.update_task_queue_config(request, timeout=_PATIENCE)


def _told_rate(answer: DescribeTaskQueueResponse) -> float | None:
    limit = answer.config.queue_rate_limit
    return limit.rate_limit.requests_per_second if limit.HasField("rate_limit") else None
