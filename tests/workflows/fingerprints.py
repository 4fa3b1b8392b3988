"""What a workflow told the server to do, read off its history: what a replay must tell it again."""

import json
from collections.abc import Iterator
from pathlib import Path

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

STORED = Path(__file__).with_name("fingerprints.json")

_ENDINGS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: "complete",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: "fail",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: "continue as new",
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: "upsert search attributes",
    EventType.EVENT_TYPE_TIMER_STARTED: "start timer",
    EventType.EVENT_TYPE_TIMER_CANCELED: "cancel timer",
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED: "cancel activity",
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: "start child workflow",
    EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED: "signal another workflow",
}


def fingerprint(history: WorkflowHistory) -> list[str]:
    """Return the commands in their order: activities with their queue, timers, markers, the end."""
    return list(_commands(history))


def _commands(history: WorkflowHistory) -> Iterator[str]:
    for event in history.events:
        if event.HasField("activity_task_scheduled_event_attributes"):
            scheduled = event.activity_task_scheduled_event_attributes
            yield f"activity {scheduled.activity_type.name} on {scheduled.task_queue.name}"
        elif event.HasField("marker_recorded_event_attributes"):
            yield _marker(event)
        elif event.event_type in _ENDINGS:
            yield _ENDINGS[event.event_type]


def _marker(event: HistoryEvent) -> str:
    marker = event.marker_recorded_event_attributes
    if marker.marker_name != "core_local_activity":
        return f"marker {marker.marker_name}"
    details = json.loads(marker.details["data"].payloads[0].data)
    return f"local activity {details['activity_type']}"


def stored() -> dict[str, list[str]]:
    """Return the fingerprints that were recorded together with the histories."""
    recorded: dict[str, list[str]] = json.loads(STORED.read_text(encoding="utf-8"))
    return recorded


def store(fingerprints: dict[str, list[str]]) -> None:
    """Write them, one command a line."""
    STORED.write_text(json.dumps(fingerprints, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
