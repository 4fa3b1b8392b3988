"""What is done to the links: they are silent, slow, refuse or drop, one carrier at a time."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

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


@dataclass
class Links:
    """At most one lasting fault a carrier at a time; each is taken back after 3 to 15 seconds."""

    stack: Stack
    random: Random
    log: Callable[[str], None]
    _healing: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)

    def step(self) -> None:
        """Take back what has lasted long enough; perhaps do something new."""
        now = time.monotonic()
        for carrier, (until, back) in list(self._healing.items()):
            if now >= until:
                faults.set_link(self.stack, carrier, **back)
                del self._healing[carrier]
        if self.random.random() < 0.3:
            self._disturb_a_link(now)

    def heal(self) -> None:
        """Take back what lasts: something heavier is to come."""
        for carrier, (_, back) in self._healing.items():
            faults.set_link(self.stack, carrier, **back)
        self._healing.clear()

    def end(self) -> None:
        """Take everything back."""
        self.heal()
        for carrier in _ALL:
            # Armed while the link was silent or refused, it waits for submits that have yet to come.
            faults.set_link(self.stack, carrier, drop_on_submit="", drop_count=1)

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
