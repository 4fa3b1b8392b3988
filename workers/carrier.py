"""The carrier worker: the links to the carriers and the activities that use them."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from prometheus_client import REGISTRY
from temporalio.client import Client
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker

from activities.check_number_recycling import RecyclingActivities
from activities.signs_of_life import EVERY_SECONDS, SignsOfLife
from activities.start_second_messages import SecondMessageStarter
from activities.submit_rcs import RcsActivities
from activities.submit_sms import SmsActivities
from activities.submitting import SubmitRecorder
from domain.carriers import CARRIERS_OF_CHANNEL, Channel
from domain.link_states import LinkState
from domain.links import Link, link_of
from gateways.maap.client import MaapClient
from gateways.number_recycling.client import NumberRecyclingClient
from gateways.smpp.link import SmppLink
from gateways.smpp.profiles import PROFILES
from services.database import Database
from workers.health import health_server
from workers.link_keeper import LinkKeeper
from workers.link_metrics import LinkCollector
from workers.mail import mail_workers
from workers.run_until_stopped import run_until_stopped
from workers.settings import Settings
from workers.temporal_connection import connect_to_temporal
from workflows.client import DeliveryClient
from workflows.inbound_inbox import InboundInbox
from workflows.link_queues import LinkQueues
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

    def states(self) -> list[LinkState]:
        """The links as this process sees them now."""
        states = [link.state.in_general() for link in self.sms.values()]
        states += [client.state.in_general() for client in self.rcs.values()]
        return states + ([self.recycling.state.in_general()] if self.recycling else [])

    def rates(self, settings: Settings) -> dict[Link, float]:
        """The contract rates the settings name, for links that are not on record yet."""
        rates = {link_of(Channel.SMS, carrier): settings.link_rate(Channel.SMS) for carrier in self.sms}
        rates |= {link_of(Channel.RCS, carrier): settings.link_rate(Channel.RCS) for carrier in self.rcs}
        return rates | ({Link.NUMBER_RECYCLING: settings.number_recycling_rate} if self.recycling else {})

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
        # The default holds signs of life back for most of the time after which they are missed.
        max_heartbeat_throttle_interval=timedelta(seconds=EVERY_SECONDS),
        graceful_shutdown_timeout=grace,
        max_concurrent_activities=CALLS_PER_LINK,
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(maximum=POLLERS_PER_LINK),
    )


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
    keeper = LinkKeeper(database, LinkQueues(client, database), links.states, links.rates(settings))
    REGISTRY.register(LinkCollector(links.states))
    await links.start()
    # Before the first activity: a link that is stopped stays stopped when its worker comes back.
    await keeper.begin()
    async with health_server(
        settings.worker_health_host,
        settings.worker_health_port,
        database.is_reachable,
        towards=settings.worker_health_towards,
    ):
        try:
            workers = carrier_workers(client, database, links, settings.worker_grace)
            workers += mail_workers(client, database, settings, settings.worker_grace)
            await run_until_stopped(workers, [keeper.run()])
        finally:
            await keeper.leave()
            await links.stop()
            await inbox.close()
            await inbound.close()
    await database.close()
