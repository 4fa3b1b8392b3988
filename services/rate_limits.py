"""Token buckets in PostgreSQL: all replicas of the portal count together."""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.rate_limits import LIMITS, LimitKind

_NEVER_OLDER_THAN = timedelta(days=1)

_AVAILABLE = """
    least(CAST(:burst AS double precision), {row}.tokens
          + greatest(extract(epoch FROM CAST(:now AS timestamptz) - {row}.counted_at), 0) / :refill)
"""

_TAKE = text(f"""
    INSERT INTO rate_buckets AS b (kind, key_hash, tokens, counted_at)
    VALUES (:kind, :key_hash, CAST(:burst AS double precision) - 1, :now)
    ON CONFLICT (kind, key_hash) DO UPDATE
    SET tokens = {_AVAILABLE.format(row="b")}
               - CASE WHEN {_AVAILABLE.format(row="b")} >= 1 THEN 1 ELSE 0 END,
        counted_at = greatest(b.counted_at, CAST(:now AS timestamptz))
    RETURNING (old.tokens IS NULL OR {_AVAILABLE.format(row="old")} >= 1) AS taken, new.tokens AS left
""")  # noqa: S608 - our own words

_GIVE_BACK = text("""
    UPDATE rate_buckets SET tokens = least(tokens + 1, CAST(:burst AS double precision))
    WHERE kind = :kind AND key_hash = :key_hash
""")

_FORGET = text("DELETE FROM rate_buckets WHERE counted_at < CAST(:now AS timestamptz) - :age")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a try. ``wait``: until there is a token again, ``None`` if one was taken.

    ``left`` whole tokens are there now; after ``full_in`` without another try it is all of them again.
    """

    wait: timedelta | None
    left: int
    full_in: timedelta


async def take(session: AsyncSession, kind: LimitKind, key: str, now: datetime) -> Taken:
    """Take one of ``key``'s tokens, if there is one.

    Commit it before the work it allows, else a failure of that work gives the token back.
    """
    limit = LIMITS[kind]
    values = {**_row(kind, key), "now": now, "burst": limit.burst, "refill": limit.refill_seconds}
    row = (await session.execute(_TAKE, values)).one()
    wait = None if row.taken else _seconds(max((1 - row.left) * limit.refill_seconds, 1))
    full_in = _seconds((limit.burst - row.left) * limit.refill_seconds)
    return Taken(wait, max(int(row.left), 0), full_in)


async def take_token(session: AsyncSession, kind: LimitKind, key: str, now: datetime) -> timedelta | None:
    """Take one of ``key``'s tokens as ``take`` does; return how long to wait if there is none."""
    return (await take(session, kind, key, now)).wait


async def give_token_back(session: AsyncSession, kind: LimitKind, key: str) -> None:
    """Undo a ``take_token`` whose try was a good one."""
    await session.execute(_GIVE_BACK, {**_row(kind, key), "burst": LIMITS[kind].burst})


async def forget_full_buckets(session: AsyncSession, now: datetime) -> None:
    """Delete buckets that nobody has touched for a day: they are full again."""
    await session.execute(_FORGET, {"now": now, "age": _NEVER_OLDER_THAN})


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=math.ceil(seconds))


def _row(kind: LimitKind, key: str) -> dict[str, str | bytes]:
    return {"kind": kind.value, "key_hash": hashlib.sha256(key.encode("utf-8", "replace")).digest()}
