"""An outage is one line for each call it breaks, without a traceback; a fault of ours keeps its own."""

import json
import subprocess
import sys

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from temporalio.exceptions import ApplicationError

from activities.batching import Busy
from workers.logs import shorten_outages

# As the SDK's and uvicorn's lines come: through the standard library's logging.
_LINES = """
import logging, sys
from sqlalchemy.exc import OperationalError
from workers.logs import set_up_logs
set_up_logs("INFO")
for failure in (OperationalError("SELECT 1", None, Exception("away")), ZeroDivisionError("ours")):
    try:
        raise failure
    except Exception:
        logging.getLogger("temporalio.activity").warning("Completing activity as failed", exc_info=True)
"""


def shortened(failure: BaseException) -> dict[str, object]:
    info = (type(failure), failure, None)
    return dict(shorten_outages(None, "warning", {"event": "failed", "exc_info": info}))


@pytest.mark.parametrize(
    "failure",
    [
        OperationalError("…", None, Exception("away")),
        InterfaceError("…", None, Exception("away")),
        PoolTimeout(),
        ConnectionRefusedError(),
        Busy(),
        ApplicationError("not sent yet: throttled", type="throttled"),
    ],
)
def test_an_outage_is_told_by_its_kind(failure: BaseException) -> None:
    assert shortened(failure) == {"event": "failed", "failure": type(failure).__name__}


def test_the_servers_code_is_kept() -> None:
    """55P03: somebody holds a row."""
    failure = OperationalError("…", None, psycopg.errors.LockNotAvailable())
    assert shortened(failure)["sqlstate"] == "55P03"


@pytest.mark.parametrize(
    "failure",
    [ZeroDivisionError(), KeyError("x"), IntegrityError("…", None, psycopg.errors.UniqueViolation())],
)
def test_a_fault_of_ours_keeps_its_traceback(failure: BaseException) -> None:
    assert "exc_info" in shortened(failure)


def test_lines_of_libraries_are_shortened_as_well() -> None:
    printed = subprocess.run((sys.executable, "-c", _LINES), capture_output=True, text=True, check=True)
    outage, ours = (json.loads(line) for line in printed.stdout.splitlines())
    assert (outage["failure"], "exception" in outage) == ("OperationalError", False)
    assert "ZeroDivisionError" in ours["exception"]
    assert (outage["level"], ours["level"]) == ("warning", "warning")
