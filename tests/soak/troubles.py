"""What is done to the links and to our own processes meanwhile, drawn from the seed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from tests.e2e import faults
from tests.e2e.stack import Stack

# What lasts until it is taken back: (carriers with such a link, faults, the same taken back).
_ALL = faults.CARRIERS
_WITH_RCS = ("docomo", "au", "softbank")
LASTING: tuple[tuple[tuple[str, ...], dict[str, Any], dict[str, Any]], ...] = (
    (_ALL, {"silent": True}, {"silent": False}),
    (_ALL, {"throttle": True}, {"throttle": False}),
    (_ALL, {"refuse_bind": True}, {"refuse_bind": False}),
    (_ALL, {"refuse_connect": True}, {"refuse_connect": False}),
    (_ALL, {"delay_seconds": 1.0, "jitter_seconds": 2.0}, {"delay_seconds": 0.0, "jitter_seconds": 0.0}),
    (_WITH_RCS, {"http_status": 503}, {"http_status": 0}),
    (_WITH_RCS, {"http_silent": True}, {"http_silent": False}),
    (_WITH_RCS, {"http_delay_seconds": 2.0}, {"http_delay_seconds": 0.0}),
)
MOMENTARY: tuple[dict[str, Any], ...] = (
    {"drop_on_submit": "before", "drop_count": 2},
    {"drop_on_submit": "after", "drop_count": 2},
)
KILLED = ("carrier worker", "message worker", "portal", "postgres", "temporal")


@dataclass
class Troubles:
    """At most one lasting fault a carrier at a time; each is taken back after 3 to 15 seconds."""

    stack: Stack
    random: Random
    kills: bool
    log: Callable[[str], None]
    _healing: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)

    def begin(self) -> None:
        """Let every message meet faults at random from now on."""
        self._put_faults({"preset": "misbehaving"})

    def step(self) -> None:
        """Take back what has lasted long enough; perhaps do something new."""
        now = time.monotonic()
        for carrier, (until, back) in list(self._healing.items()):
            if now >= until:
                faults.set_link(self.stack, carrier, **back)
                del self._healing[carrier]
        if self.random.random() < 0.3:
            self._disturb_a_link(now)
        if self.kills and self.random.random() < 0.02:
            part = self.random.choice(KILLED)
            self.log(f"kill {part}")
            old = faults.send_signal(self.stack, part)
            faults.wait_for_restart(self.stack, part, old)

    def end(self) -> None:
        """Take everything back."""
        for carrier, (_, back) in self._healing.items():
            faults.set_link(self.stack, carrier, **back)
        self._healing.clear()
        for carrier in _ALL:
            # Armed while the link was silent or refused, it waits for submits that have yet to come.
            faults.set_link(self.stack, carrier, drop_on_submit="", drop_count=1)
        self._put_faults({"preset": "none"})

    def _disturb_a_link(self, now: float) -> None:
        carriers, what, back = self.random.choice(LASTING)
        carrier = self.random.choice(carriers)
        if carrier in self._healing:
            return
        if self.random.random() < 0.3:
            what = self.random.choice(MOMENTARY)
            faults.set_link(self.stack, carrier, **what)
        else:
            faults.set_link(self.stack, carrier, **what)
            self._healing[carrier] = (now + self.random.uniform(3, 15), back)
        self.log(f"{carrier}: {what}")

    def _put_faults(self, changes: dict[str, Any]) -> None:
        url = f"{self.stack.run['simulator_url']}/control/faults"
        httpx.put(url, json=changes, timeout=10).raise_for_status()
