"""What all carriers of one simulator share: handsets, ledger, messages, time, chance, faults."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from simulator.agenda import Agenda
from simulator.carriers import CARRIERS
from simulator.chance import Chance, Fate
from simulator.faults import Faults, LinkFaults, apply_changes, as_json, checked, with_preset
from simulator.handsets import Handsets
from simulator.ledger import Ledger
from simulator.messages import Messages
from simulator.settings import Settings

DIRECTORY = "directory"  # has rates like a carrier, but no link


class Network:
    """Shared state; created before the event loop runs anything else of the simulator.

    faults: the rates for everybody. own_rates: what a carrier's link has otherwise. rates: the two put
    together, by carrier; these objects stay the same, so that others can hold them.
    """

    def __init__(self, settings: Settings) -> None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.seed = random.SystemRandom().randrange(2**32) if settings.seed is None else settings.seed
        self.chance = Chance(self.seed, settings.messages_kept)
        self.handsets = Handsets(settings.data_dir / "handsets.json")
        self.ledger = Ledger(settings.data_dir / "ledger.jsonl")
        self.messages = Messages(settings.messages_kept)
        self.agenda = Agenda()
        self.faults = Faults()
        self.own_rates: dict[str, dict[str, Any]] = {name: {} for name in CARRIERS}
        self.rates = {name: Faults() for name in (*CARRIERS, DIRECTORY)}
        self.met: dict[str, Counter[str]] = {name: Counter() for name in self.rates}
        self.links = {name: LinkFaults() for name in CARRIERS}
        self.stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        # Ids must differ across restarts: milliseconds of the start, then a counter.
        self._run = f"{int(time.time() * 1000):x}"
        self._counter = itertools.count(1)

    def new_id(self, letter: str) -> str:
        """A carrier message id, unique over restarts."""
        return f"{letter}{self._run}{next(self._counter):06x}"

    # --- chance

    def new_fate(self, carrier: str, *about: str | bytes | int) -> Fate:
        """The fate of a message or an event of this carrier's link."""
        return self.fate(carrier, self.chance.next_key(carrier, *about))

    def fate(self, carrier: str, key: str) -> Fate:
        """The fate with a known key."""
        return Fate(key, self.rates[carrier], self.met[carrier])

    def delay(self, fate: Fate, step: int, after: float | None, late: float) -> float:
        """Seconds until a scripted step: `after` or the ordinary random delay, plus scaled `late`."""
        settings = self.settings
        if after is None:
            low, high = settings.delivery_min_seconds, settings.delivery_max_seconds
            after = fate.between(low, high, f"delivery/{step}")
        return after + late * settings.time_scale

    def lateness(self, carrier: str, fate: Fate, step: object) -> float:
        """Seconds the late-receipt fault adds to one step; later steps may overtake it."""
        late = fate.meets("late_receipt_rate", step)
        return self.rates[carrier].late_receipt_seconds if late else 0.0

    # --- faults

    def change_faults(self, wishes: dict[str, Any]) -> None:
        """Change the rates for everybody; a preset first sets all others to 0. Raises ValueError."""
        afresh, changes = with_preset(wishes)
        changes = checked(self.faults, changes)
        apply_changes(self.faults, (as_json(Faults()) if afresh else {}) | changes)
        self._merge()

    def change_rates(self, carrier: str, wishes: dict[str, Any]) -> None:
        """Change one carrier's own rates; null takes one back, a preset all before. Raises ValueError."""
        afresh, changes = with_preset(wishes)
        taken_back = {name for name, value in changes.items() if value is None}
        default = Faults()
        checked(default, {name: getattr(default, name, None) for name in taken_back})
        wanted = checked(default, {name: changes[name] for name in changes.keys() - taken_back})
        kept = {} if afresh else self.own_rates[carrier]
        self.own_rates[carrier] = {name: kept[name] for name in kept if name not in taken_back} | wanted
        self._merge()

    def reset_faults(self) -> None:
        """No faults any more, by rate or on a link; chance begins anew."""
        apply_changes(self.faults, as_json(Faults()))
        for name, link in self.links.items():
            apply_changes(link, as_json(LinkFaults()))
            self.own_rates[name] = {}
        for counts in self.met.values():
            counts.clear()
        self._merge()
        self.chance.reset()

    def _merge(self) -> None:
        for name, merged in self.rates.items():
            apply_changes(merged, as_json(self.faults) | self.own_rates.get(name, {}))

    # --- background work

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
