"""`python -m simulator.mail`: the mail catcher, until SIGTERM or SIGINT."""

import asyncio
import signal
import sys

from pydantic import ValidationError

from simulator.mail.catcher import MailCatcher
from simulator.mail.settings import Settings


async def run(settings: Settings) -> None:
    """Run until a signal says stop. Raises OSError when a port is in use."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    catcher = MailCatcher(settings)
    await catcher.start()
    await stop.wait()
    await catcher.stop()


def main() -> int:
    """The process's exit status: 0 after a signal, 1 when it could not start."""
    try:
        asyncio.run(run(Settings()))
    except (ValidationError, OSError) as error:
        print(f"mail catcher: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
