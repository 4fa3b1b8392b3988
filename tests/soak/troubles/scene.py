"""What a trouble works on, and what it promises."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol

from tests.e2e.stack import Stack
from tests.soak.witness import Witness

ANSWERS = frozenset({"answers"})
RECEIPTS = frozenset({"answers", "receipts"})
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Scene:
    """The product under trouble. ``clock``: the file our processes read their clock's error from."""

    stack: Stack
    witness: Witness
    random: Random
    clock: Path | None = None
    disk: Path | None = None


class Trouble(Protocol):
    """Begins, lasts, and is taken back. ``loses``: what submits of that time may never hear of."""

    name: str
    loses: frozenset[str]
    seconds: tuple[float, float]

    def missing(self, scene: Scene) -> str | None:
        """Why it cannot be played here, ``None`` if it can."""

    def begin(self, scene: Scene) -> Callable[[], None]:
        """Do it; returns what takes it back."""
