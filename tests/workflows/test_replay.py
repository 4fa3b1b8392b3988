"""Messages in flight survive a release: what ran under older code replays under today's."""

import re
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from domain.carrier_exchange import RecyclingOutcome
from domain.messages import ChannelPlan, MessageStatus
from tests.workflows.fakes import SILENT, delivered
from tests.workflows.lab import Lab
from tests.workflows.record_histories import FOLDER
from tests.workflows.scenarios import NAMES
from workflows.campaign import CampaignWorkflow
from workflows.message_delivery import MessageDeliveryWorkflow

STORED = sorted(FOLDER.glob("*.json"))


def test_every_scenario_is_stored() -> None:
    assert set(NAMES) <= {path.stem for path in STORED}, "Run: python -m tests.workflows.record_histories"


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_stored_history_replays(path: Path) -> None:
    """Else a worker of today could not go on with a message of yesterday.

    Put the change behind ``workflow.patched``; what to do with the files: ``record_histories.py``.
    """
    history = WorkflowHistory.from_json(path.stem, _text(path))
    replayer = Replayer(workflows=[MessageDeliveryWorkflow, CampaignWorkflow])
    await replayer.replay_workflow(history)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_stored_history_tells_nothing_about_the_machine(path: Path) -> None:
    """They are public with the code: no paths, hosts or process ids."""
    assert not re.search(r"/(work|root|home|usr|tmp)/|\d+@", _text(path))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


async def test_replays_at_every_step_when_nothing_is_cached(lab: Lab) -> None:
    """Each workflow task begins from the start of the history, as after the loss of a worker."""
    lab.world.rcs(docomo=SILENT)
    lab.world.sms(docomo=delivered())
    lab.world.recycling = RecyclingOutcome.NOT_RECYCLED
    async with lab.workers(max_cached_workflows=0):
        order = lab.order(ChannelPlan.RCS_WITH_SMS_FALLBACK, checks_recycling=True)
        handle = await lab.start(order)
        closing = await lab.within(handle.result())
    assert closing.status is MessageStatus.DELIVERED
    assert len(lab.world.calls) == 4
    assert not any(
        event.HasField("workflow_task_failed_event_attributes")
        for event in (await handle.fetch_history()).events
    )
