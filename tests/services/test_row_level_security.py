"""I9, second layer: PostgreSQL shows a transaction the rows of its own companies, whatever a service asks."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
import structlog
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from migrations.run import upgrade
from models.shared_tables import SHARED_TABLES
from services.company_lookups import enter_company_of_login
from services.database import NO_COMPANY, Database, JobsDatabase, RoleMissing, enter_companies
from tests.services.factories import Bench, open_bench
from tests.services.support import Companies, numbers
from tests.support.postgres import create_database
from workers.local_stack.postgres import EmbeddedPostgres

COUNT = text("SELECT count(*) FROM messages")
REFUSED = "violates row-level security policy"


async def sees(database: Database, companies: UUID | tuple[UUID, ...]) -> int:
    async with database.transaction(companies) as session:
        return int((await session.execute(COUNT)).scalar_one())


async def test_without_a_company_no_table_shows_a_row(bench: Bench) -> None:
    """Nothing set = no rows: forgetting it is a fault that everybody notices and nobody profits from."""
    campaign = await bench.campaign()
    await bench.delivered(campaign.message)
    protected = await bench.rows("SELECT relname FROM pg_class WHERE relrowsecurity ORDER BY 1")
    filled = 0
    for (table,) in protected:
        count = text(f"SELECT count(*) FROM {table}")  # noqa: S608
        async with bench.jobs_database.transaction() as session:
            filled += bool((await session.execute(count)).scalar_one())
        async with bench.database.transaction(NO_COMPANY) as session:
            assert (await session.execute(count)).scalar_one() == 0, table
    assert filled >= 10


async def test_a_transaction_sees_its_companies_and_no_other(bench: Bench) -> None:
    """Also several at once: activities and receipts are batched over companies (decision 0004)."""
    other = await open_bench(bench.database, bench.jobs_database)
    await bench.campaign_to(["09011110001", "09011110002"])
    await other.campaign_to(["09011110003"])

    assert await sees(bench.database, bench.company_id) == 2
    assert await sees(bench.database, other.company_id) == 1
    assert await sees(bench.database, (bench.company_id, other.company_id)) == 3
    assert await sees(bench.database, uuid4()) == 0


async def test_the_setting_ends_with_its_transaction(bench: Bench, database_url: str) -> None:
    """Connections are shared: the next request on it starts with nothing."""
    await bench.campaign()
    narrow = Database(database_url, pool_size=1)
    try:
        assert await sees(narrow, bench.company_id) == 1
        assert await sees(narrow, NO_COMPANY) == 0
        with pytest.raises(ProgrammingError):
            async with narrow.transaction(bench.company_id) as session:
                await session.execute(text("SELECT nonsense"))
        assert await sees(narrow, NO_COMPANY) == 0
    finally:
        await narrow.close()


async def test_rows_of_others_cannot_be_written_changed_or_given_away(bench: Bench) -> None:
    other = await open_bench(bench.database, bench.jobs_database)
    theirs = await other.campaign()
    own = await bench.campaign()
    with pytest.raises(ProgrammingError, match=REFUSED):
        async with bench.transaction() as session:
            await session.execute(
                text("INSERT INTO opt_outs (company_id, phone_number) VALUES (:other, '09000000000')"),
                {"other": other.company_id},
            )
    with pytest.raises(ProgrammingError, match=REFUSED):
        async with bench.transaction() as session:
            await session.execute(
                text("UPDATE sms_accounts SET company_id = :other"), {"other": other.company_id}
            )
    async with bench.transaction() as session:
        await session.execute(text("UPDATE messages SET status = 'cancelled'"))
        await session.execute(text("DELETE FROM official_accounts"))

    assert (await other.message(theirs.message)).status == "accepted"
    assert (await bench.message(own.message)).status == "cancelled"
    assert await other.rows("SELECT FROM official_accounts WHERE company_id = :company")


async def test_a_transaction_can_learn_its_company(companies: Companies) -> None:
    """A sign-in knows a login id only."""
    users = text("SELECT count(*) FROM company_users")
    async with companies.database.transaction(NO_COMPANY) as session:
        assert (await session.execute(users)).scalar_one() == 0
        await enter_company_of_login(session, companies.first.users[0].login_id.upper())
        assert (await session.execute(users)).scalar_one() == 4
        await enter_company_of_login(session, "nobody@nowhere.example")
        assert (await session.execute(users)).scalar_one() == 0
        await enter_companies(session, [companies.first.company_id, companies.second.company_id])
        assert (await session.execute(users)).scalar_one() == 8


async def test_a_whole_campaign_goes_through_as_the_applications_role(companies: Companies) -> None:
    """Upload, check through temporary tables, registration: nothing of it needs another role's rights."""
    campaign = await companies.registered(count=5, first_number=700)
    counted = "SELECT count(*) FROM messages WHERE campaign_id = :id AND phone_number = ANY(:numbers)"
    assert await companies.one(counted, id=campaign, numbers=numbers(5, 700)) == 5


