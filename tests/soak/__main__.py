"""``python -m tests.soak --minutes 60 --seed 1``: the long mixed run, on a product of its own."""

import json
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tests.e2e.stack import start_stack, stop_stack
from tests.soak.run import WAITING_TIMES, mixed_run
from tests.soak.troubles.machine import FAKETIME, clock_environment, give_back, own_disk, set_right
from workers.graceful_exit import exit_now

LAUNCHER = str(Path(__file__).with_name("launcher.py"))


def main(
    minutes: Annotated[float, typer.Option(min=0.1)] = 60.0,
    seed: int = 1,
    rate: Annotated[float, typer.Option(min=0.1, help="Messages a second.")] = 5.0,
    kills: Annotated[bool, typer.Option(help="Heavy troubles as well: processes, database, machine.")] = True,
    clocks: Annotated[bool, typer.Option(help="Wrong clocks as well; libfaketime costs much time.")] = False,
) -> None:
    """Exit status 0 when every book agrees; else everything that does not, and the data is kept."""
    outside = Path(tempfile.mkdtemp(prefix="soak-"))
    var = outside / "var"
    var.mkdir()
    disk = own_disk(var, outside) if kills else None
    clock = outside / "clock" if kills and clocks and FAKETIME.exists() else None
    conditions = {}
    if clock is not None:
        set_right(clock)
        conditions = clock_environment(clock)
    _say(f"seed {seed}, {minutes:g} min, {rate:g} messages/s, data in {outside}")
    environment = {**WAITING_TIMES, "SIMULATOR_SEED": str(seed), "SOAK_ENVIRONMENT": json.dumps(conditions)}
    stack = start_stack(var, (LAUNCHER,), **environment)
    status = 1
    try:
        statuses = mixed_run(
            stack,
            seed=seed,
            seconds=minutes * 60,
            rate=rate,
            kills=kills,
            log=_say,
            clock=clock,
            disk=disk,
            logs=outside,
        )
        _say("all books agree: " + ", ".join(f"{status} {number}" for status, number in statuses.items()))
        status = 0
    except AssertionError as wrong:
        _say(f"NOT as it must be (seed {seed}): {wrong}")
    finally:
        stopped = stop_stack(stack)
        if disk is not None and status == 0 and stopped == 0:
            give_back(disk)
    if stopped != 0:
        _say(f"the product ended with status {stopped}")
    exit_now(status or stopped)


def _say(line: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {line}", file=sys.stderr, flush=True)  # noqa: DTZ005 - for the reader's clock


if __name__ == "__main__":
    typer.run(main)
