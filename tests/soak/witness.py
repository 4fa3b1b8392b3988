"""Who saw what: handsets and faults as the simulator tells them, and what our processes held meanwhile.

The simulator forgets both when it is killed, so they are written down before, and added up.
"""

import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]
import psycopg

from benchmarks.processes import processes_of
from tests.e2e.faults import query
from tests.e2e.stack import Stack
from tests.soak.verdict.books import Sample, Window

_MOST_MESSAGES = 300_000


@dataclass
class Witness:
    """Handsets by carrier message id, faults met, samples and the diary of troubles."""

    stack: Stack
    handsets: dict[str, bool] = field(default_factory=dict)
    windows: list[Window] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    _met_before: Counter[str] = field(default_factory=Counter)
    _met_now: Counter[str] = field(default_factory=Counter)
    _began: float = field(default_factory=time.monotonic)

    @property
    def met(self) -> Counter[str]:
        """How often each fault by rate was played, over all lives of the simulator."""
        return self._met_before + self._met_now

    def look(self) -> None:
        """Write down what handsets show and which faults were met so far."""
        control = f"{self.stack.run['simulator_url']}/control"
        state = httpx.get(f"{control}/state", timeout=30).raise_for_status().json()
        self._met_now = Counter(state["faults_met"])
        shown = httpx.get(f"{control}/messages", params={"limit": _MOST_MESSAGES}, timeout=60).json()
        for message in shown["messages"]:
            for message_id, arrived in _arrivals(message):
                self.handsets[message_id] = self.handsets.get(message_id, False) or arrived

    def simulator_dies(self) -> None:
        """Write everything down a last time: its counts begin anew."""
        self.look()
        self._met_before, self._met_now = self.met, Counter()

    def sample(self) -> None:
        """Note what every part holds; what is away just now is left out."""
        memory, handles = {}, {}
        with contextlib.suppress(psutil.NoSuchProcess):
            for part, pid in processes_of(self.stack.process.pid).items():
                with contextlib.suppress(psutil.Error):
                    process = psutil.Process(pid)
                    memory[part], handles[part] = process.memory_info().rss, process.num_fds()
        # Shared buffers and the server's own cache are settings, not leaks.
        memory.pop("postgres", None)
        try:
            size, messages = query(
                self.stack, "SELECT pg_database_size(current_database()), (SELECT count(*) FROM messages)"
            )[0]
        except psycopg.Error:
            return
        at = time.monotonic() - self._began
        self.samples.append(Sample(at, memory, handles, int(size), int(messages)))

    def note(self, what: str, began: datetime, loses: frozenset[str], carriers: frozenset[str]) -> None:
        """Enter a trouble that is over into the diary."""
        self.windows.append(Window(what, began, datetime.now(UTC), loses, carriers))


def _arrivals(message: dict[str, Any]) -> list[tuple[str, bool]]:
    if message["channel"] == "sms":
        return [(part["message_id"], part["status"] == "delivered") for part in message["parts"]]
    return [(message["message_id"], bool(message["delivered_at"] or message["displayed_at"]))]
