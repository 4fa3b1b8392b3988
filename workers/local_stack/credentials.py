"""Passwords between our own processes: drawn once, kept in `var/secrets.json`, readable by the owner only."""

import json
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from workers.local_stack.errors import StackError
from workers.local_stack.settings import private_file


@dataclass(frozen=True)
class Credentials:
    postgres_admin: str
    postgres_owner: str
    postgres_app: str
    postgres_jobs: str
    smpp_password: str
    oauth_client_secret: str
    number_recycling_token: str
    webhook_token: str
    encryption_key: str


def load_credentials(path: Path) -> Credentials:
    """The stored ones; whatever is missing is drawn and stored before anything uses it."""
    stored = _stored(path)
    # Letters and digits only, and a URL needs no quoting. SMPP allows a password of eight characters.
    drawn = {field.name: secrets.token_hex(24) for field in fields(Credentials)}
    drawn["smpp_password"] = secrets.token_hex(4)
    credentials = Credentials(**{name: stored.get(name, value) for name, value in drawn.items()})
    if asdict(credentials) != stored:
        private_file(path, json.dumps(asdict(credentials), indent=2) + "\n")
    return credentials


def _stored(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StackError(f"{path} cannot be read: {error}") from error
    return {str(name): str(value) for name, value in content.items()}
