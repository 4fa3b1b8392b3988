"""The log's months in the database: made ahead of time, dropped when the log has no use for them (L-1).

What ended so late that its month is still needed by it is rare (sends scheduled far ahead); of such a month
the other messages are deleted, and the month goes when the last one may.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.log_months import LogMonth, ended_before, first_message_id, months_to_have

# What is stored by the month of a message (models: ``by_month_of``).
DIVIDED = ("messages", "submit_attempts", "submit_segments", "recycling_checks")

# Deleted in one transaction at most.
BATCH = 5_000

_MONTHS = text("""
    SELECT substr(c.relname, length('messages_') + 1) AS name FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'log_months' AND c.relkind = 'r' AND c.relname LIKE 'messages\\_%' ORDER BY 1
""")

_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(7206)")
_MAKE = text("SELECT make_log_month(:month, :first_id, :next_first_id)")
_DROP = text("SELECT drop_log_month(:month, :ended_before)")

# One statement, at whose end what refers to what is compared: nothing is left that refers to a message.
_DELETE_ENDED = text("""
    WITH ended AS MATERIALIZED (
        SELECT company_id, id FROM messages
        WHERE id >= :first_id AND id < :next_first_id AND closed_at < :ended_before
        LIMIT :batch FOR UPDATE SKIP LOCKED
    ), segments AS (
        DELETE FROM submit_segments s USING ended e WHERE s.company_id = e.company_id AND s.message_id = e.id
    ), attempts AS (
        DELETE FROM submit_attempts a USING ended e WHERE a.company_id = e.company_id AND a.message_id = e.id
    ), checks AS (
        DELETE FROM recycling_checks k USING ended e WHERE k.company_id = e.company_id AND k.message_id = e.id
    ), deleted AS (
        DELETE FROM messages m USING ended e WHERE m.company_id = e.company_id AND m.id = e.id RETURNING m.id
    )
    SELECT count(*) FROM deleted
""")


async def is_only_keeper(session: AsyncSession) -> bool:
    """Take the keeper's turn for this transaction; ``False`` when another process has it."""
    return bool((await session.execute(_TRY_LOCK)).scalar_one())


async def existing_months(session: AsyncSession) -> list[LogMonth]:
    """Return the months the database has, the oldest first."""
    return [LogMonth.named(name) for name in (await session.execute(_MONTHS)).scalars()]


async def make_months(session: AsyncSession, now: datetime) -> list[LogMonth]:
    """Make the months that are missing and return them; the transaction is one of ``JobsDatabase``."""
    return [
        month
        for month in months_to_have(now)
        if (await session.execute(_MAKE, {"month": month.name, **_ids(month)})).scalar_one()
    ]


async def drop_month(session: AsyncSession, month: LogMonth, now: datetime) -> bool:
    """Drop a month with everything in it; ``False``, and nothing done, while the log needs some of it.

    Raises SQLAlchemy's ``OperationalError`` when somebody is at work in it: to be tried again later.
    """
    dropped = await session.execute(_DROP, {"month": month.name, "ended_before": ended_before(now)})
    return bool(dropped.scalar_one())


async def delete_ended(session: AsyncSession, month: LogMonth, now: datetime) -> int:
    """Delete up to ``BATCH`` messages of a month that the log does not need any more; return how many."""
    parameters = {**_ids(month), "ended_before": ended_before(now), "batch": BATCH}
    return int((await session.execute(_DELETE_ENDED, parameters)).scalar_one())


async def learn_sizes(session: AsyncSession) -> None:
    """Bring the planner's knowledge of all months together up to date: autovacuum knows single ones only."""
    for table in DIVIDED:
        await session.execute(text(f"ANALYZE ONLY {table}"))


def _ids(month: LogMonth) -> dict[str, object]:
    return {
        "first_id": first_message_id(month.starts_at),
        "next_first_id": first_message_id(month.next.starts_at),
    }
