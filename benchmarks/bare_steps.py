"""The steps of a message with nothing in them, and the product's own workers around them.

The workers come from ``workers.message`` and ``workers.carrier``, so their options are always those of the
product; only the classes that hold the activities are exchanged.
"""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

from pydantic import SecretStr
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

import workers.carrier
import workers.message
from activities.start_second_messages import SecondMessageStarter
from benchmarks.stack import LINK_RATE
from domain.carrier_exchange import ReceiptState, RevokeOutcome
from domain.carriers import CARRIERS_OF_CHANNEL, Channel
from domain.delivery import (
    MessageClosing,
    ReceiptNotice,
    RevokeOrder,
    Submission,
    SubmissionOutcome,
    SubmitOrder,
)
from domain.links import link_of
from services.database import Database
from workers.settings import Settings
from workflows.client import DeliveryClient
from workflows.link_queues import set_queue_rate
from workflows.task_queues import MESSAGES

# As the simulator's handsets: nothing else in the run waits.
RECEIPT_AFTER = (0.1, 0.8)


def bare_settings(address: str) -> Settings:
    """Settings of the product, without a database and without carriers."""
    return Settings(
        database_url=SecretStr("postgresql://nobody@127.0.0.1:1/nothing"),
        temporal_address=address,
        sms_rate=LINK_RATE,
        rcs_rate=LINK_RATE,
    )


class Finish:
    """Counts the messages that have ended."""

    def __init__(self, expected: int) -> None:
        self.last_at: datetime | None = None
        self.all_ended = asyncio.Event()
        self._ended: set[object] = set()
        self._expected = expected

    def note(self, closing: MessageClosing) -> None:
        """One more; the same twice counts once."""
        self._ended.add(closing.message_id)
        self.last_at = datetime.now(UTC)
        if len(self._ended) == self._expected:
            self.all_ended.set()

    @property
    def ended(self) -> int:
        """How many have ended so far."""
        return len(self._ended)


class BareCarriers:
    """Accepts every submit and reports its delivery a moment later."""

    def __init__(self, delivery: DeliveryClient) -> None:
        self._delivery = delivery
        self._receipts: set[asyncio.Task[None]] = set()

    @activity.defn
    async def submit_sms(self, order: SubmitOrder) -> Submission:
        """Accept."""
        return self._accept(order)

    @activity.defn
    async def submit_rcs(self, order: SubmitOrder) -> Submission:
        """Accept."""
        return self._accept(order)

    @activity.defn
    async def revoke_rcs(self, _order: RevokeOrder) -> RevokeOutcome:
        """Is never called: everything is delivered."""
        return RevokeOutcome.FAILED

    def _accept(self, order: SubmitOrder) -> Submission:
        task = asyncio.create_task(self._report(order))
        self._receipts.add(task)
        task.add_done_callback(self._receipts.discard)
        return Submission(SubmissionOutcome.ACCEPTED, datetime.now(UTC))

    async def _report(self, order: SubmitOrder) -> None:
        await asyncio.sleep(random.uniform(*RECEIPT_AFTER))  # noqa: S311 - no secret
        notice = ReceiptNotice(order.channel, order.carrier, ReceiptState.DELIVERED, None, datetime.now(UTC))
        await self._delivery.signal_receipt(order.message_id, notice)


def bare_message_worker(client: Client, settings: Settings, finish: Finish) -> Worker:
    """Return the product's worker for messages; closing one only counts it."""

    class BareClosing:
        def __init__(self, *_: object) -> None:
            pass

        @activity.defn
        async def close_message(self, closing: MessageClosing) -> None:
            finish.note(closing)

    database = Database(settings.database_url.get_secret_value())  # connects only when used, so never
    starter = SecondMessageStarter(database, DeliveryClient(client).start_delivery, settings.waiting)
    with _exchanged(workers.message, ClosingActivities=BareClosing):
        made = workers.message.message_workers(client, database, settings, starter)
    return next(worker for worker in made if worker.task_queue == MESSAGES)


async def bare_carrier_workers(client: Client, settings: Settings) -> list[Worker]:
    """Return the product's workers for all links, without a link; their queues have their rates."""
    carriers = BareCarriers(DeliveryClient(client))
    links = SimpleNamespace(
        sms=dict.fromkeys(CARRIERS_OF_CHANNEL[Channel.SMS]),
        rcs=dict.fromkeys(CARRIERS_OF_CHANNEL[Channel.RCS]),
        recycling=None,
    )
    like_links = cast("workers.carrier.CarrierLinks", links)
    for channel, carriers_of_channel in CARRIERS_OF_CHANNEL.items():
        for carrier in carriers_of_channel:
            await set_queue_rate(client, link_of(channel, carrier), LINK_RATE, "measurement")

    def bare(*_: object) -> BareCarriers:
        return carriers

    database = Database(settings.database_url.get_secret_value())
    with _exchanged(workers.carrier, SmsActivities=bare, RcsActivities=bare):
        return workers.carrier.carrier_workers(client, database, like_links)


@contextmanager
def _exchanged(module: Any, **replacements: Any) -> Iterator[None]:
    with patch.multiple(module, **replacements):
        yield
