"""`python -m workers run` from start to stop, with the real servers and stand-ins for our own processes."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from workers.local_stack.ports import PORTS, free_port
from workers.local_stack.postgres import OWNER, EmbeddedPostgres
from workers.local_stack.settings import ROOT
from workers.local_stack.temporal import EmbeddedTemporal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for left processes in /proc")


class Launcher:
    """One `run`, and the processes that carry its mark in their environment."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.mark = uuid.uuid4().hex
        self.ports = {port.variable: str(free_port()) for port in PORTS}
        self.process: subprocess.Popen[str] | None = None

    def start(self, **more: str) -> "subprocess.Popen[str]":
        own = {**self.ports, "VAR_DIR": str(self.var), "STACK_MARK": self.mark}
        environment = {**os.environ, "DATABASE_URL": "", "TEMPORAL_ADDRESS": "", **own, **more}
        return subprocess.Popen(
            (sys.executable, "-m", "tests.workers.fake_stack"),
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, **more: str) -> dict[str, Any]:
        self.process = self.start(**more)
        deadline = time.monotonic() + 30
        while not (self.var / "run.json").exists():
            assert self.process.poll() is None, self.process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        content: dict[str, Any] = json.loads((self.var / "run.json").read_text("utf-8"))
        return content

    def end(self, number: signal.Signals) -> tuple[int, str]:
        assert self.process is not None
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=30)
        return self.process.returncode, output

    def processes(self) -> dict[int, str]:
        return {pid: command for pid, command in _marked(self.mark.encode()) if command}

    def gone(self, seconds: float = 5.0) -> bool:
        deadline = time.monotonic() + seconds
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.processes()

    def clean_up(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.end(signal.SIGTERM)
        shutil.rmtree(self.var, ignore_errors=True)  # pytest keeps folders of three runs, a cluster is 60 MB


def _marked(mark: bytes) -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                yield int(folder.name), (folder / "cmdline").read_text("utf-8", "replace").replace("\0", " ")
        except OSError:
            continue  # gone meanwhile


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path / "var")
    yield launcher
    launcher.clean_up()


def test_run_file_tells_where_everything_is_and_how_to_sign_in(launcher: Launcher) -> None:
    run = launcher.run()
    ports = launcher.ports
    portal = f"http://localhost:{ports['PORTAL_PORT']}"
    assert (run["portal_url"], run["api_url"]) == (portal, f"{portal}/api/v1")
    assert run["simulator_url"] == f"http://127.0.0.1:{ports['SIMULATOR_HTTP_PORT']}"
    assert run["temporal_ui_url"] == f"http://127.0.0.1:{ports['TEMPORAL_UI_PORT']}"
    assert run["temporal_address"] == f"127.0.0.1:{ports['TEMPORAL_PORT']}"
    assert [sorted(company) for company in run["companies"]] == [["api_key", "name", "users"]] * 2
    assert sorted(run["companies"][0]["users"][0]) == ["login_id", "password", "role"]
    psycopg.connect(run["database_url"]).close()
    for url in (run["portal_url"], run["simulator_url"], run["temporal_ui_url"]):
        assert urllib.request.urlopen(url, timeout=5).status == 200
    for name in ("run.json", "secrets.json"):
        assert stat.S_IMODE((launcher.var / name).stat().st_mode) == 0o600
    simulator = set(json.load(urllib.request.urlopen(run["simulator_url"], timeout=5)))
    assert "SIMULATOR_WEBHOOK_URL" in simulator
    assert not simulator & {"DATABASE_URL", "TEMPORAL_ADDRESS", "SMPP_AU_URL"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything(launcher: Launcher, number: signal.Signals) -> None:
    launcher.run()
    assert len(launcher.processes()) > 6
    status, output = launcher.end(number)
    assert status == 0, output
    assert "did not stop in time" not in output
    assert "\033" not in output
    assert launcher.processes() == {}
    assert not (launcher.var / "run.json").exists()


def test_a_killed_launcher_leaves_no_process_and_the_next_start_is_fast(launcher: Launcher) -> None:
    first = launcher.run()
    launcher.end(signal.SIGKILL)
    assert launcher.gone()
    began = time.monotonic()
    assert launcher.run() == first
    assert time.monotonic() - began < 10


def test_a_killed_service_and_a_killed_database_come_back(launcher: Launcher) -> None:
    run = launcher.run()
    postgres = int((launcher.var / "postgres" / "postmaster.pid").read_text("utf-8").split()[0])
    portal = next(pid for pid, command in launcher.processes().items() if "PORTAL_PORT" in command)
    for pid in (postgres, portal):
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 15
    while True:
        time.sleep(0.1)
        try:
            psycopg.connect(run["database_url"]).close()
            urllib.request.urlopen(run["portal_url"], timeout=5).close()
            break
        except OSError:
            assert time.monotonic() < deadline
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
    _, output = launcher.end(signal.SIGTERM)
    assert "PostgreSQL ended (signal 9); starts again in 1 s" in output
    assert "Portal and API ended (signal 9); starts again in 1 s" in output


def test_a_port_in_use_ends_the_start_with_its_name(launcher: Launcher) -> None:
    taken = launcher.ports["SIMULATOR_HTTP_PORT"]
    import socket

    with socket.create_server(("127.0.0.1", int(taken))):
        process = launcher.start()
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"Port {taken} (the carrier simulator) is in use" in output
    assert "SIMULATOR_HTTP_PORT=" in output
    assert launcher.processes() == {}


def test_servers_of_ones_own_are_used_and_none_is_started(
    launcher: Launcher, postgres: EmbeddedPostgres, temporal_dev_server: EmbeddedTemporal
) -> None:
    """One role that owns its database is enough: it acts as the others (decision 0028)."""
    address, url = temporal_dev_server.address, postgres.url_of(OWNER, OWNER)
    run = launcher.run(DATABASE_URL=url, TEMPORAL_ADDRESS=address, TEMPORAL_UI_URL="http://ui.example")
    assert (run["database_url"], run["temporal_address"]) == (url, address)
    assert run["temporal_ui_url"] == "http://ui.example"
    commands = " ".join(launcher.processes().values())
    assert "pginstall" not in commands
    assert "start-dev" not in commands
    assert not (launcher.var / "postgres").exists()
