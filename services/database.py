"""The way to PostgreSQL: one engine per process, one transaction per request or activity.

Row-level security is the second guard between companies (decision 0028): a transaction names the companies
it acts for, and PostgreSQL shows and takes rows of no other. Naming none shows none.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import psycopg
import structlog
from sqlalchemy import AdaptedConnection, Connection, ExceptionContext, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction

log = structlog.get_logger(__name__)

NO_COMPANY: tuple[UUID, ...] = ()
"""For a transaction that cannot know its company yet, and learns it by ``enter_companies``."""

OWN_STAFF = UUID(int=0)
"""For a transaction of our own staff: beside the shared tables it writes and reads their audit trail.

No company has this id; the policy is that of migration 0007.
"""

_COMPANIES = "companies"
_SNAPSHOT = "snapshot"

_ENTER = text("SELECT set_config('app.company_ids', :companies, true)")

# Who owns the tables decides how the roles beside the owner are called; see migrations/roles.py.
_ROLE = """
    SELECT t.tableowner, current_user, r.rolname, pg_has_role(current_user, r.oid, 'SET')
    FROM pg_tables t LEFT JOIN pg_roles r ON r.rolname = t.tableowner || %s
    WHERE t.schemaname = current_schema() AND t.tablename = 'companies'
"""


class RoleMissing(RuntimeError):
    """The address signs in as a role that may not do what it is used for."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a transaction waits before PostgreSQL gives it up, so that nothing is held up for ever.

    ``lock``: for a row somebody else holds; ``statement``: for one statement; ``idle``: between statements.
    """

    lock: timedelta
    statement: timedelta
    idle: timedelta

    @property
    def options(self) -> str:
        """The same as options of a connection."""
        limits = {
            "lock_timeout": self.lock,
            "statement_timeout": self.statement,
            "idle_in_transaction_session_timeout": self.idle,
        }
        return " ".join(f"-c {name}={limit // timedelta(milliseconds=1)}" for name, limit in limits.items())


STEPS = Patience(lock=timedelta(seconds=2), statement=timedelta(seconds=60), idle=timedelta(seconds=60))
"""Of the workers' steps: short transactions, many companies in one; a row that is held is tried again."""

PAGES = Patience(lock=timedelta(seconds=20), statement=timedelta(seconds=60), idle=timedelta(minutes=5))
"""Of pages and the API: people wait for each other's registrations; lists are checked between statements."""

JOBS = Patience(lock=timedelta(seconds=5), statement=timedelta(minutes=15), idle=timedelta(minutes=5))
"""Of sweeps, the log's keeper and commands."""

_LONG_STATEMENTS = text("SET LOCAL statement_timeout = '15min'")


async def allow_long_statements(session: AsyncSession) -> None:
    """Let this transaction work through a list of 250,000 recipients; others keep their limit."""
    await session.execute(_LONG_STATEMENTS)


class _Connections:
    """Connections of one process in one role."""

    _setting = "DATABASE_URL"
    _role_suffix = "_app"

    _patience = STEPS

    def __init__(self, database_url: str, *, pool_size: int = 10, patience: Patience | None = None) -> None:
        self._engine = create_async_engine(
            driver_url(database_url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            # A connection that died with the server is replaced before it is used.
            pool_pre_ping=False,
            pool_recycle=1800,
            # Not the driver but ``_begin`` begins transactions; the driver would take a round trip more.
            isolation_level="AUTOCOMMIT",
            # Errors are logged; the values of a statement are numbers and texts of people.
            hide_parameters=True,
            connect_args={
                "connect_timeout": 5,
                # After five executions psycopg keeps the plan: the hot statements are few and the same.
                "prepare_threshold": 5,
                "options": (patience or self._patience).options,
            },
        )
        event.listen(self._engine.sync_engine, "handle_error", _keep_values_out_of_errors)
        event.listen(self._engine.sync_engine, "connect", self._take_role)
        self._sessions = async_sessionmaker(
            self._engine, expire_on_commit=False, autoflush=False, sync_session_class=_CompanySession
        )

    def _take_role(self, connection: Any, _record: object) -> None:
        """Give up the rights of an owner: with one address for everything, only migrations may have them."""
        cursor = connection.cursor()
        cursor.execute(_ROLE, (self._role_suffix,))
        found = cursor.fetchone()
        if found is not None:
            owner, user, role, may_take_it = found
            if role is None and user == owner:
                log.warning("row_level_security_is_off", role=user, missing_role=owner + self._role_suffix)
            elif role != user and not may_take_it:
                raise RoleMissing(f"{self._setting} signs in as {user}, which is not {role}")
            elif role != user:
                cursor.execute("SELECT set_config('role', %s, false)", (role,))
        cursor.close()
        # Whatever the driver began for this is kept; a transaction undone later does not undo the role.
        connection.commit()

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


class Database(_Connections):
    """Connections of one process. ``transaction()`` is the only place where anything is committed."""

    @asynccontextmanager
    async def transaction(self, companies: UUID | Collection[UUID]) -> AsyncIterator[AsyncSession]:
        """Commit when the block ends, roll back when it raises.

        The block sees and writes rows of these companies only, and the tables all companies share.
        Who is to be found out first (a session, a key) begins with ``NO_COMPANY``.
        """
        async with self._sessions.begin() as session:
            session.info[_COMPANIES] = companies
            yield session


class JobsDatabase(_Connections):
    """Connections of what has to do with all companies at once: sweeps, the operators' pages."""

    _setting = "JOBS_DATABASE_URL"
    _role_suffix = "_jobs"
    _patience = JOBS

    @asynccontextmanager
    async def transaction(
        self, companies: UUID | Collection[UUID] | None = None
    ) -> AsyncIterator[AsyncSession]:
        """Commit when the block ends, roll back when it raises. The block sees every company's rows.

        ``companies`` are those in whose audit trails it writes, if any: nobody writes in others'.
        """
        async with self._sessions.begin() as session:
            if companies is not None:
                session.info[_COMPANIES] = companies
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """Read everything as it was at one moment, whatever is committed meanwhile, and write nothing."""
        async with self._sessions.begin() as session:
            session.info[_SNAPSHOT] = True
            yield session


async def enter_companies(session: AsyncSession, companies: UUID | Collection[UUID]) -> None:
    """Act for these companies from here to the end of the transaction, and for no others.

    Only for what was looked up by something nobody can guess: the hash of a token or a key, a carrier's
    message id. A company that came with a request's address or form is never entered.
    """
    await session.execute(_ENTER, {"companies": _array(companies)})


def _array(companies: UUID | Collection[UUID]) -> str:
    """Return PostgreSQL's spelling of an array; ``UUID``s only, so nothing in it needs quoting."""
    listed = (companies,) if isinstance(companies, UUID) else companies
    return "{" + ",".join(sorted({str(UUID(int=company.int)) for company in listed})) + "}"


class _CompanySession(Session):
    """Begins a transaction and says for whom, in one round trip."""


@event.listens_for(_CompanySession, "after_begin")
def _begin(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if _SNAPSHOT in session.info else "BEGIN"
    if (companies := session.info.get(_COMPANIES)) is not None:
        begin += f"; SET LOCAL app.company_ids = '{_array(companies)}'"
    try:
        # Two commands in one text cannot be prepared, however often they come.
        adapted = cast("AdaptedConnection", connection.connection.dbapi_connection)
        adapted.run_async(lambda driver: driver.execute(begin, prepare=False))
    except psycopg.OperationalError as failure:
        connection.invalidate(failure)
        raise OperationalError("BEGIN", None, failure, hide_parameters=True) from failure
