"""The message worker: campaigns and messages, their database steps, and the sweeps."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, UnsandboxedWorkflowRunner, Worker

from activities.close_message import ClosingActivities
from activities.run_campaign import CampaignActivities
from activities.start_second_messages import SecondMessageStarter
from services.database import Database, JobsDatabase
from workers.delivery_metrics import measure_deliveries
from workers.health import health_server
from workers.log_keeper import LogKeeper
from workers.run_until_stopped import run_until_stopped
from workers.settings import Settings
from workers.temporal_connection import connect_to_temporal
from workflows.campaign import CampaignWorkflow
from workflows.client import DeliveryClient
from workflows.mending import WorkflowMender
from workflows.message_delivery import MessageDeliveryWorkflow
from workflows.receipt_inbox import ReceiptInbox
from workflows.sweeper import Sweeper
from workflows.task_queues import CAMPAIGNS, MESSAGES


def message_workers(
    client: Client, database: Database, settings: Settings, starter: SecondMessageStarter
) -> list[Worker]:
    """Return the workers for campaigns and for messages; each has a queue of its own."""
    start = DeliveryClient(client).start_delivery
    lead = timedelta(seconds=settings.freeze_lead_seconds)
    campaigns = CampaignActivities(database, start, settings.waiting, freeze_lead=lead)
    return [
        Worker(
            client,
            task_queue=CAMPAIGNS,
            workflows=[CampaignWorkflow],
            activities=[
                campaigns.load_campaign_schedule,
                campaigns.freeze_campaign_recipients,
                campaigns.begin_campaign,
                campaigns.feed_messages,
            ],
            # The workflows are small and covered by tests in the sandbox; without it they cost a third.
            workflow_runner=UnsandboxedWorkflowRunner(),
            graceful_shutdown_timeout=settings.worker_grace,
            # A feed waits most of its life: this many campaigns are fed at a time by one process.
            max_concurrent_activities=200,
        ),
        Worker(
            client,
            task_queue=MESSAGES,
            workflows=[MessageDeliveryWorkflow],
            activities=[ClosingActivities(database, starter).close_message],
            workflow_runner=UnsandboxedWorkflowRunner(),
            graceful_shutdown_timeout=settings.worker_grace,
            no_remote_activities=True,
            max_concurrent_local_activities=200,
            max_cached_workflows=5_000,
            workflow_task_poller_behavior=PollerBehaviorAutoscaling(minimum=1, initial=4, maximum=10),
        ),
    ]


async def run_message_worker(settings: Settings) -> None:
    """Run until SIGTERM."""
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
    jobs_database = JobsDatabase(settings.jobs_database, pool_size=3)
    client = await connect_to_temporal(settings)
    delivery = DeliveryClient(client)
    inbox = ReceiptInbox(database, delivery)
    starter = SecondMessageStarter(database, delivery.start_delivery, settings.waiting)
    freeze_lead = timedelta(seconds=settings.freeze_lead_seconds)
    mender = WorkflowMender(jobs_database, delivery, settings.waiting)
    sweeper = Sweeper(jobs_database, delivery, inbox, starter, mender, freeze_lead=freeze_lead)
    async with health_server(
        settings.worker_health_host,
        settings.worker_health_port,
        database.is_reachable,
        towards=settings.worker_health_towards,
    ):
        await run_until_stopped(
            message_workers(client, database, settings, starter),
            [
                sweeper.run(settings.sweep_every_seconds),
                LogKeeper(jobs_database).run(),
                measure_deliveries(jobs_database),
            ],
        )
    await starter.close()
    await jobs_database.close()
    await database.close()