async def test_the_applications_login_is_refused_as_that_of_the_jobs(database_url: str) -> None:
    """A sweep that silently sees nothing would leave campaigns unstarted."""
    jobs = JobsDatabase(database_url)
    with pytest.raises(RoleMissing, match="JOBS_DATABASE_URL signs in as platform_app"):
        async with jobs.transaction() as session:
            await session.execute(COUNT)
    await jobs.close()


@pytest.fixture(params=["CREATEROLE", "NOCREATEROLE"])
def single_role_url(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """A server of somebody's own: one role that owns an empty database, with or without the right to
    make roles."""
    name = f"solo_{request.param.lower()}"
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        role = sql.Identifier(name)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN " + request.param + " PASSWORD 'solo'").format(role))
        create_database(postgres, name, "template1")
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(role, role))
        yield f"postgresql://{name}:solo@127.0.0.1:{postgres.port}/{name}"
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(role))
        for suffix in ("_app", "_jobs", ""):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name + suffix)))


async def test_one_role_for_everything_works(single_role_url: str) -> None:
    """`DATABASE_URL` of one's own. With the right to make roles the guard holds; without, a warning says."""
    with structlog.testing.capture_logs() as said:
        upgrade(single_role_url)
        upgrade(single_role_url)
        database, jobs_database = Database(single_role_url), JobsDatabase(single_role_url)
        bench = await open_bench(database, jobs_database)
        await bench.campaign()
        seen = await sees(database, NO_COMPANY)
    async with database.transaction(bench.company_id) as session:
        user = (await session.execute(text("SELECT current_user"))).scalar_one()
    await database.close()
    await jobs_database.close()
    warned = {line["event"] for line in said if line["log_level"] == "warning"}
    if "nocreaterole" in single_role_url:
        assert warned == {"roles_missing", "row_level_security_is_off"}
        assert seen == 1
    else:
        assert (seen, warned, user) == (0, set(), "solo_createrole_app")


def test_tables_listed_as_shared_exist(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert set(SHARED_TABLES) <= {name for (name,) in found}


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        ("messages", "id = uuidv7()"),
        ("messages", "id = ANY(ARRAY[uuidv7()])"),
        ("messages", "phone_number = '09000000000'"),
        ("submit_attempts", "message_id = uuidv7()"),
        ("submit_segments", "message_id = uuidv7() AND attempt_id = uuidv7() AND segment = 1"),
        ("opt_outs", "phone_number = '09000000000'"),
    ],
)
async def test_hot_conditions_stay_in_the_index(bench: Bench, table: str, condition: str) -> None:
    """The policy is no barrier to them: their operators are leakproof, so plans are what they were."""
    async with bench.transaction() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        await session.execute(text("SET LOCAL enable_bitmapscan = off"))
        statement = f"EXPLAIN SELECT * FROM {table} WHERE company_id = uuidv7() AND {condition}"  # noqa: S608
        statement = statement.replace("uuidv7()", f"'{bench.company_id}'::uuid")
        plan = list((await session.execute(text(statement))).scalars())
    # One for each month that comes into question.
    indexes = [line for line in plan if "Index Cond" in line]
    assert indexes
    assert "Seq Scan" not in "".join(plan)
    for index in indexes:
        for column in ("company_id", *(part.split()[0] for part in condition.split(" AND "))):
            assert f"{column} " in index, plan
