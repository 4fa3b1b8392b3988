"""Handsets: which carrier a number belongs to, whether it has the app, is on, plays which scenario."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simulator.carriers import BY_FIFTH_DIGIT
from simulator.numbers import block_assignee
from simulator.scenario_table import BY_CODE, BY_NAME, DELIVERED, SCENARIOS
from simulator.scripts import Scenario

MAGIC_PREFIX = "0900000"
# Third of the four digits, C: index = C. 0-3 with app, 4-7 without, 8 and 9 as 0 and 1.
CARRIER_DIGIT = ("docomo", "au", "softbank", "rakuten") * 2 + ("docomo", "au")
APP_DIGITS = frozenset("012389")


@dataclass(slots=True)
class Handset:
    """One subscriber. number: 11 national digits; carrier None: nobody's subscriber.

    months: out-of-service months "YYYY-MM", None = the scenario's. auto_read: its owner looks at every
    +Message a second after it came.
    """

    number: str
    carrier: str | None
    app: bool
    on: bool
    scenario: Scenario
    months: tuple[str, ...] | None = None
    auto_read: bool = False

    @property
    def reachable_by_rcs(self) -> bool:
        """Whether a +Message can be shown on it now."""
        return self.on and self.app

    def as_json(self) -> dict[str, Any]:
        """The shape of the control API."""
        return {
            "number": self.number,
            "carrier": self.carrier,
            "app": self.app,
            "on": self.on,
            "auto_read": self.auto_read,
            "scenario": self.scenario.name,
            "magic": self.number.startswith(MAGIC_PREFIX),
            "out_of_service_months": None if self.months is None else list(self.months),
        }


def default_handset(number: str) -> Handset:
    """The handset a number has before anyone changed it; magic numbers by their last four digits."""
    if number.startswith(MAGIC_PREFIX):
        scenario = BY_CODE.get(number[7:9], DELIVERED)
        carrier = None if scenario.nobody else CARRIER_DIGIT[int(number[9])]
        app = number[9] in APP_DIGITS if scenario.app is None else scenario.app
        return Handset(number, carrier, app and carrier != "rakuten", scenario.on, scenario)
    # Required by the service's description of the simulator: the block's assignee, else the fifth digit.
    carrier = block_assignee(number) or BY_FIFTH_DIGIT[int(number[4])]
    return Handset(number, carrier, int(number[10]) % 2 == 0 and carrier != "rakuten", True, DELIVERED)


class Handsets:
    """All handsets; only changed ones are stored, in a JSON file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed: dict[str, Handset] = {}
        self._tries: dict[tuple[str, str], int] = {}
        self._listeners: list[Callable[[Handset], None]] = []
        if path.exists():
            for row in json.loads(path.read_text()):
                row["scenario"] = BY_NAME.get(row["scenario"], DELIVERED)
                row["months"] = None if row["months"] is None else tuple(row["months"])
                self._changed[row["number"]] = Handset(**row)

    def get(self, number: str) -> Handset:
        """The handset of a national number."""
        return self._changed.get(number) or default_handset(number)

    def changed(self) -> Iterable[Handset]:
        """The handsets that differ, or once differed, from their default."""
        return self._changed.values()

    def on_change(self, listener: Callable[[Handset], None]) -> None:
        """Call `listener` after every change of a handset."""
        self._listeners.append(listener)

    def change(self, handset: Handset) -> None:
        """Store a changed handset and tell who waits for it."""
        self._changed[handset.number] = handset
        for listener in self._listeners:
            listener(handset)

    def next_try(self, number: str, channel: str) -> int:
        """How many submits this channel saw for the number before this one."""
        key = (number, channel)
        seen = self._tries.get(key, 0)
        self._tries[key] = seen + 1
        return seen

    def save(self) -> None:
        """Write the changed handsets, atomically."""
        rows = [asdict(handset) | {"scenario": handset.scenario.name} for handset in self._changed.values()]
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(json.dumps(rows))
        os.replace(temporary, self._path)

    def reset(self) -> None:
        """Make every handset its default again."""
        self._changed.clear()
        self._tries.clear()
        self._path.unlink(missing_ok=True)


def scenarios_as_json() -> dict[str, Any]:
    """The magic numbers: layout, and every scenario with its numbers by carrier and its scripts."""
    rows = []
    for scenario in SCENARIOS:
        numbers = {
            CARRIER_DIGIT[digit]
            + ("" if digit < 4 else "_without_app"): f"{MAGIC_PREFIX}{scenario.code}{digit}0"
            for digit in range(8)
        }
        rows.append(asdict(scenario) | {"first_numbers": numbers})
    layout = {
        "pattern": MAGIC_PREFIX + "SSCN",
        "SS": "scenario code",
        "C": "0 docomo, 1 au, 2 softbank, 3 rakuten; 4-7 the same without app; 8 = 0, 9 = 1",
        "N": "0-9, ten handsets each",
    }
    return {"layout": layout, "scenarios": rows}
