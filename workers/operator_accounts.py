"""Operators' accounts from the command line: the first one, and the way back of who has lost everything."""

import sys
from getpass import getpass
from pathlib import Path

from domain.callers import COMMAND_LINE
from domain.operator_permissions import OperatorRole
from services.database import OWN_STAFF, Database, JobsDatabase
from services.operators import (
    OperatorExists,
    OperatorNotFound,
    UnusableOperator,
    create_operator,
    operator_of_login,
    reset_operator_factor,
    unlock_operator,
)
from workers.settings import Settings


class NotChanged(Exception):
    """No account was made or changed; the message says why, for the person at the terminal."""


def read_password(file: Path | None) -> str:
    """Return the password: the first line of ``file``, or typed twice. Never an argument, which others see.

    Raises ``NotChanged``.
    """
    if file is not None:
        try:
            lines = file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise NotChanged(f"{file} cannot be read: {type(error).__name__}.") from error
        return lines[0] if lines else ""
    if not sys.stdin.isatty():
        raise NotChanged("There is no terminal to type the password at: give --password-file.")
    password = getpass("Password: ")
    if password != getpass("The same again: "):
        raise NotChanged("The two passwords differ.")
    return password


async def make_operator(
    settings: Settings, login_id: str, name: str, role: OperatorRole, password: str
) -> None:
    """Make the account; raises ``NotChanged`` with the reason."""
    # The application's role makes no accounts of our own staff (migrations/roles.py).
    database = JobsDatabase(settings.jobs_database, pool_size=1)
    try:
        async with database.transaction(OWN_STAFF) as session:
            await create_operator(session, login_id, name, role, password)
    except OperatorExists as error:
        raise NotChanged("There is an operator with this login id already.") from error
    except UnusableOperator as error:
        raise NotChanged(str(error)) from error
    finally:
        await database.close()


async def lift_lock(settings: Settings, login_id: str) -> None:
    """Let an operator try again who is locked out; raises ``NotChanged`` with the reason."""
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        async with database.transaction(OWN_STAFF) as session:
            await unlock_operator(session, COMMAND_LINE, await operator_of_login(session, login_id.strip()))
    except OperatorNotFound as error:
        raise NotChanged("There is no operator with this login id.") from error
    finally:
        await database.close()


async def take_factor_away(settings: Settings, login_id: str) -> None:
    """Take an operator's lost second factor away; raises ``NotChanged`` with the reason."""
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        async with database.transaction(OWN_STAFF) as session:
            operator_id = await operator_of_login(session, login_id.strip())
            await reset_operator_factor(session, COMMAND_LINE, operator_id)
    except OperatorNotFound as error:
        raise NotChanged("There is no operator with this login id.") from error
    finally:
        await database.close()
