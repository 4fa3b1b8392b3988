"""However `make run` is told to stop, the launcher below it notices."""

import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from workers.local_stack.errors import StackError
from workers.local_stack.guard import only_start
from workers.local_stack.settings import ROOT

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("make") is None, reason="needs make and /proc"
)

LAUNCHER = """
import os, pathlib, time
from workers.local_stack.guard import StopSignals, own_terminal
with own_terminal(), StopSignals() as stopping:
    pathlib.Path("starting").write_text(str(os.getpid()))
    pathlib.Path("starting").rename("started")
    while not stopping():
        time.sleep(0.02)
pathlib.Path("stopped").write_text("")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "launcher.py").write_text(LAUNCHER, "utf-8")
    (tmp_path / "Makefile").write_text(
        f"run:\n\t@PYTHONPATH={ROOT} exec {sys.executable} launcher.py\n", "utf-8"
    )
    return tmp_path


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30  # on a machine that is busy with other tests
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def dispose(interrupt: signal.Handlers, others: signal.Handlers = signal.SIG_DFL) -> None:
    """In a child before it becomes its program: what it does at SIGINT, and at the other requests to end."""
    signal.signal(signal.SIGINT, interrupt)
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, others)


def run_make(folder: Path, interrupt: signal.Handlers) -> "subprocess.Popen[bytes]":
    """Start make as a terminal does (SIG_DFL), or as a shell does in the background (SIG_IGN).

    Said outright: whoever runs these tests may ignore signals, and children would, too.
    """
    return subprocess.Popen(
        ("make", "run"),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=partial(dispose, interrupt),  # noqa: PLW1509 - no threads of ours
    )


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]
)
def test_a_signal_to_make_alone_stops_the_launcher(folder: Path, number: signal.Signals) -> None:
    make = run_make(folder, signal.SIG_DFL)
    eventually((folder / "started").exists)
    make.send_signal(number)
    assert make.wait(30) != 0
    eventually((folder / "stopped").exists)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_make_in_the_background_is_missed_as_well(folder: Path, number: signal.Signals) -> None:
    """`make run &` in a script starts make with SIGINT ignored."""
    make = run_make(folder, signal.SIG_IGN)
    eventually((folder / "started").exists)
    make.send_signal(number)
    assert make.wait(30) == -number
    eventually((folder / "stopped").exists)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_launcher_in_the_background_takes_every_signal_itself(folder: Path, number: signal.Signals) -> None:
    """`kill $(cat var/run.pid)`, whatever the shell ignored when it started us."""
    make = run_make(folder, signal.SIG_IGN)
    eventually((folder / "started").exists)
    make.send_signal(signal.SIGINT)
    assert make.poll() is None, "this make ignores it"
    assert not (folder / "stopped").exists()
    os.kill(int((folder / "started").read_text("utf-8")), number)
    assert make.wait(30) == 0
    assert (folder / "stopped").exists()


def test_these_tests_pass_however_they_are_started() -> None:
    """A runner that ignores signals, as under nohup or in the background, hands that down."""
    stops = f"{Path(__file__).relative_to(ROOT)}::test_a_signal_to_make_alone_stops_the_launcher"
    tests = subprocess.run(
        (
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *(f"{stops}[{n}]" for n in (1, 2, 3)),
        ),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=partial(dispose, signal.SIG_IGN, signal.SIG_IGN),
        check=False,
    )
    assert tests.returncode == 0, tests.stdout


def test_ctrl_c_in_a_terminal_is_no_failure_of_make(folder: Path) -> None:
    keyboard, terminal = pty.openpty()
    with os.fdopen(terminal) as screen:  # setsid makes it the terminal that Ctrl-C is typed in
        make = subprocess.Popen(
            ("setsid", "--ctty", "make", "run"),
            cwd=folder,
            stdin=screen,
            stdout=screen,
            stderr=screen,
            preexec_fn=partial(dispose, signal.SIG_DFL),  # noqa: PLW1509 - no threads of ours
        )
        eventually((folder / "started").exists)
        os.write(keyboard, b"\x03")
        assert make.wait(10) == 0
    os.close(keyboard)
    assert (folder / "stopped").exists()


def test_a_second_start_is_told_who_holds_the_data(tmp_path: Path) -> None:
    with (
        only_start(tmp_path),
        pytest.raises(StackError, match=f"process {os.getpid()}"),
        only_start(tmp_path),
    ):
        pytest.fail("started twice")
    with only_start(tmp_path):
        assert (tmp_path / "run.pid").read_text("utf-8").strip() == str(os.getpid())
