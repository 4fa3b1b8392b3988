"""I11: nobody but the database's own function writes a trail, and whoever gets around it is found."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import ActorKind, AuditAction, AuditEntry
from domain.callers import Caller, OperatorCaller
from services.audit import append_entry, record_audit
from services.audit_verification import audit_faults
from services.database import OWN_STAFF, JobsDatabase
from tests.services.support import Companies
from workers.local_stack.postgres import EmbeddedPostgres

COMPANY, NOBODY = "CAST(:c AS uuid)", "NULL"


def forged(position: int, seal: str) -> str:
    """A statement that puts an entry where it likes."""
    columns = "(company_id, position, at, actor_kind, action, result, hash)"
    values = f"({{company}}, {position}, now(), 'user', 'forged', 'ok', {seal})"
    return " ".join(("INSERT INTO audit_entries", columns, "VALUES", values))


def filled(statement: str, company: str) -> str:
    return statement.format(company=company, this=f"company_id IS NOT DISTINCT FROM {company}")


async def note(companies: Companies, count: int = 3) -> None:
    """Entries in the second company's trail and in that of our own staff."""
    for number in range(count):
        async with companies.database.transaction(companies.second.company_id) as session:
            await record_audit(session, companies.stranger, AuditAction.NUMBERS_SHOWN, after={"n": number})
        async with companies.database.transaction(OWN_STAFF) as session:
            await record_audit(session, OperatorCaller(None), AuditAction.LINK_STOPPED, after={"n": number})


async def faults(database: JobsDatabase) -> list[str]:
    async with database.snapshot() as session:
        return await audit_faults(session)


@pytest.mark.parametrize("company", [COMPANY, NOBODY])
@pytest.mark.parametrize(
    "statement",
    [
        forged(999_999, "''"),
        forged(0, "''"),
        forged(-1, "''"),
        "UPDATE audit_entries SET action = 'x' WHERE {this}",
        "DELETE FROM audit_entries WHERE {this}",
        "UPDATE audit_chains SET position = position - 1 WHERE {this}",
        "UPDATE audit_chains SET hash = '' WHERE {this}",
        "DELETE FROM audit_chains WHERE {this}",
        "INSERT INTO audit_chains (company_id, position, hash) VALUES ({company}, 7, '')",
        "TRUNCATE audit_entries, audit_chains",
        "ALTER TABLE audit_chains DISABLE TRIGGER ALL",
        "CREATE OR REPLACE FUNCTION append_audit_entry(entry jsonb) RETURNS bigint LANGUAGE sql RETURN 1",
    ],
)
async def test_the_application_writes_no_trail_by_itself(
    companies: Companies, database_url: str, statement: str, company: str
) -> None:
    """Nor does the role that sees all companies."""
    await note(companies, 1)
    bound = filled(statement, company).replace(":c", f"'{companies.second.company_id}'")
    for database in (companies.database, companies.jobs_database):
        with pytest.raises(Exception, match=r"permission denied|must be owner"):
            async with database.transaction((companies.second.company_id, OWN_STAFF)) as session:
                await session.execute(text(bound))
    assert await faults(companies.jobs_database) == []


async def test_position_moment_and_seal_are_the_functions_own(companies: Companies) -> None:
    """Whatever an entry brings along; another company's trail is out of reach."""
    entry = {
        "company_id": str(companies.second.company_id),
        "actor_kind": "user",
        "action": "x",
        "result": "ok",
    }
    forged = {"position": 999_999, "at": "2001-01-01T00:00:00Z", "hash": "", "id": str(OWN_STAFF)}
    call = text("SELECT append_audit_entry(CAST(:entry AS jsonb))")
    async with companies.database.transaction(companies.second.company_id) as session:
        position = (await session.execute(call, {"entry": json.dumps(entry | forged)})).scalar_one()
    assert position < 999_999
    assert await faults(companies.jobs_database) == []
    with pytest.raises(Exception, match="row-level security"):
        async with companies.database.transaction(companies.first.company_id) as session:
            await session.execute(call, {"entry": json.dumps(entry)})


class Superuser:
    """Somebody who gets around grants, row-level security and triggers."""

    def __init__(self, database: JobsDatabase, company_id: UUID) -> None:
        self._database = database
        self.company_id = company_id

    async def does(self, *statements: str, company: str) -> None:
        async with self._database.transaction() as session:
            await session.execute(text("RESET ROLE"))
            await session.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements:
                await self._one(session, filled(statement, company))

    async def _one(self, session: AsyncSession, statement: str) -> None:
        values = {"c": self.company_id} if ":c" in statement else {}
        await session.execute(text(statement), values)


@pytest_asyncio.fixture(loop_scope="session")
async def superuser(
    companies: Companies, postgres: EmbeddedPostgres, database_url: str
) -> AsyncIterator[Superuser]:
    """Leaves the trails as they were."""
    name = database_url.rpartition("/")[2]
    database = JobsDatabase(postgres.admin_url.removesuffix("/postgres") + f"/{name}", pool_size=1)
    yield Superuser(database, companies.second.company_id)
    async with database.transaction() as session:
        await session.execute(text("RESET ROLE"))
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        for name in ("audit_entries_position_key", "audit_chains_company_key"):
            table = name.rsplit("_", 2)[0]
            await session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"))
        for statement in MENDED:
            await session.execute(text(statement))
    await database.close()


