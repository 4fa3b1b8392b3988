"""Ends a process that used the Temporal SDK.

The SDK's core runs threads that call back into Python. While the interpreter takes itself apart, such a call
can abort the process (PyGILState_Release, about one exit in ten), and finished work is reported as failed. A
process whose work is done therefore leaves without that last step.
"""

import logging
import os
import sys
from typing import NoReturn

OUTPUT_LOST = 120  # what Python itself answers when its buffered output cannot be written at exit


def exit_now(status: int) -> NoReturn:
    """Leave with `status`, everything printed and logged so far written, no interpreter tear-down.

    Call it last: `atexit` functions do not run and other threads are not waited for.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            status = status or OUTPUT_LOST
    os._exit(status)
