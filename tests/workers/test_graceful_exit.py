"""Leaving without tear-down loses neither output nor failures."""

import subprocess
import sys
from pathlib import Path

import pytest

from workers.local_stack.settings import ROOT


def python(code: str, **options: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        (sys.executable, "-c", code), cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("status", [0, 1, 3])
def test_leaves_with_the_given_status(status: int) -> None:
    assert python(f"from workers.graceful_exit import exit_now; exit_now({status})").returncode == status


def test_writes_what_was_printed_and_logged() -> None:
    done = python(
        "import logging, sys\n"
        "from logging.handlers import MemoryHandler\n"
        "from workers.graceful_exit import exit_now\n"
        "logging.getLogger().addHandler(MemoryHandler(99, target=logging.StreamHandler()))\n"
        "logging.warning('logged')\n"
        "print('printed', end='')\n"
        "exit_now(0)"
    )
    assert (done.stdout, done.stderr) == ("printed", "logged\n")


def test_skips_a_tear_down_that_would_abort() -> None:
    done = python(
        "import atexit, os\n"
        "from workers.graceful_exit import exit_now\n"
        "atexit.register(os.abort)\n"
        "exit_now(0)"
    )
    assert done.returncode == 0


def test_lost_output_is_a_failure() -> None:
    done = python(
        "import sys\n"
        "from workers.graceful_exit import exit_now\n"
        "sys.stdout = open('/dev/full', 'w')\n"
        "print('lost')\n"
        "exit_now(0)"
    )
    assert done.returncode == 120


@pytest.mark.parametrize(
    ("body", "status", "summary"),
    [
        ("assert True", 0, "1 passed"),
        ("assert False", 1, "1 failed"),
        ("import os, atexit; atexit.register(os.abort)", 0, "1 passed"),
    ],
)
def test_a_test_run_ends_with_its_own_status(tmp_path: Path, body: str, status: int, summary: str) -> None:
    """With the very hook of tests/conftest.py, in a project of its own."""
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_cmdline_main\n", "utf-8")
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    {body}\n", "utf-8")
    done = pytest_in(tmp_path)
    assert (done.returncode, summary in done.stdout) == (status, True), done.stdout + done.stderr


def test_a_failing_clean_up_of_a_test_run_is_not_hidden(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "from tests.conftest import pytest_cmdline_main\n"
        "def pytest_unconfigure():\n    raise RuntimeError('left behind')\n",
        "utf-8",
    )
    (tmp_path / "test_it.py").write_text("def test_it():\n    pass\n", "utf-8")
    done = pytest_in(tmp_path)
    assert done.returncode != 0
    assert "left behind" in done.stderr


def pytest_in(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
        str(folder),
    )
    return subprocess.run(
        command,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
