"""``python -m benchmarks.bare_carrier``: the carrier queues, nobody behind them. Runs until SIGTERM."""

import asyncio
import sys
from pathlib import Path

import uvloop

from benchmarks.bare_steps import bare_carrier_workers, bare_settings
from workers.graceful_exit import exit_now
from workers.run_until_stopped import run_until_stopped
from workers.temporal_connection import connect_to_temporal


async def run(address: str, ready: Path) -> None:
    """Create ``ready`` when the queues have their rates."""
    settings = bare_settings(address)
    client = await connect_to_temporal(settings)
    made = await bare_carrier_workers(client, settings)
    await asyncio.to_thread(ready.touch)
    await run_until_stopped(made)


def main() -> None:
    """Run."""
    address, ready = sys.argv[1:]
    uvloop.run(run(address, Path(ready)))
    exit_now(0)


if __name__ == "__main__":
    main()
