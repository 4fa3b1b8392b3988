"""The whole product, started for a measurement and stopped after it, with data of its own."""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.errors import BenchmarkFailed
from benchmarks.processes import processes_of
from workers.local_stack.child import Child, Command
from workers.local_stack.ports import PORTS, free_port
from workers.local_stack.run_file import RunInformation
from workers.local_stack.services import PLATFORM_ENVIRONMENT, SIMULATOR_ENVIRONMENT
from workers.local_stack.settings import ROOT
from workers.settings import Settings

START_SECONDS = 120.0
STOP_SECONDS = 35.0
# The links' contract rates are raised, or they would be what is measured.
LINK_RATE = 1000


class Stack:
    """A running product. ``run`` tells its addresses, ``processes`` the process id of each part."""

    def __init__(self, run: RunInformation, launcher: int) -> None:
        self.run = run
        self.processes = processes_of(launcher)


@contextlib.contextmanager
def running_stack(var: Path, temporal: str | None = None) -> Iterator[Stack]:
    """Start everything as ``make run`` does, data in ``var``; stop it whatever happens in the block.

    ``temporal`` (host:port) is a server of yours to measure with, in place of the embedded one.
    """
    child = Child(
        Command(
            name="stack",
            arguments=(sys.executable, "-m", "workers", "run", "--headless"),
            log=var / "stack.log",
            environment=stack_environment(os.environ, var, temporal),
        )
    )
    child.start()
    try:
        yield Stack(_await_start(child, var / "run.json"), child.pid or 0)
    finally:
        child.request_stop()
        in_time = child.finish(time.monotonic() + STOP_SECONDS)
    if not in_time or child.exit_code != 0:
        raise BenchmarkFailed(f"The stack did not stop as it should (status {child.exit_code}).")


def stack_environment(found: Mapping[str, str], var: Path, temporal: str | None = None) -> dict[str, str]:
    """What the machine sets, and nothing of a product someone runs: no database, no carrier of theirs.

    A Temporal server to measure with is named on purpose, never found.
    """
    ours = {name.upper() for name in Settings.model_fields} | {port.variable for port in PORTS}
    ours |= {*PLATFORM_ENVIRONMENT, *SIMULATOR_ENVIRONMENT, "VAR_DIR", "SECRETS_DIR"}
    clean = {
        name: value
        for name, value in found.items()
        if name not in ours and not name.startswith(("SIMULATOR_", "TEMPORAL_", "PG"))
    }
    ports = {port.variable: str(free_port()) for port in PORTS}
    rates = {"SMS_RATE": str(LINK_RATE), "RCS_RATE": str(LINK_RATE)}
    engine = {} if temporal is None else {"TEMPORAL_ADDRESS": temporal}
    return clean | ports | rates | engine | {"VAR_DIR": str(var)}


def _await_start(child: Child, run_file: Path) -> RunInformation:
    deadline = time.monotonic() + START_SECONDS
    while not run_file.exists():
        if not child.running:
            raise BenchmarkFailed(f"The stack ended while starting:\n{child.tail()}")
        if time.monotonic() > deadline:
            raise BenchmarkFailed(f"The stack did not start in {START_SECONDS:.0f} s:\n{child.tail()}")
        time.sleep(0.1)
    return RunInformation.model_validate_json(run_file.read_text("utf-8"))


@contextlib.contextmanager
def data_folder() -> Iterator[Path]:
    """A new folder below ``var``; removed if all went well, else left for whoever looks for the reason."""
    var = ROOT / "var" / f"bench-{time.strftime('%Y%m%d-%H%M%S')}"
    var.mkdir(parents=True)
    try:
        yield var
    except BaseException:
        print(f"Data and logs of this run are left in {var}.", file=sys.stderr)
        raise
    shutil.rmtree(var)
