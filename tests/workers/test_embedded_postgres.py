"""The launcher of the embedded PostgreSQL server: keeps data, survives kills, quotes no data in its log."""

import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.postgres import throw_away_postgres
from tests.support.servers import Server
from workers.local_stack.errors import StackError
from workers.local_stack.postgres import OWNER, EmbeddedPostgres, end_leftover, running_server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embedded")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    embedded = throw_away_postgres(folder)
    yield embedded
    end_leftover(embedded.data)
    shutil.rmtree(embedded.data)


def rows(server: EmbeddedPostgres) -> int:
    with psycopg.connect(server.url_of(OWNER, OWNER)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        found = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert found is not None
    return int(found[0])


def test_keeps_its_data_across_restarts(server: EmbeddedPostgres) -> None:
    with Server(server.member()):
        before = rows(server)
    assert running_server(server.data) is None
    with Server(server.member()):
        assert rows(server) == before + 1


def test_recovers_after_everything_was_killed(server: EmbeddedPostgres) -> None:
    with Server(server.member()):
        before = rows(server)
        pid = running_server(server.data)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    assert (server.data / "postmaster.pid").exists()
    with Server(server.member()):
        assert rows(server) == before + 1


def test_ends_a_server_that_outlived_its_launcher(server: EmbeddedPostgres) -> None:
    server.prepare()
    leftover = subprocess.Popen(server.command().arguments, stderr=subprocess.DEVNULL)
    while not server.is_ready():
        time.sleep(0.05)
    with Server(server.member()):
        assert running_server(server.data) not in (None, leftover.pid)
        assert leftover.wait(5) == 0


def test_a_stale_process_number_harms_no_other_program(server: EmbeddedPostgres) -> None:
    with Server(server.member()):
        pass
    stale = server.data / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{server.data}\n", "utf-8")
    assert running_server(server.data) is None
    stale.unlink()


def test_is_closed_to_others(server: EmbeddedPostgres) -> None:
    with Server(server.member()):
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            psycopg.connect(server.url_of(OWNER, OWNER).replace(server.owner_password, "guessed"))


def test_its_log_quotes_no_data(server: EmbeddedPostgres) -> None:
    with Server(server.member()), psycopg.connect(server.admin_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE numbers (number text PRIMARY KEY)")
        connection.execute("INSERT INTO numbers VALUES ('09012345678')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO numbers VALUES (%s)", ["09012345678"])
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("SELECT %s::int", ["x09012345678"])
    assert "09012345678" not in server.log.read_text("utf-8")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_data_is_named(tmp_path: Path) -> None:
    server = throw_away_postgres(tmp_path)
    server.data.mkdir()
    os.chown(server.data, 65534, 65534)
    with pytest.raises(StackError, match="belongs to user 65534"):
        server.prepare()
