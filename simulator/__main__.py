"""`python -m simulator`: all carriers in one process, until SIGTERM or SIGINT."""

import asyncio
import logging
import signal
import sys

import structlog
import uvloop
from pydantic import ValidationError

from simulator.app import PortUnavailable, Simulator
from simulator.settings import Settings


def configure_logs() -> None:
    """JSON lines on stdout; library logs only from warnings up."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING, format="%(message)s")


async def run(settings: Settings) -> None:
    """Run until a signal says stop. Raises PortUnavailable."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    simulator = Simulator(settings)
    await simulator.start()
    await stop.wait()
    await simulator.stop()


def main() -> int:
    """The process's exit status: 0 after a signal, 1 when it could not start."""
    configure_logs()
    try:
        settings = Settings()
    except ValidationError as error:
        names = ", ".join("SIMULATOR_" + str(item["loc"][0]).upper() for item in error.errors())
        print(f"simulator: bad settings: {names}", file=sys.stderr)
        return 1
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(settings))
    except PortUnavailable as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
