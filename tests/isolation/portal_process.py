"""The portal as a process of its own, over TCP: its memory, and how long others wait meanwhile."""

import http.client
import os
import re
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.servers import Server
from workers.local_stack.child import Command
from workers.local_stack.member import Member, http_health
from workers.local_stack.ports import free_port

WATCH_SECONDS = 0.02


@dataclass(frozen=True)
class PortalProcess:
    port: int
    member: Member

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def peak_memory(self) -> int:
        """The most memory the process ever had, in MB."""
        return self._memory("VmHWM")

    def memory(self) -> int:
        """What it has now, in MB."""
        return self._memory("VmRSS")

    def _memory(self, name: str) -> int:
        (pid,) = _listening_on(self.port)
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
        found = re.search(rf"{name}:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) // 1024

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)


@contextmanager
def portal_process(database_url: str, folder: Path) -> Iterator[PortalProcess]:
    """Start ``python -m workers portal`` on a database, without Temporal."""
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
        "ENCRYPTION_KEY": secrets.token_hex(16),
        "PORTAL_URL": f"http://127.0.0.1:{port}",
        "PORTAL_PORT": str(port),
        "PORTAL_TEST_MARK": str(port),
    }
    command = Command(
        "portal", (sys.executable, "-m", "workers", "portal"), folder / "portal.log", environment
    )
    member = Member("Portal", command, http_health(port, "/health/ready"), stop_stage=1, stop_share=1.0)
    with Server(member):
        yield PortalProcess(port, member)


def _listening_on(port: int) -> list[int]:
    mark = f"PORTAL_TEST_MARK={port}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


@dataclass
class Bystanders:
    """Others who use the portal all the time: the health check, and a page of another company."""

    portal: PortalProcess
    cookie: str
    seconds: list[float] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)

    def __enter__(self) -> "Bystanders":
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(path,)) for path in ("/health/live", "/campaigns")
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, path: str) -> None:
        connection = self.portal.connection()
        while not self._stop.wait(WATCH_SECONDS):
            began = time.monotonic()
            connection.request("GET", path, headers={"Cookie": self.cookie})
            answer = connection.getresponse()
            answer.read()
            self.seconds.append(time.monotonic() - began)
            self.statuses.add(answer.status)

    def p99(self) -> float:
        """How long all but one in a hundred waited at most, in seconds."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)]
