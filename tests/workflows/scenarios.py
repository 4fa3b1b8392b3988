"""The typical lives of messages and campaigns, run on the real server with fakes around them.

What they leave behind is the measure of three tests: the stored histories still replay, the commands are
still the same, the cost is still within the budget. Nothing here depends on how fast the machine is:
receipts come when the workflow waits for them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from temporalio.client import Client, WorkflowHandle, WorkflowHistory

from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier, Channel
from domain.delivery import ReceiptNotice, WaitingTimes
from domain.messages import ChannelPlan
from tests.workflows.fake_campaign import FakeCampaign, server_time
from tests.workflows.fakes import SILENT, WRONG, FakeWorld
from tests.workflows.lab import Lab
from workflows.message_delivery import MessageDeliveryWorkflow

SECOND = timedelta(seconds=1)

Handle = WorkflowHandle[Any, Any]
Act = Callable[[Lab, Handle], Awaitable[None]]


@dataclass(frozen=True)
class Finished:
    """A workflow that has ended: its history, and what it cost the server."""

    history: WorkflowHistory
    transitions: int

    @property
    def events(self) -> int:
        """How many events its history has."""
        return len(self.history.events)


@dataclass(frozen=True)
class MessageScenario:
    """What carriers answer, and what happens while the message waits."""

    plan: ChannelPlan
    script: Callable[[FakeWorld], None]
    acts: tuple[Act, ...] = ()
    waiting: WaitingTimes = field(default_factory=WaitingTimes)


def reports(state: ReceiptState, channel: Channel, carrier: Carrier, *, at_timer: int = 1) -> Act:
    """The carrier reports while the workflow's ``at_timer``th timer runs."""

    async def act(lab: Lab, handle: Handle) -> None:
        await lab.timer_runs(handle, at_timer)
        notice = ReceiptNotice(channel, carrier, state)
        await handle.signal(MessageDeliveryWorkflow.receive_receipt, notice)

    return act


async def cancels(lab: Lab, handle: Handle) -> None:
    """The company cancels while the message waits."""
    await lab.timer_runs(handle)
    await handle.signal(MessageDeliveryWorkflow.cancel)


def _wrong_carriers(world: FakeWorld) -> None:
    world.sms(docomo=WRONG, au=SILENT, softbank=WRONG, rakuten=SILENT)


def _docomo(world: FakeWorld) -> None:
    world.rcs(docomo=SILENT)
    world.sms(docomo=SILENT)


_DELIVERED = ReceiptState.DELIVERED
_BRIEF = WaitingTimes(fallback_after=1, expires_after=60)

MESSAGES: dict[str, MessageScenario] = {
    "sms_delivered": MessageScenario(
        ChannelPlan.SMS, _docomo, (reports(_DELIVERED, Channel.SMS, Carrier.DOCOMO),)
    ),
    "rcs_delivered": MessageScenario(
        ChannelPlan.RCS_WITH_SMS_FALLBACK, _docomo, (reports(_DELIVERED, Channel.RCS, Carrier.DOCOMO),)
    ),
    "sms_fallback": MessageScenario(
        ChannelPlan.RCS_WITH_SMS_FALLBACK,
        _docomo,
        (reports(_DELIVERED, Channel.SMS, Carrier.DOCOMO, at_timer=2),),
        _BRIEF,
    ),
    "rcs_expired": MessageScenario(ChannelPlan.RCS, _docomo, waiting=WaitingTimes(expires_after=1)),
    "wrong_carriers": MessageScenario(
        ChannelPlan.SMS,
        _wrong_carriers,
        (
            reports(ReceiptState.WRONG_CARRIER, Channel.SMS, Carrier.AU),
            reports(_DELIVERED, Channel.SMS, Carrier.RAKUTEN, at_timer=2),
        ),
    ),
    "cancelled": MessageScenario(ChannelPlan.RCS_WITH_SMS_FALLBACK, _docomo, (cancels,)),
}

CAMPAIGNS = ("campaign_immediate", "campaign_scheduled")

NAMES = (*MESSAGES, *CAMPAIGNS)


def id_of(name: str) -> UUID:
    """The message's or campaign's id: the same in every recording."""
    return uuid5(NAMESPACE_OID, name)


async def run_scenario(client: Client, name: str) -> Finished:
    """Run one scenario on the real server."""
    lab = Lab(client, FakeWorld(), skips_time=False)
    handle = await (_run_campaign(lab, name) if name in CAMPAIGNS else _run_message(lab, name))
    description = await handle.describe()
    info = description.raw_description.workflow_execution_info
    return Finished(await handle.fetch_history(), info.state_transition_count)


async def _run_message(lab: Lab, name: str) -> Handle:
    scenario = MESSAGES[name]
    scenario.script(lab.world)
    async with lab.workers():
        order = lab.order(scenario.plan, message_id=id_of(name), waiting=scenario.waiting)
        handle = await lab.start(order)
        for act in scenario.acts:
            await act(lab, handle)
        await lab.within(handle.result())
    return handle


async def _run_campaign(lab: Lab, name: str) -> Handle:
    now = await server_time(lab.client)
    campaign = FakeCampaign(lab.client, registered_at=now, feeds=2, campaign_id=id_of(name))
    if name == "campaign_immediate":
        campaign.is_frozen = True
    else:
        campaign.send_at, campaign.freeze_lead = now + timedelta(hours=1), SECOND
    async with campaign.worker():
        handle = await campaign.start()
        if campaign.send_at:
            await lab.timer_runs(handle)
            now = await server_time(lab.client)
            campaign.edit(send_at=now + 2 * SECOND, registered_at=now)
            await campaign.announce()
        await lab.within(handle.result())
    return handle
