"""Password hashes: argon2id, off the event loop, few at a time. Shared by every kind of sign-in."""

import asyncio
import secrets
from functools import cache
from weakref import WeakKeyDictionary

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MAX_PASSWORD_CHARACTERS = 200

# One hash takes a CPU for some 20 ms and 19 MiB (OWASP's figures for argon2id); more at once would
# only take the machine from everybody else.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_HASHES_AT_ONCE = 2

_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def hash_password(password: str) -> str:
    """Return the argon2id hash to store. Takes some 20 ms of CPU: call it off the event loop."""
    return _hasher.hash(password)


def hashing_gate() -> asyncio.Semaphore:
    """Return what to hold from before the first statement of a sign-in until its end.

    So a flood of attempts can take neither all CPUs nor all connections.
    """
    return _gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_HASHES_AT_ONCE))


async def matching_hash(stored: str | None, password: str) -> str | None:
    """Return the hash to keep (a new one if our parameters have grown), ``None`` if it does not match.

    ``stored`` is ``None`` for an unknown login id, which takes as long as a known one.
    """
    return await asyncio.to_thread(_matching, stored or _nobodys_hash(), password)


def _matching(stored: str, password: str) -> str | None:
    if len(password) > MAX_PASSWORD_CHARACTERS:
        return None
    try:
        _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return None
    return _hasher.hash(password) if _hasher.check_needs_rehash(stored) else stored


@cache
def _nobodys_hash() -> str:
    """A hash nobody has the password of."""
    return _hasher.hash(secrets.token_urlsafe(32))
