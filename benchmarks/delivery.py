"""Messages through the whole product: speed, CPU, size of the histories, and that all is right."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from temporalio.client import Client

from benchmarks.company import Company
from benchmarks.errors import BenchmarkFailed
from benchmarks.processes import cpu_of_each, per_message
from benchmarks.recipients import numbers_for
from benchmarks.results import ThroughputResult
from benchmarks.stack import Stack
from domain.carriers import Channel
from workflows.client import message_workflow_id

POLL_SECONDS = 0.5
# Nothing closed for so long: it hangs, and the run says so instead of hanging with it. Longer than a
# carrier step's time limit (carrier_call): on a machine that stands still for a second, the server can lose
# a task between its own parts and hands it out again only then.
STALLED_SECONDS = 180.0
SAMPLE = 50


@dataclass(frozen=True)
class Sent:
    """One campaign that has been delivered; ``cpu_ms`` per message, by process."""

    campaign_id: UUID
    seconds: float
    cpu_ms: dict[str, float]


class DeliveryBenchmark:
    """Sends campaigns on one channel and measures them."""

    def __init__(self, stack: Stack, company: Company, channel: Channel) -> None:
        self._stack = stack
        self._company = company
        self._channel = channel
        self._numbers: Iterator[str] = numbers_for(channel)

    def measure(self, messages: int) -> ThroughputResult:
        """Measure one campaign."""
        sent = self.send(messages)
        events, transitions = asyncio.run(self._history_sizes(sent.campaign_id))
        return ThroughputResult(messages, messages / sent.seconds, sent.cpu_ms, events, transitions)

    def send(self, messages: int) -> Sent:
        numbers = list(islice(self._numbers, messages))
        ledger = self._company.ledger_end()
        cpu = cpu_of_each(self._stack.processes)
        campaign_id, answered_at = self._company.register(self._channel, numbers)
        self._await_completed(campaign_id)
        cpu_ms = per_message(cpu, cpu_of_each(self._stack.processes), messages)
        seconds = (self._company.last_closed_at(campaign_id) - answered_at).total_seconds()
        self._require_right(campaign_id, numbers, ledger)
        return Sent(campaign_id, seconds, cpu_ms)

    def _await_completed(self, campaign_id: UUID) -> None:
        closed, changed_at = -1, time.monotonic()
        while (progress := self._company.progress(campaign_id)).status != "completed":
            if progress.closed != closed:
                closed, changed_at = progress.closed, time.monotonic()
            if time.monotonic() - changed_at > STALLED_SECONDS:
                raise BenchmarkFailed(
                    f"{self._channel.value}: nothing moves since {STALLED_SECONDS:.0f} s, campaign "
                    f"{progress.status}, {progress.closed} of {progress.total} messages have ended."
                )
            time.sleep(POLL_SECONDS)

    def _require_right(self, campaign_id: UUID, numbers: Sequence[str], ledger: int) -> None:
        """A wrong result is no number: all delivered, and each number exactly one accepted submit."""
        statuses = self._company.statuses(campaign_id)
        if statuses != {"delivered": len(numbers)}:
            raise BenchmarkFailed(f"{self._channel.value}: not all were delivered: {statuses}")
        accepted = Counter(
            entry["number"]
            for entry in self._company.ledger_since(ledger)
            if entry["channel"] == self._channel.value
        )
        if accepted != Counter(numbers):
            twice = sum(count > 1 for count in accepted.values())
            raise BenchmarkFailed(
                f"{self._channel.value}: the carriers' ledger holds {accepted.total()} submits for "
                f"{len(numbers)} messages, {twice} numbers more than once."
            )

    async def _history_sizes(self, campaign_id: UUID) -> tuple[float, float]:
        """Return events and state transitions, the mean of a sample."""
        client = await Client.connect(self._stack.run.temporal_address)
        events = transitions = 0
        sample = self._company.some_message_ids(campaign_id, SAMPLE)
        for message_id in sample:
            handle = client.get_workflow_handle(message_workflow_id(message_id))
            info = (await handle.describe()).raw_description.workflow_execution_info
            events += info.history_length
            transitions += info.state_transition_count
        return events / len(sample), transitions / len(sample)
