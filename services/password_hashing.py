"""Passwords as argon2id hashes, computed off the event loop and only a few at a time.

Company users and operators use the same functions; their accounts have nothing else in common.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from weakref import WeakKeyDictionary

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.passwords import MAX_PASSWORD_CHARACTERS

# One hash takes a CPU for some 20 ms and 19 MiB (OWASP's figures for argon2id); more at once would
# only take the machine from everybody else.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_HASHES_AT_ONCE = 2
# To judge a new password takes longer, and holds Python's lock: one at a time, and never in a sign-in's way.
_JUDGED_AT_ONCE = 1
_Gates = WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]
_gates: _Gates = WeakKeyDictionary()
_judging_gates: _Gates = WeakKeyDictionary()


def hash_password(password: str) -> str:
    """Return the argon2id hash to store. Takes some 20 ms of CPU: not on the event loop."""
    return _hasher.hash(password)


async def hashed(password: str) -> str:
    """Return the argon2id hash to store, computed beside the event loop."""
    async with hashing_turn():
        return await asyncio.to_thread(hash_password, password)


@asynccontextmanager
async def hashing_turn() -> AsyncIterator[None]:
    """Wait for one of the few turns to compute hashes.

    Take it before the first statement of a transaction, so that a flood of attempts waits here and does not
    take all connections. ``verified`` is called inside of it. Never wait for a turn after having written to
    an account's row: whoever has the turn may be waiting for that row.
    """
    async with _gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_HASHES_AT_ONCE)):
        yield


@asynccontextmanager
async def judging_turn() -> AsyncIterator[None]:
    """Wait for the turn to judge a new password: it is not one of the turns sign-ins wait for."""
    async with _judging_gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_JUDGED_AT_ONCE)):
        yield


async def verified(stored: str | None, password: str) -> str | None:
    """Return the hash to keep if ``password`` is the one of ``stored``, else ``None``.

    It is a new one if our parameters have grown since. ``stored`` is ``None`` for an account that does not
    exist: that takes as long as one that does. Call it within ``hashing_turn``.
    """
    return await asyncio.to_thread(_verified, stored, password)


def _verified(stored: str | None, password: str) -> str | None:
    given = password if len(password) <= MAX_PASSWORD_CHARACTERS else ""
    try:
        _hasher.verify(stored if stored is not None else _nobodys_hash(), given)
    except (VerificationError, InvalidHashError):
        return None
    if stored is None or given != password:
        return None
    return _hasher.hash(password) if _hasher.check_needs_rehash(stored) else stored


@cache
def _nobodys_hash() -> str:
    """A hash nobody has the password of."""
    return _hasher.hash(secrets.token_urlsafe(32))
