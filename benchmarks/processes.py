"""What the processes of the stack cost: CPU time of each, memory of one."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event, Thread

import psutil  # type: ignore[import-untyped]

_SAMPLE_SECONDS = 0.02

# What the command line of each direct child of the launcher holds, in the order they are asked.
_MARKS = {
    "simulator": ("-m", "simulator"),
    "mail catcher": ("-m", "simulator.mail"),
    "message worker": ("workers", "message"),
    "carrier worker": ("workers", "carrier"),
    "portal": ("workers", "portal"),
    "temporal": ("start-dev",),
    "postgres": ("-D",),
}


def processes_of(launcher: int) -> dict[str, int]:
    """Return the process id of each part of the stack the launcher holds."""
    found = {}
    for child in psutil.Process(launcher).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if (name := name_of(child.cmdline())) is not None:
                found[name] = child.pid
    return {name: found[name] for name in _MARKS if name in found}


def name_of(command: Sequence[str]) -> str | None:
    """Return which part of the stack a command line is."""
    for name, marks in _MARKS.items():
        if all(mark in command for mark in marks):
            return name
    return None


def cpu_seconds(pid: int) -> float:
    """Return what a process and its children, those that have ended included, have used so far."""
    root = psutil.Process(pid)
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            # "children" are ended and waited for only, so nothing counts twice.
            total += times.user + times.system
            total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return total


def cpu_of_each(pids: Mapping[str, int]) -> dict[str, float]:
    """Return ``cpu_seconds`` of each part."""
    return {name: cpu_seconds(pid) for name, pid in pids.items()}


def per_message(before: Mapping[str, float], after: Mapping[str, float], messages: int) -> dict[str, float]:
    """Return milliseconds per message for each part."""
    return {name: (after[name] - before[name]) * 1000 / messages for name in before}


class PeakMemory:
    """The most memory a process holds while the block runs: sampled, and on Linux counted by the kernel."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._done = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._kernel_counts = _reset_high_water_mark(pid)
        self._bytes = 0

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def megabytes(self) -> float:
        """The result, once the block has ended."""
        return max(self._bytes, _high_water_mark(self._process.pid) if self._kernel_counts else 0) / 1e6

    def _watch(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            while not self._done.is_set():
                self._bytes = max(self._bytes, self._process.memory_info().rss)
                self._done.wait(_SAMPLE_SECONDS)


def _reset_high_water_mark(pid: int) -> bool:
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _high_water_mark(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def wait_until(is_true: Callable[[], bool], *, seconds: float, every: float) -> bool:
    """Ask again and again; whether it became true in time."""
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
