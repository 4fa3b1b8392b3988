"""What all carriers of one simulator share: handsets, ledger, messages, time, chance."""

import asyncio
import itertools
import random
import time
from collections.abc import Coroutine
from typing import Any

from simulator.agenda import Agenda
from simulator.carriers import CARRIERS
from simulator.faults import Faults, LinkFaults, apply_changes, as_json
from simulator.handsets import Handsets
from simulator.ledger import Ledger
from simulator.messages import Messages
from simulator.settings import Settings


class Network:
    """Shared state; created before the event loop runs anything else of the simulator."""

    def __init__(self, settings: Settings) -> None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.seed = random.SystemRandom().randrange(2**32) if settings.seed is None else settings.seed
        self.random = random.Random(self.seed)
        self.handsets = Handsets(settings.data_dir / "handsets.json")
        self.ledger = Ledger(settings.data_dir / "ledger.jsonl")
        self.messages = Messages(settings.messages_kept)
        self.agenda = Agenda()
        self.faults = Faults()
        self.links = {name: LinkFaults() for name in CARRIERS}
        self.stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        # Ids must differ across restarts: milliseconds of the start, then a counter.
        self._run = f"{int(time.time() * 1000):x}"
        self._counter = itertools.count(1)

    def new_id(self, letter: str) -> str:
        """A carrier message id, unique over restarts."""
        return f"{letter}{self._run}{next(self._counter):06x}"

    def chance(self, rate: float) -> bool:
        """True with the probability `rate`; draws nothing at rate 0, so seeds stay comparable."""
        return rate > 0.0 and self.random.random() < rate

    def delay(self, after: float | None, late: float) -> float:
        """Seconds until a scripted step: `after` or the ordinary random delay, plus scaled `late`."""
        settings = self.settings
        if after is None:
            after = self.random.uniform(settings.delivery_min_seconds, settings.delivery_max_seconds)
        return after + late * settings.time_scale

    def lateness(self) -> float:
        """Seconds the late-receipt fault adds to one step; later steps may overtake it."""
        return self.faults.late_receipt_seconds if self.chance(self.faults.late_receipt_rate) else 0.0

    def reset_faults(self) -> None:
        """No faults any more, by rate or on a link."""
        apply_changes(self.faults, as_json(Faults()))
        for link in self.links.values():
            apply_changes(link, as_json(LinkFaults()))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run in the background, held until done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until background work has ended (at most a second)."""
        if self._tasks:
            _, pending = await asyncio.wait(self._tasks, timeout=1.0)
            for task in pending:
                task.cancel()
