"""Starts one member of the local stack for a test run."""

import time
from types import TracebackType

from workers.local_stack.member import Member
from workers.local_stack.supervisor import Supervisor

START_SECONDS = 60.0
STOP_SECONDS = 20.0


class Server:
    """`with Server(member):` runs it until the block is left."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._supervisor = Supervisor(say=print, stopping=lambda: False)

    def __enter__(self) -> "Server":
        try:
            self._supervisor.start(self._member)
            self._supervisor.wait_ready(self._member, time.monotonic() + START_SECONDS)
        except BaseException:
            self._supervisor.stop(STOP_SECONDS)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._supervisor.stop(STOP_SECONDS)
