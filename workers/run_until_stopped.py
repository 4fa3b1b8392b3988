"""Workers that run until the process is told to stop."""

import asyncio
import signal
from collections.abc import Awaitable, Sequence

from temporalio.worker import Worker


def stop_event() -> asyncio.Event:
    """Return an event that SIGTERM or SIGINT sets."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, event.set)
    return event


async def run_until_stopped(workers: Sequence[Worker], background: Sequence[Awaitable[None]] = ()) -> None:
    """Run workers and background loops until SIGTERM; activities under way get their grace to finish.

    A worker that fails ends the process with its error, so that whoever supervises it starts it anew.
    """
    stopped = asyncio.create_task(stop_event().wait())
    loops = [asyncio.ensure_future(loop) for loop in background]
    runs = [asyncio.create_task(worker.run()) for worker in workers]
    await asyncio.wait([stopped, *runs, *loops], return_when=asyncio.FIRST_COMPLETED)
    for task in (stopped, *loops):
        task.cancel()
    # All at once, so that their graces run side by side.
    await asyncio.gather(*(worker.shutdown() for worker in workers))
    await asyncio.gather(*runs)
    for loop in loops:
        if loop.done() and not loop.cancelled() and (failure := loop.exception()):
            raise failure
