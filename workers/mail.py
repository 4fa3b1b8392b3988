"""The part of a carrier worker that sends mails: the relay is one more outside party."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker

from activities.send_mail import MailActivities
from gateways.mail.client import MailClient
from services.database import Database
from services.secret_box import SecretBox
from workers.settings import Settings
from workflows.mail_delivery import MailDeliveryWorkflow
from workflows.task_queues import MAIL

# Relays count connections; mails are few.
MAILS_AT_ONCE = 10


def mail_workers(
    client: Client, database: Database, settings: Settings, grace: timedelta = timedelta(seconds=30)
) -> list[Worker]:
    """Return the worker of the mails, none without ``SMTP_URL``: they wait in the outbox then."""
    if not settings.smtp_url:
        return []
    settings.need_encryption_key()
    relay = MailClient(settings.smtp_url.get_secret_value(), settings.mail_from)
    box = SecretBox(settings.encryption_key.get_secret_value())
    activities = MailActivities(database, relay, box, settings.portal_url)
    return [
        Worker(
            client,
            task_queue=MAIL,
            workflows=[MailDeliveryWorkflow],
            activities=[activities.send_mail],
            graceful_shutdown_timeout=grace,
            max_concurrent_activities=MAILS_AT_ONCE,
            max_cached_workflows=100,
            workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(maximum=2),
            activity_task_poller_behavior=PollerBehaviorSimpleMaximum(maximum=2),
        )
    ]
