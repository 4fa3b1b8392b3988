"""``python -m tests.soak --minutes 60 --seed 1``: the long mixed run, on a product of its own."""

import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tests.e2e.stack import start_stack, stop_stack
from tests.soak.run import WAITING_TIMES, mixed_run
from workers.graceful_exit import exit_now


def main(
    minutes: Annotated[float, typer.Option(min=0.1)] = 60.0,
    seed: int = 1,
    rate: Annotated[float, typer.Option(min=0.1, help="Messages a second.")] = 5.0,
    kills: Annotated[bool, typer.Option(help="Kill our own processes and servers as well.")] = True,
) -> None:
    """Exit status 0 when every book agrees; else the first thing that does not, and the data is kept."""
    var = Path(tempfile.mkdtemp(prefix="soak-"))
    _say(f"seed {seed}, {minutes:g} min, {rate:g} messages/s, data in {var}")
    stack = start_stack(var, **WAITING_TIMES, SIMULATOR_SEED=str(seed))
    status = 1
    try:
        statuses = mixed_run(stack, seed=seed, seconds=minutes * 60, rate=rate, kills=kills, log=_say)
        _say("all books agree: " + ", ".join(f"{status} {number}" for status, number in statuses.items()))
        status = 0
    except AssertionError as wrong:
        _say(f"NOT as it must be: {wrong}")
    finally:
        stopped = stop_stack(stack)
    if stopped != 0:
        _say(f"the product ended with status {stopped}")
    exit_now(status or stopped)


def _say(line: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {line}", file=sys.stderr, flush=True)  # noqa: DTZ005 - for the reader's clock


if __name__ == "__main__":
    typer.run(main)
