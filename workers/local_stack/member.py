"""A part of the stack as the supervisor sees it: its command, how to tell that it answers, when it stops."""

import http.client
from collections.abc import Callable
from dataclasses import dataclass

from workers.local_stack.child import Command
from workers.local_stack.ports import LOOPBACK

HEALTH_SECONDS = 2.0


def nothing() -> None:
    """No step before the start, none after."""


@dataclass(frozen=True)
class Member:
    title: str  # for the console
    command: Command
    is_ready: Callable[[], bool]
    # Members of one stage stop together; the next stage starts when the one before is down. The share says
    # how far into the time for stopping a stage may reach before it is ended by force.
    stop_stage: int
    stop_share: float
    before_start: Callable[[], None] = nothing
    after_ready: Callable[[], None] = nothing


def http_health(port: int, path: str) -> Callable[[], bool]:
    def answers() -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=HEALTH_SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return answers
