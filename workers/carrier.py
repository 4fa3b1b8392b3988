"""The carrier worker: the links to the carriers and the activities that use them."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker

from activities.check_number_recycling import RecyclingActivities
from activities.signs_of_life import SignsOfLife
from activities.start_second_messages import SecondMessageStarter
from activities.submit_rcs import RcsActivities
from activities.submit_sms import SmsActivities
from activities.submitting import SubmitRecorder
from domain.carriers import CARRIERS_OF_CHANNEL, Carrier, Channel
from gateways.maap.client import MaapClient
from gateways.number_recycling.client import NumberRecyclingClient
from gateways.smpp.link import SmppLink
from gateways.smpp.profiles import PROFILES
from services.database import Database
from workers.health import health_server
from workers.mail import mail_workers
from workers.run_until_stopped import run_until_stopped
from workers.settings import Settings
from workers.temporal_connection import connect_to_temporal, set_queue_rate
from workflows.client import DeliveryClient
from workflows.inbound_inbox import InboundInbox
from workflows.receipt_inbox import ReceiptInbox
from workflows.task_queues import NUMBER_RECYCLING, carrier_queue

log = structlog.get_logger(__name__)

# Calls in progress per link and process; more would only wait for the link's window.
CALLS_PER_LINK = 50

# A fixed number: while pollers were scaled up and down, tasks were now and then lost on their way here,
# and a submit then waits until the server notices.
POLLERS_PER_LINK = 4


class CarrierLinks:
    """The links this process is configured for."""

    def __init__(self, settings: Settings, inbox: ReceiptInbox, inbound: InboundInbox) -> None:
        self.sms = {
            carrier: SmppLink(PROFILES[carrier], url, inbox.receive, on_inbound=inbound.receive)
            for carrier in CARRIERS_OF_CHANNEL[Channel.SMS]
            if (url := settings.link_url(Channel.SMS, carrier))
        }
        self.rcs = {
            carrier: MaapClient(carrier, url)
            for carrier in CARRIERS_OF_CHANNEL[Channel.RCS]
            if (url := settings.link_url(Channel.RCS, carrier))
        }
        directory = settings.number_recycling_url
        self.recycling = NumberRecyclingClient(directory.get_secret_value()) if directory else None

    async def start(self) -> None:
        """Begin to bind; links come up, and come back, by themselves."""
        for link in self.sms.values():
            await link.start()

    async def stop(self) -> None:
        """Finish what is open and close."""
        for link in self.sms.values():
            await link.stop(grace_s=3.0)
        for client in self.rcs.values():
            await client.close()
        if self.recycling is not None:
            await self.recycling.close()


def carrier_workers(
    client: Client,
    database: Database,
    links: CarrierLinks,
    grace: timedelta = timedelta(seconds=30),
) -> list[Worker]:
    """Return one worker per link; its queue carries carrier calls only, so that its rate is the link's."""
    recorder = SubmitRecorder(database)
    sms = SmsActivities(recorder, links.sms)
    rcs = RcsActivities(database, recorder, links.rcs)
    served: list[tuple[str, list[Callable[..., Any]]]] = [
        (carrier_queue(Channel.SMS, carrier), [sms.submit_sms]) for carrier in links.sms
    ]
    served += [
        (carrier_queue(Channel.RCS, carrier), [rcs.submit_rcs, rcs.revoke_rcs]) for carrier in links.rcs
    ]
    if links.recycling is not None:
        checks = RecyclingActivities(database, links.recycling)
        served.append((NUMBER_RECYCLING, [checks.check_number_recycling]))
    return [_worker(client, queue, activities, grace) for queue, activities in served]


def _worker(
    client: Client, task_queue: str, activities: Sequence[Callable[..., Any]], grace: timedelta
) -> Worker:
    return Worker(
        client,
        task_queue=task_queue,
        activities=activities,
        interceptors=[SignsOfLife()],
        graceful_shutdown_timeout=grace,
        max_concurrent_activities=CALLS_PER_LINK,
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(maximum=POLLERS_PER_LINK),
    )


async def set_link_rates(client: Client, settings: Settings, links: CarrierLinks) -> None:
    """Set each link's contract rate on its queue; the last process to start sets the same again."""
    queues: list[tuple[Channel, Carrier]] = [(Channel.SMS, carrier) for carrier in links.sms]
    queues += [(Channel.RCS, carrier) for carrier in links.rcs]
    for channel, carrier in queues:
        await set_queue_rate(client, carrier_queue(channel, carrier), settings.link_rate(channel))
    if links.recycling is not None:
        await set_queue_rate(client, NUMBER_RECYCLING, settings.number_recycling_rate)


async def run_carrier_worker(settings: Settings) -> None:
    """Run until SIGTERM: first the activities end, then the links close."""
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
    client = await connect_to_temporal(settings)
    delivery = DeliveryClient(client)
    inbox = ReceiptInbox(database, delivery)
    inbound = InboundInbox(
        database, SecondMessageStarter(database, delivery.start_delivery, settings.waiting)
    )
    links = CarrierLinks(settings, inbox, inbound)
    await links.start()
    await set_link_rates(client, settings, links)
    async with health_server(settings.worker_health_host, settings.worker_health_port, database.is_reachable):
        try:
            workers = carrier_workers(client, database, links, settings.worker_grace)
            workers += mail_workers(client, database, settings, settings.worker_grace)
            await run_until_stopped(workers)
        finally:
            await links.stop()
            await inbox.close()
            await inbound.close()
    await database.close()
