"""The bare engine: the same workflow, server and processes, and steps that do nothing."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.errors import BenchmarkFailed
from benchmarks.processes import cpu_of_each, per_message, wait_until
from benchmarks.results import EngineResult
from benchmarks.stack import stack_environment
from domain.messages import ChannelPlan
from workers.local_stack.child import Child, Command
from workers.local_stack.ports import free_port
from workers.local_stack.settings import ROOT
from workers.local_stack.temporal import EmbeddedTemporal

START_SECONDS = 60.0
STOP_SECONDS = 25.0
# Far more than any machine needs; a stall ends the run sooner.
SECONDS_PER_MESSAGE = 0.5


def measure_engine(var: Path, plan: ChannelPlan, messages: int) -> EngineResult:
    """Measure one plan on a new server of its own."""
    folder = var / f"engine-{plan.value}"
    folder.mkdir(parents=True)
    environment = stack_environment(os.environ, folder) | {"PYTHONPATH": str(ROOT)}
    server = EmbeddedTemporal(
        port=free_port(), ui_port=free_port(), log=folder / "temporal.log", database=folder / "temporal.db"
    )
    ready = folder / "ready"
    with contextlib.ExitStack() as running:
        temporal = running.enter_context(_running(server.command(environment), server.is_ready))
        carrier = running.enter_context(
            _running(_python(folder, "bare_carrier", (server.address, str(ready)), environment), ready.exists)
        )
        pids = {"temporal": temporal.pid or 0, "carrier worker": carrier.pid or 0}
        before = cpu_of_each(pids)
        order = (server.address, plan.value, str(messages))
        measured = _result_of(_python(folder, "bare_message", order, environment), messages)
        others = per_message(before, cpu_of_each(pids), messages)
    return EngineResult(
        measured["messages_per_second"], {"message worker": measured["cpu_ms_per_message"], **others}
    )


def _python(folder: Path, module: str, arguments: Sequence[str], environment: dict[str, str]) -> Command:
    return Command(
        name=module,
        arguments=(sys.executable, "-m", f"benchmarks.{module}", *arguments),
        log=folder / f"{module}.log",
        environment=environment,
    )


@contextlib.contextmanager
def _running(command: Command, is_ready: Callable[[], bool]) -> Iterator[Child]:
    child = Child(command)
    child.start()
    try:
        if not wait_until(lambda: is_ready() or not child.running, seconds=START_SECONDS, every=0.1):
            raise BenchmarkFailed(f"{command.name} did not start in {START_SECONDS:.0f} s:\n{child.tail()}")
        if not child.running:
            raise BenchmarkFailed(f"{command.name} ended while starting:\n{child.tail()}")
        yield child
    finally:
        child.request_stop()
        child.finish(time.monotonic() + STOP_SECONDS)


def _result_of(command: Command, messages: int) -> dict[str, float]:
    child = Child(command)
    child.start()
    try:
        limit = START_SECONDS + messages * SECONDS_PER_MESSAGE
        ended = wait_until(lambda: not child.running, seconds=limit, every=0.2)
    finally:
        child.request_stop()
        child.finish(time.monotonic() + STOP_SECONDS)
    if not ended or child.exit_code != 0:
        raise BenchmarkFailed(f"The bare engine did not finish ({child.exit_code}):\n{child.tail()}")
    result: dict[str, float] = json.loads(child.tail().splitlines()[-1])
    return result
