"""JSON lines on stdout. What is logged is ids, codes and counts: no numbers, no texts, no secrets."""

import logging
import sys

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.typing import EventDict
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError

from activities.batching import Busy

# What an outage raises, in hundreds: where it happened tells nothing new, so it is one line with its kind.
_OUTAGES = (OperationalError, InterfaceError, PoolTimeout, RPCError, Busy, TemporalError, OSError)


def shorten_outages(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Put the kind of a failure in the place of its traceback, where an outage is all there is to tell."""
    failure = line.get("exc_info")
    if isinstance(failure, tuple):
        failure = failure[1]
    elif failure is True:
        failure = sys.exc_info()[1]
    if isinstance(failure, _OUTAGES):
        del line["exc_info"]
        line["failure"] = type(failure).__name__
        if state := getattr(getattr(failure, "orig", None), "sqlstate", None):
            line["sqlstate"] = state
    return line


def set_up_logs(level: str) -> None:
    """Send our own and the libraries' log lines through one renderer."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        shorten_outages,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Their lines quote addresses and queries; warnings are enough.
    for noisy in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
