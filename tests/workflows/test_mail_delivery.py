"""A mail's workflow: again and again under one id until the relay takes it (C-2)."""

import asyncio
from dataclasses import dataclass, field
from uuid import uuid4

from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHistory
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from domain.mails import MailOrder, MailState
from tests.workflows.lab import Lab
from workflows.client import DeliveryClient, mail_workflow_id
from workflows.mail_delivery import MailDeliveryWorkflow
from workflows.task_queues import MAIL


@dataclass
class FlakyRelay:
    """Fails so often, then takes the mail."""

    failures: int
    orders: list[MailOrder] = field(default_factory=list)

    @activity.defn(name="send_mail")
    async def send_mail(self, order: MailOrder) -> MailState | None:
        self.orders.append(order)
        if len(self.orders) <= self.failures:
            raise ApplicationError("mail not taken", type="451")
        return MailState.SENT


def worker(client: Client, relay: FlakyRelay) -> Worker:
    return Worker(client, task_queue=MAIL, workflows=[MailDeliveryWorkflow], activities=[relay.send_mail])


async def test_a_relay_that_is_away_for_minutes_gets_the_mail_in_the_end(lab: Lab) -> None:
    """The same row each time, so the same Message-ID: see the gateway's tests."""
    relay, order = FlakyRelay(failures=6), MailOrder(uuid4(), uuid4())
    async with worker(lab.client, relay):
        assert await DeliveryClient(lab.client).start_mail(order)
        handle = lab.client.get_workflow_handle(mail_workflow_id(order.mail_id), result_type=MailState)
        assert await lab.within(handle.result()) is MailState.SENT
    assert relay.orders == [order] * 7


async def test_started_twice_it_runs_once_and_tells_temporal_ids_only(temporal_client: Client) -> None:
    """The page and the sweep may both start it; no address, no text in its history."""
    relay, order = FlakyRelay(failures=0), MailOrder(uuid4(), uuid4())
    delivery = DeliveryClient(temporal_client)
    assert await delivery.start_mail(order)
    assert await delivery.start_mail(order)
    async with worker(temporal_client, relay), asyncio.timeout(30):
        handle = temporal_client.get_workflow_handle(mail_workflow_id(order.mail_id))
        await handle.result()
    assert relay.orders == [order]
    history = await handle.fetch_history()
    assert "@" not in input_of(history)


def input_of(history: WorkflowHistory) -> str:
    """What was handed to the workflow and its activity."""
    payloads: list[Payload] = []
    for event in history.events:
        payloads += event.workflow_execution_started_event_attributes.input.payloads
        payloads += event.activity_task_scheduled_event_attributes.input.payloads
        payloads += event.activity_task_completed_event_attributes.result.payloads
    assert payloads
    return b"".join(payload.data for payload in payloads).decode()
