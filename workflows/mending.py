"""Messages and campaigns whose workflow is lost, or cannot go on, begin anew from what is on record.

Nothing is sent twice by that: a repeated submit is answered from its attempt
(``services/submit_attempts.py``).
"""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import TypeVar
from uuid import UUID

import structlog

from activities.metrics import MESSAGES_BEGUN_ANEW, MESSAGES_WITHOUT_WORKFLOW, WORKFLOWS_FAILING
from domain.delivery import DeliveryOrder, WaitingTimes
from services.clock import database_now
from services.contracts import NoValidContract
from services.database import JobsDatabase
from services.open_messages import OpenMessage, load_open, open_messages
from services.second_messages import MessageKey
from services.sweeps import is_only_sweeper
from workflows.client import DeliveryClient

log = structlog.get_logger(__name__)

# Asked about at a time, and of those so many at once: Temporal has messages to deliver besides.
BATCH = 500
AT_ONCE = 20
# As long as some are found, so many batches a round.
BATCHES = 20
# A release needs a moment to be everywhere; and what fails anew is not begun anew at once.
FAILING_FOR = timedelta(minutes=2)

_BEFORE_ALL = UUID(int=0)
Result = TypeVar("Result")


class WorkflowMender:
    """Looks in turn at everything that is open. One round never asks about more than some thousands."""

    def __init__(
        self,
        database: JobsDatabase,
        delivery: DeliveryClient,
        waiting: WaitingTimes,
        *,
        failing_for: timedelta = FAILING_FOR,
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._waiting = waiting
        self._failing_for = failing_for
        self._looked_up_to = _BEFORE_ALL

    async def sweep_lost_workflows(self) -> None:
        """Begin open messages anew that have no running workflow: Temporal's store was lost, or is older.

        Temporal is asked about each before, so what runs is left alone.
        """
        found = 0
        for _ in range(BATCHES):
            lost = await self._next_lost()
            if not lost:
                break
            found += len(lost)
            await self._begin_anew(lost, "lost")
        MESSAGES_WITHOUT_WORKFLOW.set(found)

    async def sweep_failing_workflows(self) -> None:
        """Begin anew what this version's code cannot carry on, as after a roll-back.

        The workflow task of such a workflow fails again and again; it would stand still until the version it
        was begun under comes back.
        """
        async with self._database.transaction() as session:
            if not await is_only_sweeper(session, "failing_workflows"):
                return
            now = await database_now(session)
        WORKFLOWS_FAILING.set(await self._delivery.count_failing())
        failing = await self._delivery.failing(BATCH)
        old = now - self._failing_for
        await self._begin_anew([key for key, began in failing.messages if began < old], "failing")
        campaigns = [key for key, began in failing.campaigns if began < old]
        await bounded(self._delivery.start_campaign(*key, anew=True) for key in campaigns)
        for _, campaign_id in campaigns:
            log.warning("sweep_restarted_campaign", campaign_id=str(campaign_id))

    async def _next_lost(self) -> list[MessageKey]:
        """Return what of the next open messages has no workflow; at their end begin from the start."""
        async with self._database.transaction() as session:
            if not await is_only_sweeper(session, "lost_workflows"):
                return []
            messages = await open_messages(session, self._looked_up_to, BATCH)
        running = await bounded(self._delivery.has_workflow(message_id) for _, message_id in messages)
        self._looked_up_to = messages[-1][1] if len(messages) == BATCH else _BEFORE_ALL
        return [key for key, runs in zip(messages, running, strict=True) if not runs]

    async def _begin_anew(self, messages: Sequence[MessageKey], why: str) -> None:
        replaces = why == "failing"
        for keys in by_company(messages, BATCH):
            try:
                async with self._database.transaction() as session:
                    opened = await load_open(session, keys)
            except NoValidContract:
                log.warning("sweep_cannot_restart", company_id=str(keys[0][0]), messages=len(keys))
                continue
            await bounded(
                self._delivery.start_delivery(self._order(message), anew=True, replaces_running=replaces)
                for message in opened
            )
            MESSAGES_BEGUN_ANEW.labels(why).inc(len(opened))
            for message in opened:
                log.warning("sweep_restarted_message", message_id=str(message.message_id), why=why)

    def _order(self, message: OpenMessage) -> DeliveryOrder:
        return DeliveryOrder(
            company_id=message.company_id,
            campaign_id=message.campaign_id,
            message_id=message.message_id,
            plan=message.plan,
            carriers=message.carriers,
            is_restricted=message.is_restricted,
            not_before=message.slot,
            checks_recycling=message.checks_recycling,
            priority=message.priority,
            waiting=self._waiting,
        )


async def bounded(calls: Iterable[Awaitable[Result]]) -> list[Result]:
    """Make the calls, some at a time, and return their results in order."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def call(awaited: Awaitable[Result]) -> Result:
        async with turns:
            return await awaited

    return await asyncio.gather(*(call(awaited) for awaited in calls))


def by_company(messages: Iterable[MessageKey], most: int) -> Iterator[list[MessageKey]]:
    """Yield the messages company by company, ``most`` at a time: what is held of one holds up no other."""
    for _, of_company in groupby(sorted(messages), key=lambda key: key[0]):
        keys = list(of_company)
        for first in range(0, len(keys), most):
            yield keys[first : first + most]
