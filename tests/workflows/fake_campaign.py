"""A campaign's row and the activities on it, with the server's clock as the database's."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from google.protobuf.empty_pb2 import Empty
from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import Worker

from domain.campaigns import CampaignStatus
from domain.delivery import CampaignOrder, CampaignSchedule, FeedOrder, FeedProgress
from domain.send_times import FREEZE_LEAD, freeze_at
from tests.workflows.fakes import CAMPAIGN, COMPANY
from workflows.campaign import CampaignWorkflow
from workflows.client import DeliveryClient, campaign_workflow_id
from workflows.task_queues import CAMPAIGNS

CLOCK_TOLERANCE = timedelta(milliseconds=5)


@dataclass
class FakeCampaign:
    """``feeds``: how many pages of messages it has. Times are those of the activities on it."""

    client: Client
    registered_at: datetime
    send_at: datetime | None = None
    feeds: int = 1
    is_frozen: bool = False
    status: CampaignStatus = CampaignStatus.REGISTERED
    campaign_id: UUID = CAMPAIGN
    freeze_lead: timedelta = FREEZE_LEAD
    # The start fails this often before the row lets it go (the database's clock a moment behind).
    refused_begins: int = 0
    during_load: Callable[[], Awaitable[None]] | None = None
    during_freeze: Callable[[], Awaitable[None]] | None = None
    log: list[tuple[str, datetime]] = field(default_factory=list)
    orders: list[FeedOrder] = field(default_factory=list)

    @property
    def steps(self) -> list[str]:
        """What was done, loads left out."""
        return [step for step, _ in self.log if step != "load"]

    def times(self, step: str) -> list[datetime]:
        """When a step was done."""
        return [at for name, at in self.log if name == step]

    def edit(self, *, send_at: datetime, registered_at: datetime) -> None:
        """What the portal does to the row: the recipients are to be frozen again."""
        self.send_at, self.registered_at, self.is_frozen = send_at, registered_at, False

    async def start(self) -> WorkflowHandle[CampaignWorkflow, None]:
        """Start as the platform does."""
        await DeliveryClient(self.client).start_campaign(COMPANY, self.campaign_id)
        return self.handle

    @property
    def handle(self) -> WorkflowHandle[CampaignWorkflow, None]:
        """The campaign's workflow."""
        workflow_id = campaign_workflow_id(self.campaign_id)
        return self.client.get_workflow_handle_for(CampaignWorkflow.run, workflow_id)

    async def announce(self) -> None:
        """Tell the workflow that the row has changed."""
        await self.handle.signal(CampaignWorkflow.schedule_changed)

    def worker(self) -> Worker:
        """The campaigns' worker, with the sandbox that production leaves out."""
        return Worker(
            self.client, task_queue=CAMPAIGNS, workflows=[CampaignWorkflow], activities=self.activities
        )

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        return [
            self.load_campaign_schedule,
            self.freeze_campaign_recipients,
            self.begin_campaign,
            self.feed_messages,
        ]

    @activity.defn
    async def load_campaign_schedule(self, order: CampaignOrder) -> CampaignSchedule | None:
        await self._note("load")
        schedule = None
        if self.status is CampaignStatus.REGISTERED:
            schedule = CampaignSchedule(
                freeze_at=freeze_at(self.send_at, self.registered_at, self.freeze_lead),
                send_at=self.send_at or self.registered_at,
                is_frozen=self.is_frozen,
            )
        hook, self.during_load = self.during_load, None
        if hook:
            await hook()
        return schedule

    @activity.defn
    async def freeze_campaign_recipients(self, order: CampaignOrder) -> int:
        await self._note("freeze")
        if self.status is CampaignStatus.REGISTERED:
            self.is_frozen = True
        hook, self.during_freeze = self.during_freeze, None
        if hook:
            await hook()
        return 0

    @activity.defn
    async def begin_campaign(self, order: CampaignOrder) -> bool:
        now = await self._note("begin")
        if self.refused_begins:
            self.refused_begins -= 1
            return False
        is_due = self.send_at is None or self.send_at <= now + CLOCK_TOLERANCE
        if self.status is CampaignStatus.REGISTERED and self.is_frozen and is_due:
            self.status = CampaignStatus.SENDING
        return self.status is CampaignStatus.SENDING

    @activity.defn
    async def feed_messages(self, order: FeedOrder) -> FeedProgress:
        await self._note("feed")
        self.orders.append(order)
        number = len(self.orders)
        return FeedProgress(UUID(int=number), order.limit, finished=number >= self.feeds)

    async def _note(self, step: str) -> datetime:
        now = await server_time(self.client)
        self.log.append((step, now))
        return now


async def server_time(client: Client) -> datetime:
    """Return the server's clock: that of the time-skipping one, or this machine's for the real one."""
    try:
        answer = await client.test_service.get_current_time(Empty())
    except RPCError:
        return datetime.now(UTC)
    return answer.time.ToDatetime(tzinfo=UTC)
