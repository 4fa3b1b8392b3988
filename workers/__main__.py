"""The command line: ``python -m workers …`` starts every process of the platform."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
import uvloop
from pydantic import ValidationError

from domain.operator_permissions import OperatorRole
from workers.graceful_exit import exit_now
from workers.logs import set_up_logs
from workers.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _settings() -> Settings:
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            typer.echo(f"Setting {name}: {problem['msg']}", err=True)
        exit_now(2)
    set_up_logs(settings.log_level)
    return settings


def _run(main: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    """Run a process to its end and leave before the interpreter's tear-down can turn success into a crash."""
    settings = _settings()
    try:
        # The loop in C: a tenth of a worker's time.
        uvloop.run(main(settings))
    except Exception:
        structlog.get_logger(__name__).exception("process_failed")
        exit_now(1)
    exit_now(0)


@app.command()
def run(headless: Annotated[bool, typer.Option(help="No colours, no prompts.")] = False) -> None:
    """Start everything on this machine: servers, simulator, workers, portal."""
    from workers.local_stack import run_local_stack

    exit_now(run_local_stack(headless=headless))


@app.command()
def portal() -> None:
    """Serve the portal and the API."""
    from workers.portal import run_portal

    _run(run_portal)


@app.command()
def message() -> None:
    """Run campaigns and messages."""
    from workers.message import run_message_worker

    _run(run_message_worker)


@app.command()
def carrier() -> None:
    """Hold the links to the carriers and submit over them."""
    from workers.carrier import run_carrier_worker

    _run(run_carrier_worker)


@app.command()
def migrate() -> None:
    """Bring the database to the newest version."""
    from migrations.run import upgrade

    upgrade(_settings().migration_database)


@app.command()
def verify_audit() -> None:
    """Check that no entry of an audit trail was changed, removed or slipped in; status 1 if one was."""
    from workers.verify_audit import verify_audit_trails

    _run(verify_audit_trails)


@app.command(name="stop-after-restore")
def after_restore() -> None:
    """Cancel what may have gone out since the moment a database was restored to; workers must not run."""
    from workers.after_restore import stop_after_restore

    _run(stop_after_restore)


@app.command()
def demo_data(
    output: Annotated[Path, typer.Option(help="Where to write the sign-ins and keys (JSON).")],
) -> None:
    """Make two companies to try the product with; repeating it keeps them."""
    from workers.demo import write_demo_data

    async def main(settings: Settings) -> None:
        await write_demo_data(settings, output)

    _run(main)


@app.command(name="create-operator")
def new_operator(
    login_id: Annotated[str, typer.Option(help="What the operator signs in with, a mail address say.")],
    name: Annotated[str, typer.Option(help="The name other operators see.")],
    role: Annotated[OperatorRole, typer.Option(help="What the operator may do.")] = OperatorRole.OPERATOR,
    password_file: Annotated[
        Path | None, typer.Option(help="File whose first line is the password; else it is asked for.")
    ] = None,
) -> None:
    """Make an account for the operators' side of the portal."""
    from workers.operator_accounts import NotChanged, make_operator, read_password

    settings = _settings()
    try:
        uvloop.run(make_operator(settings, login_id, name, role, read_password(password_file)))
    except NotChanged as problem:
        typer.echo(str(problem), err=True)
        exit_now(1)
    typer.echo(f"{login_id} can sign in at {settings.portal_url}/operator.")
    exit_now(0)


@app.command()
def unlock_operator(login_id: Annotated[str, typer.Option(help="Who is locked out.")]) -> None:
    """Lift the lock that five wrong passwords or codes of an operator led to."""
    from workers.operator_accounts import NotChanged, lift_lock

    settings = _settings()
    try:
        uvloop.run(lift_lock(settings, login_id))
    except NotChanged as problem:
        typer.echo(str(problem), err=True)
        exit_now(1)
    typer.echo(f"{login_id} can try again.")
    exit_now(0)


@app.command()
def reset_operator_factor(
    login_id: Annotated[str, typer.Option(help="Whose second factor is lost.")],
) -> None:
    """Take a lost second factor of an operator away; the next sign-in sets up a new one."""
    from workers.operator_accounts import NotChanged, take_factor_away

    settings = _settings()
    try:
        uvloop.run(take_factor_away(settings, login_id))
    except NotChanged as problem:
        typer.echo(str(problem), err=True)
        exit_now(1)
    typer.echo(f"{login_id} has no second factor any more.")
    exit_now(0)


if __name__ == "__main__":
    app()
