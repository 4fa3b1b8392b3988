"""However `make run` is told to stop, the launcher below it notices."""

import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workers.local_stack.errors import StackError
from workers.local_stack.guard import only_start
from workers.local_stack.settings import ROOT

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("make") is None, reason="needs make and /proc"
)

LAUNCHER = """
import pathlib, time
from workers.local_stack.guard import StopSignals, own_terminal
with own_terminal(), StopSignals() as stopping:
    pathlib.Path("started").write_text("")
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_make_alone_stops_the_launcher(folder: Path, number: signal.Signals) -> None:
    make = subprocess.Popen(("make", "run"), cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    eventually((folder / "started").exists)
    make.send_signal(number)
    assert make.wait(30) == -number
    eventually((folder / "stopped").exists)


def test_ctrl_c_in_a_terminal_is_no_failure_of_make(folder: Path) -> None:
    keyboard, terminal = pty.openpty()
    with os.fdopen(terminal) as screen:  # setsid makes it the terminal that Ctrl-C is typed in
        make = subprocess.Popen(
            ("setsid", "--ctty", "make", "run"), cwd=folder, stdin=screen, stdout=screen, stderr=screen
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
