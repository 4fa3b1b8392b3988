"""``python -m benchmarks.bare_message``: starts messages and runs them, as the message worker does."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import uvloop

from activities.run_campaign import PAGE_SIZE
from benchmarks.bare_steps import Finish, bare_message_worker, bare_settings
from domain.carriers import CARRIERS_OF_CHANNEL, Carrier, Channel, carrier_order
from domain.delivery import DeliveryOrder
from domain.messages import ChannelPlan
from workers.graceful_exit import exit_now
from workers.temporal_connection import connect_to_temporal
from workflows.client import DeliveryClient

STALLED_SECONDS = 60.0


def orders(plan: ChannelPlan, messages: int) -> Iterator[DeliveryOrder]:
    """Yield orders as large as the product's: one carrier after the other is guessed first."""
    company_id, campaign_id = uuid4(), uuid4()
    channel = Channel.RCS if plan.starts_with_rcs else Channel.SMS
    carriers: tuple[Carrier, ...] = CARRIERS_OF_CHANNEL[channel]
    for index in range(messages):
        yield DeliveryOrder(
            company_id=company_id,
            campaign_id=campaign_id,
            message_id=_id_in_order(index),
            plan=plan,
            carriers=carrier_order([carriers[index % len(carriers)]]),
            not_before=datetime.now(UTC),
            waiting=bare_settings("").waiting,
        )


def _id_in_order(index: int) -> UUID:
    """Like the database's version 7: later ones sort later, which is what an index on disk feels."""
    milliseconds = int((datetime.now(UTC) + timedelta(milliseconds=index)).timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | uuid4().int & ((1 << 76) - 1))


async def run(address: str, plan: ChannelPlan, messages: int) -> dict[str, float]:
    """Return messages per second, from the first start to the last end, and this process's CPU time."""
    settings = bare_settings(address)
    client = await connect_to_temporal(settings)
    finish = Finish(messages)
    delivery = DeliveryClient(client)
    async with bare_message_worker(client, settings, finish):
        began, cpu = datetime.now(UTC), time.process_time()
        waiting = list(orders(plan, messages))
        for first in range(0, messages, PAGE_SIZE):
            page = waiting[first : first + PAGE_SIZE]
            await asyncio.gather(*(delivery.start_delivery(order) for order in page))
        await _all_ended(finish)
        # What follows is the worker's farewell.
        cpu = time.process_time() - cpu
    ended = finish.last_at or began
    return {
        "messages_per_second": messages / (ended - began).total_seconds(),
        "cpu_ms_per_message": cpu * 1000 / messages,
    }


async def _all_ended(finish: Finish) -> None:
    while not finish.all_ended.is_set():
        before = finish.ended
        try:
            await asyncio.wait_for(finish.all_ended.wait(), STALLED_SECONDS)
        except TimeoutError:
            if finish.ended == before:
                raise TimeoutError(f"only {before} messages have ended, and nothing moves") from None


def main() -> None:
    """Print the result as one line of JSON."""
    address, plan, messages = sys.argv[1:]
    print(json.dumps(uvloop.run(run(address, ChannelPlan(plan), int(messages)))))
    exit_now(0)


if __name__ == "__main__":
    main()
