"""Keys with which a company's programs call the JSON API: shown once, stored as a hash."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.api_keys import KeyScope
from domain.audit import AuditAction
from domain.callers import Caller
from services.audit import record_audit
from services.company_lookups import enter_company_of_api_key

# Lets scanners of repositories and logs recognise a leaked key.
KEY_PREFIX = "mdp_"
_KEY_BYTES = 32
_LONGEST_KEY = 200
_HINT_SIGNS = 4
# Not every request has to write: the last use is exact to this.
_USED_EVERY = timedelta(minutes=1)

_INSERT = text("""
    INSERT INTO api_keys (company_id, name, key_hash, hint, scope, networks, created_by_user_id)
    VALUES (:company_id, :name, :key_hash, :hint, :scope, :networks, :created_by)
""")

_OWNER = text("""
    SELECT company_id, id, scope, networks,
           coalesce(last_used_at < now() - CAST(:every AS interval), true) AS is_stale
    FROM api_keys WHERE key_hash = :key_hash AND revoked_at IS NULL
""")

_USED = text("UPDATE api_keys SET last_used_at = now() WHERE company_id = :company_id AND id = :id")

_COLUMNS = """
    SELECT k.id, k.name, k.hint, k.scope, k.networks, k.created_at, k.last_used_at, k.revoked_at,
           u.name AS created_by
    FROM api_keys k
    LEFT JOIN company_users u ON u.company_id = k.company_id AND u.id = k.created_by_user_id
    WHERE k.company_id = :company_id
"""
_LIST = text(f"{_COLUMNS} ORDER BY k.revoked_at IS NOT NULL, k.created_at DESC")
_ONE = text(f"{_COLUMNS} AND k.id = :id")

_REVOKE = text("""
    UPDATE api_keys SET revoked_at = coalesce(revoked_at, :now)
    WHERE company_id = :company_id AND id = :id RETURNING old.revoked_at IS NULL AS is_new, name
""")


class ApiKeyNotFound(Exception):
    """No such key in the caller's company."""


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """On whose behalf a program acts, and what its key allows."""

    caller: Caller
    scope: KeyScope
    networks: Sequence[str]


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """One key in the list. ``hint`` is its end; the key itself is nowhere."""

    id: UUID
    name: str
    hint: str | None
    scope: KeyScope
    networks: Sequence[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    created_by: str | None


async def create_api_key(
    session: AsyncSession,
    company_id: UUID,
    name: str,
    *,
    scope: KeyScope = KeyScope.SEND,
    networks: Sequence[str] = (),
    created_by: UUID | None = None,
) -> str:
    """Make a key and return it; it cannot be read again. ``networks`` are CIDR; none: from anywhere."""
    key = KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)
    values = {"name": name, "scope": scope.value, "networks": list(networks), "created_by": created_by}
    row = {"company_id": company_id, "key_hash": _hash(key), "hint": key[-_HINT_SIGNS:]}
    await session.execute(_INSERT, {**row, **values})
    return key


async def holder_of_key(session: AsyncSession, key: str) -> KeyHolder | None:
    """Return whose key it is and what it allows, ``None`` for unknown and revoked keys."""
    if not key or len(key) > _LONGEST_KEY:
        return None
    await enter_company_of_api_key(session, _hash(key))
    # Looked up by the hash of 256 random bits: comparing times tells an attacker nothing.
    values = {"key_hash": _hash(key), "every": _USED_EVERY}
    row = (await session.execute(_OWNER, values)).one_or_none()
    if row is None:
        return None
    if row.is_stale:
        await session.execute(_USED, {"company_id": row.company_id, "id": row.id})
    return KeyHolder(Caller(row.company_id, api_key_id=row.id), KeyScope(row.scope), row.networks)


async def caller_for_key(session: AsyncSession, key: str) -> Caller | None:
    """Return on whose behalf a program with ``key`` acts, ``None`` for unknown and revoked keys."""
    holder = await holder_of_key(session, key)
    return holder.caller if holder else None


async def list_api_keys(session: AsyncSession, caller: Caller) -> Sequence[ApiKeyRow]:
    """Return the company's keys: those that work first, then the revoked ones."""
    rows = await session.execute(_LIST, {"company_id": caller.company_id})
    return [ApiKeyRow(**{**row._mapping, "scope": KeyScope(row.scope)}) for row in rows]


async def find_api_key(session: AsyncSession, caller: Caller, key_id: UUID) -> ApiKeyRow:
    """Return one key of the company; raises ``ApiKeyNotFound``."""
    row = (await session.execute(_ONE, {"company_id": caller.company_id, "id": key_id})).one_or_none()
    if row is None:
        raise ApiKeyNotFound
    return ApiKeyRow(**{**row._mapping, "scope": KeyScope(row.scope)})


async def revoke_api_key(session: AsyncSession, caller: Caller, key_id: UUID, now: datetime) -> None:
    """Make a key worthless at once; repeating it changes nothing. Raises ``ApiKeyNotFound``."""
    values = {"company_id": caller.company_id, "id": key_id, "now": now}
    revoked = (await session.execute(_REVOKE, values)).one_or_none()
    if revoked is None:
        raise ApiKeyNotFound
    if revoked.is_new:
        before, target = {"name": revoked.name}, ("api_key", key_id)
        await record_audit(session, caller, AuditAction.API_KEY_REVOKED, target=target, before=before)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
