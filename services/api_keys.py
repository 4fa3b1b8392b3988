"""Keys with which a company's programs call the JSON API: shown once, stored as a hash."""

import hashlib
import secrets
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller
from services.company_lookups import enter_company_of_api_key

# Lets scanners of repositories and logs recognise a leaked key.
KEY_PREFIX = "mdp_"
_KEY_BYTES = 32
_LONGEST_KEY = 200

_INSERT = text("INSERT INTO api_keys (company_id, name, key_hash) VALUES (:company_id, :name, :key_hash)")

_OWNER = text("SELECT company_id FROM api_keys WHERE key_hash = :key_hash AND revoked_at IS NULL")


async def create_api_key(session: AsyncSession, company_id: UUID, name: str) -> str:
    """Make a key for a company and return it; it cannot be read again."""
    key = KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)
    await session.execute(_INSERT, {"company_id": company_id, "name": name, "key_hash": _hash(key)})
    return key


async def caller_for_key(session: AsyncSession, key: str) -> Caller | None:
    """Return on whose behalf a program with ``key`` acts, ``None`` for unknown and revoked keys."""
    if not key or len(key) > _LONGEST_KEY:
        return None
    await enter_company_of_api_key(session, _hash(key))
    # Looked up by the hash of 256 random bits: comparing times tells an attacker nothing.
    company_id = (await session.execute(_OWNER, {"key_hash": _hash(key)})).scalar_one_or_none()
    return None if company_id is None else Caller(company_id)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
