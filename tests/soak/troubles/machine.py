"""The machine itself: its disk is full, its clock is wrong."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.soak.troubles.scene import ANSWERS, Scene

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
DISK_BYTES = 1536 * 1024 * 1024
_BLOCK = b"\0" * (4 * 1024 * 1024)


class DiskFull:
    """The file system of PostgreSQL and Temporal has no room left; logs and the ledger lie elsewhere."""

    name = "disk full"
    loses = ANSWERS
    seconds = (5.0, 20.0)

    def missing(self, scene: Scene) -> str | None:
        return None if scene.disk else "no tmpfs can be mounted here"

    def begin(self, scene: Scene) -> Callable[[], None]:
        assert scene.disk is not None
        filler = scene.disk / "filler"
        with filler.open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(_BLOCK)
                file.flush()
        return lambda: filler.unlink(missing_ok=True)


class ClockWrong:
    """Our processes' clocks step, by up to an hour either way, and come back."""

    loses = ANSWERS

    def __init__(self, shift: str) -> None:
        self.name = f"clocks of our processes {shift}"
        self.seconds = (10.0, 25.0)
        self._shift = shift

    def missing(self, scene: Scene) -> str | None:
        return None if scene.clock else "not asked for by --clocks, or libfaketime is not installed"

    def begin(self, scene: Scene) -> Callable[[], None]:
        assert scene.clock is not None
        clock = scene.clock
        clock.write_text(self._shift, "ascii")
        return lambda: set_right(clock)


def set_right(clock: Path) -> None:
    """Let our processes tell the time."""
    clock.write_text("+0", "ascii")


def clock_environment(clock: Path) -> dict[str, str]:
    """What lets a process read its clock's error from a file; timers stay as they are."""
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def own_disk(var: Path, outside: Path) -> Path | None:
    """Make ``var`` a file system of its own, logs and ledger outside; ``None`` where that may not be."""
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        return None
    options = ("-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(var))
    if subprocess.run([mount, *options], capture_output=True, check=False).returncode != 0:
        return None
    for name in ("log", "simulator"):
        (outside / name).mkdir()
        (var / name).symlink_to(outside / name)
    (var / "console.log").symlink_to(outside / "console.log")
    return var


def give_back(disk: Path) -> None:
    """Let go of the file system."""
    subprocess.run(["umount", str(disk)], capture_output=True, check=False)