TAMPERING: dict[str, tuple[str, ...]] = {
    "entry 2 is not what": ("UPDATE audit_entries SET after = '[]' WHERE {this} AND position = 2",),
    "entry 1 is not what": (
        "UPDATE audit_entries SET at = at + INTERVAL '1 ms' WHERE {this} AND position = 1",
    ),
    "entry 3 is not what": ("UPDATE audit_entries SET hash = sha256('x') WHERE {this} AND position = 3",),
    "entry 2 is missing": ("DELETE FROM audit_entries WHERE {this} AND position = 2",),
    "ends at 2, not at 3": ("DELETE FROM audit_entries WHERE {this} AND position > 2",),
    "ends at 0, not at 3": ("DELETE FROM audit_entries WHERE {this}",),
    "its end is missing": ("DELETE FROM audit_chains WHERE {this}",),
    "entry 999999 lies beyond": (forged(999_999, "''"),),
    "entry 4 lies beyond": (forged(4, "sha256('x')"),),
    "entry 0 stands": (forged(0, "''"),),
    "entry -7 stands": (forged(-7, "''"),),
    "entry 3 lies beyond": (
        "UPDATE audit_chains SET position = 2, hash = (SELECT hash FROM audit_entries"
        " WHERE {this} AND position = 2) WHERE {this}",
    ),
    "ends at 3, not at 30": ("UPDATE audit_chains SET position = 30 WHERE {this}",),
    "ends at 3, not at 3": ("UPDATE audit_chains SET hash = sha256('x') WHERE {this}",),
    "entry 2 stands": (
        "ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_position_key",
        forged(2, "sha256('x')"),
    ),
    "more than one end": (
        "ALTER TABLE audit_chains DROP CONSTRAINT audit_chains_company_key",
        "INSERT INTO audit_chains (company_id, position, hash) VALUES ({company}, 0, '')",
    ),
}
MENDED = (
    "DELETE FROM audit_entries",
    "DELETE FROM audit_chains",
    "ALTER TABLE audit_entries ADD CONSTRAINT audit_entries_position_key"
    " UNIQUE NULLS NOT DISTINCT (company_id, position)",
    "ALTER TABLE audit_chains ADD CONSTRAINT audit_chains_company_key UNIQUE NULLS NOT DISTINCT (company_id)",
)


@pytest.mark.parametrize("company", [COMPANY, NOBODY])
@pytest.mark.parametrize(("found", "statements"), TAMPERING.items())
async def test_tampering_is_found_and_stays_found_when_life_goes_on(
    companies: Companies, superuser: Superuser, found: str, statements: tuple[str, ...], company: str
) -> None:
    """The next entry is written all the same: a spoilt trail stops nobody's work."""
    await note(companies)
    assert await faults(companies.jobs_database) == []
    await superuser.does(*statements, company=company)
    (fault,) = await faults(companies.jobs_database)
    assert found in fault
    assert ("own staff" in fault) is (company == NOBODY)
    if "DROP" in statements[0]:
        return  # without that constraint nothing can be added, nor could it be repaired by itself
    await note(companies, 2)
    assert len(await faults(companies.jobs_database)) == 1


async def test_entries_written_during_the_check_are_no_fault(
    companies: Companies, superuser: Superuser
) -> None:
    """Ends and entries are read as of one moment."""
    await note(companies)
    async with companies.jobs_database.snapshot() as session:
        assert (await session.execute(text("SELECT count(*) FROM audit_chains"))).scalar_one() >= 2
        await note(companies)
        assert await audit_faults(session) == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_chains",
        "TRUNCATE audit_chains",
        "UPDATE audit_chains SET position = position - 1",
        "UPDATE audit_chains SET hash = ''",
    ],
)
async def test_an_end_only_moves_forward(
    companies: Companies, postgres: EmbeddedPostgres, database_url: str, statement: str
) -> None:
    """Also for whoever administers the server, unless they turn the guard off."""
    await note(companies, 1)
    address = postgres.admin_url.removesuffix("/postgres") + "/" + database_url.rpartition("/")[2]
    with psycopg.connect(address) as connection, pytest.raises(psycopg.Error, match="never changed"):
        connection.execute(statement)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
@settings(max_examples=200, deadline=None)
def test_the_database_writes_json_as_the_check_reads_it(database_url: str, value: dict[str, Any]) -> None:
    """Two programs compute one seal: names in the order of their code points, everything else escaped."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    with _connection(database_url) as connection:
        row = connection.execute("SELECT canonical_json(%s::jsonb)", [json.dumps(value)]).fetchone()
    assert row == (canonical,)


_open: dict[str, psycopg.Connection[Any]] = {}


def _connection(database_url: str) -> psycopg.Connection[Any]:
    """One for all examples; a block of it is a transaction."""
    if database_url not in _open:
        _open[database_url] = psycopg.connect(database_url, autocommit=True)
    return _Borrowed(_open[database_url])  # type: ignore[return-value]


class _Borrowed:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def __enter__(self) -> psycopg.Connection[Any]:
        return self._connection

    def __exit__(self, *_: object) -> None:
        pass


async def test_every_kind_of_value_is_sealed_alike(companies: Companies) -> None:
    """Line ends, quotes, what is beyond the basic plane, nesting, big numbers."""
    odd = {"é": ['\n\t"\\\x7f\x1f', "𠮷野家😀", {"b": None, "a": True}, -(10**18), ""], "": {}, "/": []}
    entry = AuditEntry(
        companies.second.company_id, ActorKind.SYSTEM, None, "odd", after=odd, remote_address="::1"
    )
    async with companies.database.transaction(companies.second.company_id) as session:
        await append_entry(session, entry)
        await record_audit(session, Caller(companies.second.company_id), AuditAction.SIGNED_OUT, before=odd)
    assert await faults(companies.jobs_database) == []
