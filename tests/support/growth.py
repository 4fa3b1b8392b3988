"""How the time of a function grows with its input: ratios, so that a slow or busy machine changes nothing."""

import time
from collections.abc import Callable
from typing import TypeVar

Input = TypeVar("Input")

# Twice the input takes twice the time if time is linear, four times if it is the square. Eight times the
# input tells 8 from 64, with room for noise on both sides.
STEP = 8
MOST = 28


def assert_linear(make: Callable[[int], Input], call: Callable[[Input], object], size: int) -> None:
    """Fail if ``call`` of ``STEP`` times the input takes much more than ``STEP`` times as long."""
    small, large = make(size), make(size * STEP)
    ratios = []
    for _ in range(3):
        ratios.append(_seconds(call, large) / max(_seconds(call, small), 1e-5))
        if ratios[-1] < MOST:
            return
    raise AssertionError(f"{STEP} times the input took {min(ratios):.0f} times as long")


def _seconds(call: Callable[[Input], object], given: Input) -> float:
    """The shortest of three tries, in CPU time of this thread: what others do does not count."""
    times = []
    for _ in range(3):
        begun = time.thread_time()
        call(given)
        times.append(time.thread_time() - begun)
    return min(times)
