"""The random token in a session's cookie, and its hash in the database."""

import hashlib
import secrets
from datetime import timedelta

IDLE_LIMIT = timedelta(minutes=30)
ABSOLUTE_LIMIT = timedelta(hours=12)
# Not every page view has to write: the idle limit is exact to this.
SEEN_EVERY = timedelta(minutes=1)

_TOKEN_BYTES = 32


def new_token() -> str:
    """Return a token nobody can guess; it goes into the cookie and nowhere else."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
