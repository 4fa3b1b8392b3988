"""One start at a time on the same data, and everything that asks the launcher to stop."""

import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from workers.local_stack.errors import StackError

MAKE = {"make", "gmake"}
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def only_start(var: Path) -> Iterator[None]:
    """Held by the kernel, so that a killed launcher leaves no lock behind.

    The file names the launcher: `kill $(cat var/run.pid)` stops it, and `make run` then ends with status 0.
    """
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (var / "run.pid").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise StackError(
                f"It runs already on {var} (process {holder}). Stop that one first, or set VAR_DIR and ports."
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


class StopSignals:
    """Call it: has somebody asked to stop?"""

    def __init__(self) -> None:
        self._asked = False
        self._make = _MakeAbove()

    def __enter__(self) -> "StopSignals":
        self._before = {
            number: signal.signal(number, self._note)
            for number in STOP_SIGNALS
            # nohup: the terminal may close. An ignored SIGINT is only a shell's habit for `make run &`.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
        }
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self) -> bool:
        return self._asked or self._make.interrupted()

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True


class _MakeAbove:
    """What happens to `make` alone and is not passed on: it waits for its recipe, which would never know.

    A make that is gone leaves its recipe to another parent, whatever signals are ignored. One that is asked
    to end resets that signal before it waits, and this can be seen. What it ignored from the start, as shells
    start `make run &` with SIGINT ignored, is not among them: it does not end by it either.
    """

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._is_make = _read(f"/proc/{self._parent}/comm").strip() in MAKE
        self._caught = self._catches()

    def interrupted(self) -> bool:
        return self._is_make and (os.getppid() != self._parent or self._catches() != self._caught)

    def _catches(self) -> int:
        """Which signals that ask to end make has a handler for, as bits."""
        for line in _read(f"/proc/{self._parent}/status").splitlines():
            name, _, mask = line.partition(":")
            if name == "SigCgt":
                return int(mask, 16) & sum(1 << (number - 1) for number in (*STOP_SIGNALS, signal.SIGQUIT))
        return 0


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError:
        return ""


@contextlib.contextmanager
def own_terminal() -> Iterator[None]:
    """Ctrl-C reaches the launcher alone: `make`, hit as well, would call the orderly stop a failure."""
    terminal = _foreground_terminal()
    if terminal is None:
        yield
        return
    group = os.getpgrp()
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGTTOU, signal.SIGTSTP)}
    try:
        os.setpgid(0, 0)
        os.tcsetpgrp(terminal, os.getpgrp())
        yield
    finally:
        with contextlib.suppress(OSError):  # the terminal is closed
            os.tcsetpgrp(terminal, group)
        with contextlib.suppress(OSError):  # make was killed, its group is gone
            os.setpgid(0, group)
        for number, handler in before.items():
            signal.signal(number, handler)


def _foreground_terminal() -> int | None:
    """The terminal, if this process shares it with a program above it, such as make."""
    with contextlib.suppress(OSError, ValueError):
        terminal = sys.stdin.fileno()
        if os.isatty(terminal) and os.tcgetpgrp(terminal) == os.getpgrp() != os.getpid():
            return terminal
    return None
