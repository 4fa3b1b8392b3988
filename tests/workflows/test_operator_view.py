"""What an operator sees in the Temporal UI without reading code, and what nobody may see there (I10)."""

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client

from domain.messages import ChannelPlan
from tests.workflows.fakes import CAMPAIGN, COMPANY, SILENT, FakeWorld
from tests.workflows.lab import Lab
from tests.workflows.scenarios import CAMPAIGNS, MESSAGES, Finished, id_of
from workflows.client import campaign_workflow_id, message_workflow_id


@pytest.mark.parametrize("name", MESSAGES)
def test_carrier_calls_share_the_link_between_companies(name: str, finished: Mapping[str, Finished]) -> None:
    """Decision 0007: priority and the company as fairness key on every carrier activity."""
    calls = _carrier_calls(finished[name])
    assert calls
    assert {call.priority.fairness_key for call in calls} == {str(COMPANY)}
    assert {call.priority.priority_key for call in calls} == {3}


@pytest.mark.parametrize("name", MESSAGES)
def test_carrier_calls_wait_for_their_turn_as_long_as_it_takes(
    name: str, finished: Mapping[str, Finished]
) -> None:
    """Decision 0007: a backlog of hours is normal; only the call itself has a limit."""
    for call in _carrier_calls(finished[name]):
        assert call.schedule_to_start_timeout.ToSeconds() == 0
        assert call.schedule_to_close_timeout.ToSeconds() == 0
        assert call.start_to_close_timeout.ToSeconds() == 120
        assert call.retry_policy.maximum_attempts == 0


@pytest.mark.parametrize("name", [*MESSAGES, *CAMPAIGNS])
def test_every_activity_and_timer_says_what_it_is(name: str, finished: Mapping[str, Finished]) -> None:
    for event in finished[name].history.events:
        kinds = ("activity_task_scheduled_event_attributes", "timer_started_event_attributes")
        if any(event.HasField(kind) for kind in kinds):  # type: ignore[arg-type]
            assert event.user_metadata.HasField("summary")


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize(
    ("name", "state", "carrier"),
    [
        ("sms_delivered", "delivered", "docomo"),
        ("wrong_carriers", "delivered", "rakuten"),
        ("rcs_expired", "expired", "docomo"),
        ("cancelled", "cancelled", "docomo"),
    ],
)
async def test_an_ended_message_is_found_by_its_attributes(
    temporal_client: Client, name: str, state: str, carrier: str
) -> None:
    handle = temporal_client.get_workflow_handle(message_workflow_id(id_of(name)))
    description = await handle.describe()
    found = {pair.key.name: pair.value for pair in description.typed_search_attributes}
    assert found["MessageState"] == state
    assert found["Carrier"] == carrier
    assert (found["CompanyId"], found["CampaignId"]) == (str(COMPANY), str(CAMPAIGN))


@pytest.mark.usefixtures("finished")
async def test_the_summary_names_the_plan(temporal_client: Client) -> None:
    message = temporal_client.get_workflow_handle(message_workflow_id(id_of("sms_fallback")))
    assert await (await message.describe()).static_summary() == "+メッセージ → SMSフォールバック"
    campaign = temporal_client.get_workflow_handle(campaign_workflow_id(id_of("campaign_immediate")))
    assert await (await campaign.describe()).static_summary() == "案件の配信"


async def test_a_waiting_message_says_for_what(temporal_client: Client) -> None:
    """The current details, in the operator's words."""
    lab = Lab(temporal_client, FakeWorld(), skips_time=False)
    lab.world.sms(docomo=SILENT)
    async with lab.workers():
        handle = await lab.start(lab.order(ChannelPlan.SMS, message_id=uuid4()))
        await lab.timer_runs(handle)
        metadata: Any = await handle.query("__temporal_workflow_metadata")
        await handle.terminate()
    assert "docomo の到達通知(sms)を待機中" in str(metadata)


@pytest.mark.parametrize("name", [*MESSAGES, *CAMPAIGNS])
def test_payloads_hold_ids_and_flags_only(name: str, finished: Mapping[str, Finished]) -> None:
    """I10: nothing that looks like a number of a person, in whatever notation."""

    encoded = re.findall(r'"data": ?"([^"]*)"', finished[name].history.to_json())
    text = " ".join(b64decode(data).decode() for data in encoded)
    assert str(COMPANY) in text
    assert not re.search(r"(?<![0-9a-f.-])(0[6-9]0\d{8}|\+?81[6-9]0\d{8})(?!\d)", text)


def _carrier_calls(scenario: Finished) -> list[Any]:
    return [
        event.activity_task_scheduled_event_attributes
        for event in scenario.history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
