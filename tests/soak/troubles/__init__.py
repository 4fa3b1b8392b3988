"""What is done to the product meanwhile, drawn from the seed: links always, one heavy trouble at a time."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.soak.troubles.database import HELD, ConnectionsExhausted, RowsHeld
from tests.soak.troubles.links import Links
from tests.soak.troubles.machine import ClockWrong, DiskFull
from tests.soak.troubles.processes import (
    FROZEN,
    KILLED,
    WORKERS,
    AllWorkersDown,
    Frozen,
    Killed,
    SimulatorKilled,
    SlowDatabase,
)
from tests.soak.troubles.receipts import ReceiptFlood
from tests.soak.troubles.scene import Scene, Trouble

HEAVY: tuple[Trouble, ...] = (
    *(Killed(part) for part in KILLED),
    *(Frozen(part) for part in FROZEN),
    Frozen(*WORKERS, seconds=(30.0, 60.0)),
    SimulatorKilled(),
    AllWorkersDown(),
    SlowDatabase(),
    *(RowsHeld(what) for what in HELD),
    ConnectionsExhausted(),
    DiskFull(),
    *(ClockWrong(shift) for shift in ("-3600", "+3600", "-90", "+864000")),
    ReceiptFlood(),
)
# Faults this run does not play, each a matter of another test or of nobody yet.
LEFT_OUT = (
    "month's end (Temporal's clock cannot be set)",
    "rolling deploy and roll-back",
    "restore from backup",
    "mail server, number directory, key rotation",
    "ten times the load with users at the pages",
    "receipts after 72 hours",
)
# A submit just before a trouble may lose by it.
_BEFORE = timedelta(seconds=30)
_PAUSE_SECONDS = (5.0, 20.0)


@dataclass
class Troubles:
    """Link faults all the time; heavy ones one after the other, all of them before any comes twice."""

    scene: Scene
    is_heavy: bool
    log: Callable[[str], None]
    _links: Links = field(init=False)
    _to_come: list[Trouble] = field(default_factory=list)
    _running: tuple[Trouble, Callable[[], None], float, datetime] | None = None
    _began: float = 0.0
    _next_at: float = 0.0

    def __post_init__(self) -> None:
        self._links = Links(self.scene.stack, self.scene.random, self.log)

    def begin(self) -> None:
        """Let every message meet faults at random from now on; say what is not played here."""
        self._put_faults({"preset": "misbehaving"})
        for trouble in HEAVY if self.is_heavy else ():
            if why := trouble.missing(self.scene):
                self.log(f"left out: {trouble.name}: {why}")
        self.log("left out: " + "; ".join(LEFT_OUT))
        self._next_at = time.monotonic() + 5.0

    def step(self) -> None:
        """Take back what has lasted long enough; perhaps do something new."""
        now = time.monotonic()
        if self._running is not None:
            trouble, _, until, _ = self._running
            if now >= until:
                self._take_back()
            elif isinstance(trouble, SlowDatabase):
                trouble.step(self.scene, now - self._began)
            return
        self._links.step()
        if self.is_heavy and now >= self._next_at:
            self._strike()

    def end(self) -> None:
        """Take everything back."""
        if self._running is not None:
            self._take_back()
        self._links.end()
        self._put_faults({"preset": "none"})

    def _strike(self) -> None:
        trouble = self._draw()
        self._links.heal()
        seconds = self.scene.random.uniform(*trouble.seconds)
        self.log(f"{trouble.name} ({seconds:.0f} s)")
        began = datetime.now(UTC)
        back = trouble.begin(self.scene)
        self._began = time.monotonic()
        self._running = (trouble, back, self._began + seconds, began)

    def _draw(self) -> Trouble:
        if not self._to_come:
            self._to_come = [trouble for trouble in HEAVY if not trouble.missing(self.scene)]
            self.scene.random.shuffle(self._to_come)
        return self._to_come.pop()

    def _take_back(self) -> None:
        assert self._running is not None
        trouble, back, _, began = self._running
        self._running = None
        back()
        self.scene.witness.note(trouble.name, began - _BEFORE, trouble.loses, frozenset())
        self._next_at = time.monotonic() + self.scene.random.uniform(*_PAUSE_SECONDS)

    def _put_faults(self, changes: dict[str, Any]) -> None:
        url = f"{self.scene.stack.run['simulator_url']}/control/faults"
        httpx.put(url, json=changes, timeout=10).raise_for_status()
