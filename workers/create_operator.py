"""Makes an operator's account from the command line: how a real deployment begins."""

import sys
from getpass import getpass
from pathlib import Path

from domain.operator_permissions import OperatorRole
from services.database import OWN_STAFF, Database
from services.operators import OperatorExists, UnusableOperator, create_operator
from workers.settings import Settings


class NotCreated(Exception):
    """No account was made; the message says why, for the person at the terminal."""


def read_password(file: Path | None) -> str:
    """Return the password: the first line of ``file``, or typed twice. Never an argument, which others see.

    Raises ``NotCreated``.
    """
    if file is not None:
        try:
            lines = file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise NotCreated(f"{file} cannot be read: {type(error).__name__}.") from error
        return lines[0] if lines else ""
    if not sys.stdin.isatty():
        raise NotCreated("There is no terminal to type the password at: give --password-file.")
    password = getpass("Password: ")
    if password != getpass("The same again: "):
        raise NotCreated("The two passwords differ.")
    return password


async def make_operator(
    settings: Settings, login_id: str, name: str, role: OperatorRole, password: str
) -> None:
    """Make the account; raises ``NotCreated`` with the reason."""
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        async with database.transaction(OWN_STAFF) as session:
            await create_operator(session, login_id, name, role, password)
    except OperatorExists as error:
        raise NotCreated("There is an operator with this login id already.") from error
    except UnusableOperator as error:
        raise NotCreated(str(error)) from error
    finally:
        await database.close()
