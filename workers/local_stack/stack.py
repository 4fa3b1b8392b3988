"""The local stack from start to stop."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from workers.local_stack.child import Command
from workers.local_stack.console import Console
from workers.local_stack.credentials import Credentials, load_credentials
from workers.local_stack.environment import child_environment, stack_environment
from workers.local_stack.errors import StackError, StopRequested
from workers.local_stack.guard import StopSignals, only_start, own_terminal
from workers.local_stack.member import Member, http_health
from workers.local_stack.ports import require_free
from workers.local_stack.postgres import EmbeddedPostgres, can_connect, end_leftover
from workers.local_stack.run_file import run_information, write_run_file
from workers.local_stack.services import SERVICES, TASKS, Service, Task
from workers.local_stack.settings import StackSettings, read_settings
from workers.local_stack.supervisor import Supervisor
from workers.local_stack.temporal import EmbeddedTemporal, cluster_answers

WATCH_SECONDS = 0.2


def run_local_stack(
    headless: bool, *, services: tuple[Service, ...] = SERVICES, tasks: tuple[Task, ...] = TASKS
) -> int:
    """Start everything, stay in the foreground until asked to stop, stop everything. The exit status."""
    console = Console(headless=headless)
    try:
        settings = read_settings(os.environ, headless=headless)
        with only_start(settings.var), own_terminal(), StopSignals() as stopping:
            LocalStack(settings, console, services, tasks).run(stopping)
    except StackError as error:
        console.complain(str(error))
        return 1
    return 0


class LocalStack:
    def __init__(
        self,
        settings: StackSettings,
        console: Console,
        services: tuple[Service, ...],
        tasks: tuple[Task, ...],
    ) -> None:
        self._settings = settings
        self._console = console
        self._services = services
        self._tasks = tasks
        self._credentials: Credentials = load_credentials(settings.var / "secrets.json")
        self._values: Mapping[str, str] = stack_environment(settings, self._credentials)

    def run(self, stopping: Callable[[], bool]) -> None:
        supervisor = Supervisor(say=self._console.say, stopping=stopping)
        try:
            self._start(supervisor)
            while not stopping():
                supervisor.look_after()
                time.sleep(WATCH_SECONDS)
        except StopRequested:
            pass
        finally:
            self._console.say("\nStopping …")
            self._settings.run_file.unlink(missing_ok=True)
            supervisor.stop(self._settings.stop_seconds)
            self._console.say("Stopped.")

    def _start(self, supervisor: Supervisor) -> None:
        began = time.monotonic()
        deadline = began + self._settings.start_seconds
        self._settings.run_file.unlink(missing_ok=True)
        self._console.say("Starting …")
        self._require_ports()
        database, engine = self._database(), self._engine()
        early = [self._member(service) for service in self._services if not service.needs_platform]
        for member in (database, engine, *early):
            if member is not None:
                supervisor.start(member)
        self._prepare_database(supervisor, database, deadline)
        self._wait_for_engine(supervisor, engine, deadline)
        late = [self._member(service) for service in self._services if service.needs_platform]
        for member in late:
            supervisor.start(member)
        for member in (*early, *late):
            supervisor.wait_ready(member, deadline)
            self._console.step(f"{member.title} answers")
        run = run_information(self._settings, self._values)
        write_run_file(self._settings.run_file, run)
        self._console.show(run, time.monotonic() - began)
        self._console.farewell(self._settings.var)

    def _require_ports(self) -> None:
        unused = set() if self._settings.own_postgres else {"POSTGRES_PORT"}
        if not self._settings.own_temporal:
            unused |= {"TEMPORAL_PORT", "TEMPORAL_UI_PORT"}
        end_leftover(self._settings.var / "postgres")
        require_free(self._settings.ports, set(self._settings.ports) - unused)

    def _database(self) -> Member | None:
        settings = self._settings
        if not settings.own_postgres:
            return None
        return EmbeddedPostgres(
            data=settings.var / "postgres",
            port=settings.ports["POSTGRES_PORT"],
            log=settings.log("postgres"),
            admin_password=self._credentials.postgres_admin,
            owner_password=self._credentials.postgres_owner,
            app_password=self._credentials.postgres_app,
            jobs_password=self._credentials.postgres_jobs,
        ).member()

    def _engine(self) -> Member | None:
        settings = self._settings
        if not settings.own_temporal:
            return None
        return EmbeddedTemporal(
            port=settings.ports["TEMPORAL_PORT"],
            ui_port=settings.ports["TEMPORAL_UI_PORT"],
            log=settings.log("temporal"),
            database=settings.var / "temporal.db",
        ).member(settings.environment)

    def _prepare_database(self, supervisor: Supervisor, own: Member | None, deadline: float) -> None:
        """Migrations and demo data run while Temporal gets ready."""
        url = self._values["MIGRATION_DATABASE_URL"]
        if own is not None:
            supervisor.wait_ready(own, deadline)
        else:
            complaint = "The PostgreSQL server of DATABASE_URL does not answer."
            supervisor.wait_for(lambda: can_connect(url), complaint, deadline)
        self._console.step("PostgreSQL answers")
        for task in self._tasks:
            supervisor.run_task(task.title, self._task(task), deadline)
            self._console.step(f"{task.title} done")

    def _wait_for_engine(self, supervisor: Supervisor, own: Member | None, deadline: float) -> None:
        address = self._values["TEMPORAL_ADDRESS"]
        if own is not None:
            supervisor.wait_ready(own, deadline)
        else:
            complaint = f"The Temporal server {address} (TEMPORAL_ADDRESS) does not answer."
            supervisor.wait_for(lambda: cluster_answers(address), complaint, deadline)
        self._console.step("Temporal answers")

    def _member(self, service: Service) -> Member:
        return Member(
            title=service.title,
            command=self._command(service),
            is_ready=http_health(self._settings.ports[service.health_port], service.health_path),
            stop_stage=service.stop_stage,
            stop_share=service.stop_share,
        )

    def _command(self, service: Service) -> Command:
        fixed = {name: self._values[source] for name, source in service.renamed.items()}
        return self._python(service.name, service.arguments, service.environment, fixed)

    def _task(self, task: Task) -> Command:
        arguments = tuple(part.format(demo_file=self._settings.demo_file) for part in task.arguments)
        return self._python(task.name, arguments, task.environment, {})

    def _python(
        self, name: str, arguments: tuple[str, ...], names: tuple[str, ...], fixed: Mapping[str, str]
    ) -> Command:
        environment = child_environment(self._settings.environment, self._values, names, fixed)
        log: Path = self._settings.log(name)
        return Command(name=name, arguments=(sys.executable, *arguments), log=log, environment=environment)
