"""The way to PostgreSQL: one engine per process, one transaction per request or activity."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from sqlalchemy import ExceptionContext, event, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine


def driver_url(database_url: str) -> str:
    """Name psycopg 3 as the driver of a ``postgresql://`` address; ``ValueError`` for any other kind."""
    scheme, separator, rest = database_url.partition("://")
    if not separator or scheme.split("+")[0] not in ("postgres", "postgresql"):
        raise ValueError("DATABASE_URL must begin with postgresql://")
    return f"postgresql+psycopg://{rest}"


def _keep_values_out_of_errors(context: ExceptionContext) -> None:
    """Leave of PostgreSQL's complaint what quotes nobody's number or text (I10).

    Its details quote whole rows; the first line quotes values where the data itself is refused (class 22).
    Errors end up in logs and, from activities, in Temporal.
    """
    original = context.original_exception
    if not isinstance(original, psycopg.Error) or original.sqlstate is None:
        return  # not from the server: a connection that failed names addresses only
    complaint = original.diag.message_primary
    if complaint is None or original.sqlstate.startswith("22"):
        complaint = f"SQLSTATE {original.sqlstate}"
    original.args = (complaint,)
    if context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.args = (f"({type(original).__name__}) {complaint}",)


class Database:
    """Connections of one process. ``transaction()`` is the only place where anything is committed."""

    def __init__(self, database_url: str, *, pool_size: int = 10) -> None:
        self._engine = create_async_engine(
            driver_url(database_url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            # A connection that died with the server is replaced before it is used.
            pool_pre_ping=False,
            pool_recycle=1800,
            # Errors are logged; the values of a statement are numbers and texts of people.
            hide_parameters=True,
            connect_args={
                "connect_timeout": 5,
                # After five executions psycopg keeps the plan: the hot statements are few and the same.
                "prepare_threshold": 5,
            },
        )
        event.listen(self._engine.sync_engine, "handle_error", _keep_values_out_of_errors)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False, autoflush=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commit when the block ends, roll back when it raises."""
        async with self._sessions.begin() as session:
            yield session

    async def is_reachable(self) -> bool:
        """Whether a query gets an answer now."""
        try:
            async with self._engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except Exception:  # any failure means the same here: not reachable
            return False
        return True

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
