"""One child process: a session of its own, output into a log file, gone when the launcher is gone."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workers.local_stack.settings import ROOT

KEPT_LOGS = 3
TAIL_LINES = 15
PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None  # loaded before any fork


@dataclass(frozen=True)
class Command:
    name: str
    arguments: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    stop_signal: signal.Signals = signal.SIGTERM
    # When the launcher is killed, a slow farewell would only stand in the next start's way.
    orphan_signal: signal.Signals = signal.SIGKILL
    last_resort: signal.Signals = signal.SIGKILL


class Child:
    """Start it from the main thread: the kernel ties the child's life to the thread that made it."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._swept = True

    def start(self, *, keep_log: bool = False) -> None:
        self.command.log.parent.mkdir(parents=True, exist_ok=True)
        if not keep_log:
            rotate(self.command.log)
        self._swept = False
        with self.command.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command.arguments,
                cwd=ROOT,
                env=dict(self.command.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal reaches the launcher only
                preexec_fn=_die_with(os.getpid(), self.command.orphan_signal),  # noqa: PLW1509 - one thread
            )

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def request_stop(self) -> None:
        if self._process and self.running:
            self._process.send_signal(self.command.stop_signal)

    def finish(self, deadline: float) -> bool:
        """Wait until `deadline` (monotonic); then end it by force. True if it went by itself."""
        if self._process is None:
            return True
        by_itself = _waited(self._process, deadline)
        if not by_itself and self.command.last_resort != signal.SIGKILL:
            self._process.send_signal(self.command.last_resort)
            _waited(self._process, time.monotonic() + 1.0)
        self._sweep(self._process)
        return by_itself

    def _sweep(self, process: subprocess.Popen[bytes]) -> None:
        """Nothing the child started itself may stay behind. Only once: later the number may be another's."""
        if not self._swept:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            self._swept = True
        process.wait()

    def tail(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.command.log.read_text("utf-8", "replace").splitlines()
            return "\n".join(lines[-TAIL_LINES:])
        return ""


def _waited(process: subprocess.Popen[bytes], deadline: float) -> bool:
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def rotate(log: Path) -> None:
    """`x.log` becomes `x.log.1`, that one `x.log.2`, and so on."""
    for number in range(KEPT_LOGS, 0, -1):
        older = log if number == 1 else log.with_name(f"{log.name}.{number - 1}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number}"))


def _die_with(launcher: int, orphan_signal: signal.Signals) -> Callable[[], None] | None:
    """What the new process does before it becomes the command; Linux only."""
    prctl = _prctl
    if prctl is None:
        return None

    def ask_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, int(orphan_signal))
        if os.getppid() != launcher:  # killed between the fork and the line above
            os._exit(1)

    return ask_kernel
