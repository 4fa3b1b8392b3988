"""I9, second layer: what PostgreSQL's catalogue says about the tables of companies (decision 0028).

A new table fails here until its migration calls ``protect`` (migrations/row_level_security.py), or
``models/shared_tables.py`` says why it belongs to no company.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from migrations.roles import APP_MAY_ONLY_UPDATE, JOBS_ONLY, SEALED
from models.shared_tables import SHARED_TABLES, SHARED_UNTIL_CLAIMED
from services.database import OWN_STAFF
from services.log_months import DIVIDED
from tests.support.postgres import owner_url
from workers.local_stack.postgres import APP, JOBS, OWNER

OWN = "= ANY (( SELECT (NULLIF(current_setting('app.company_ids'::text, true), ''::text))::uuid[] AS ids"


@pytest.fixture(scope="module")
def catalogue(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the application's role."""
    with psycopg.connect(database_url) as connection:
        yield connection


def rows(catalogue: psycopg.Connection[Any], statement: str, *parameters: Any) -> list[Any]:
    return catalogue.execute(statement, parameters).fetchall()


def tables(catalogue: psycopg.Connection[Any]) -> dict[str, tuple[bool, bool]]:
    """Name → (row-level security is on, and forced)."""
    found = rows(
        catalogue,
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
    )
    return {name: (is_on, is_forced) for name, is_on, is_forced in found}


def test_every_table_is_protected_or_shared_for_a_reason(catalogue: psycopg.Connection[Any]) -> None:
    open_tables = {name for name, guard in tables(catalogue).items() if guard != (True, True)}
    assert open_tables == set(SHARED_TABLES)


def test_every_policy_shows_the_own_companies_only(catalogue: psycopg.Connection[Any]) -> None:
    """One policy for everybody; the others name a role that is not the application's."""
    protected = set(tables(catalogue)) - set(SHARED_TABLES)
    found = rows(
        catalogue,
        "SELECT tablename, roles::text[], cmd, permissive, qual, with_check FROM pg_policies"
        " WHERE policyname <> 'own_staff'",
    )
    for_everybody = {name: rest for name, roles, *rest in found if roles == ["public"]}
    assert set(for_everybody) == protected
    for name, (command, kind, condition, check) in for_everybody.items():
        column = "id" if name == "companies" else "company_id"
        expected = f"({column} {OWN})::uuid[]))"
        if name in SHARED_UNTIL_CLAIMED:
            expected = f"(({column} IS NULL) OR {expected})"
        assert (command, kind, condition, check) == ("ALL", "PERMISSIVE", expected, expected), name
    others = {(tuple(roles), command) for _, roles, command, *_ in found if roles != ["public"]}
    assert others == {((JOBS,), "ALL"), ((OWNER,), "SELECT")}


def test_our_own_staffs_rows_are_those_of_no_company(catalogue: psycopg.Connection[Any]) -> None:
    """Of the audit trail alone, and only where a transaction names our own staff, which no company is."""
    found = rows(
        catalogue,
        "SELECT tablename, roles::text[], cmd, qual, with_check FROM pg_policies"
        " WHERE policyname = 'own_staff' ORDER BY 1",
    )
    condition = f"((company_id IS NULL) AND ('{OWN_STAFF}'::uuid {OWN})::uuid[])))"
    assert found == [
        (table, ["public"], "ALL", condition, condition) for table in ("audit_chains", "audit_entries")
    ]


def test_no_company_can_be_our_own_staff(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT set_config('app.company_ids', %s, true)", [f"{{{OWN_STAFF}}}"])
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("INSERT INTO companies (id, name) VALUES (%s, 'x')", [OWN_STAFF])


def test_the_owner_reads_only_what_the_lookups_need(catalogue: psycopg.Connection[Any]) -> None:
    """FORCE holds the owner too; these tables are open to it for the functions that run in its name."""
    found = rows(catalogue, "SELECT tablename FROM pg_policies WHERE policyname = 'lookups' ORDER BY 1")
    allowed = {
        "api_keys",
        "company_users",
        "official_accounts",
        "sms_accounts",
        "submit_segments",
        "user_sessions",
    }
    assert {name for (name,) in found} == allowed


def test_foreign_keys_between_companies_tables_are_pairs(catalogue: psycopg.Connection[Any]) -> None:
    """PostgreSQL's own checks of foreign keys see all rows: only the pair stops another company's id."""
    found = rows(
        catalogue,
        """
        SELECT c.conrelid::regclass::text, c.confrelid::regclass::text,
               ARRAY(SELECT attname::text FROM unnest(c.conkey) k
                     JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k),
               ARRAY(SELECT attname::text FROM unnest(c.confkey) k
                     JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k)
        FROM pg_constraint c WHERE c.contype = 'f'
        """,
    )
    protected = set(tables(catalogue)) - set(SHARED_TABLES) - {"companies"}
    wrong = [
        (source, target)
        for source, target, columns, referred in found
        if target in protected and not ("company_id" in columns and "company_id" in referred)
    ]
    assert found
    assert wrong == []


def test_the_application_is_neither_owner_nor_above_the_rules(catalogue: psycopg.Connection[Any]) -> None:
    assert rows(catalogue, "SELECT current_user, session_user") == [(APP, APP)]
    found = rows(
        catalogue,
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
        " WHERE rolname = ANY(%s)",
        [APP, JOBS, OWNER],
    )
    assert len(found) == 3
    assert not any(right for _, *rights in found for right in rights)
    owners = rows(catalogue, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert owners == [(OWNER,)]
    member = "SELECT pg_has_role(%s, %s, 'MEMBER'), pg_has_role(%s, %s, 'MEMBER')"
    assert rows(catalogue, member, APP, OWNER, APP, JOBS) == [(False, False)]


@pytest.mark.parametrize("statement", ["SET ROLE platform", "SET ROLE platform_jobs", "DROP TABLE opt_outs"])
def test_the_application_cannot_get_above_them(database_url: str, statement: str) -> None:
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_functions_with_the_owners_rights_are_few_pinned_and_not_everybodys(
    catalogue: psycopg.Connection[Any],
) -> None:
    found = rows(
        catalogue,
        """
        SELECT proname, proconfig, has_function_privilege(%s, oid, 'EXECUTE'),
               has_function_privilege(%s, oid, 'EXECUTE'),
               EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0)
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef ORDER BY 1
        """,
        APP,
        JOBS,
    )
    pinned = "search_path=pg_catalog, pg_temp"
    names = (
        "append_audit_entry",
        "companies_of_carrier_messages",
        "companies_of_senders",
        "company_of_api_key",
        "company_of_bot",
        "company_of_deleted_login",
        "company_of_login",
        "company_of_session",
    )
    for_jobs = [(name, [pinned, "lock_timeout=800ms"], False, True, False) for name in sorted(JOBS_ONLY)]
    assert found == sorted([*((name, [pinned], True, True, False) for name in names), *for_jobs])


def test_rights_are_granted_table_by_table(catalogue: psycopg.Connection[Any]) -> None:
    statement = """
        SELECT c.relname, array_agg(a.privilege_type ORDER BY a.privilege_type)
        FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND a.grantee = CAST(%s AS regrole) AND a.privilege_type <> 'MAINTAIN' GROUP BY 1
    """
    everything = ["DELETE", "INSERT", "SELECT", "UPDATE"]
    for role, read_only in ((APP, SEALED | set(APP_MAY_ONLY_UPDATE)), (JOBS, SEALED)):
        granted = dict(rows(catalogue, statement, role))
        assert set(granted) == set(tables(catalogue)) - {"alembic_version"}
        for name, rights in granted.items():
            assert rights == (["SELECT"] if name in read_only else everything), (role, name)


def test_the_application_changes_only_what_a_sign_in_changes_of_our_own_staffs_accounts(
    catalogue: psycopg.Connection[Any],
) -> None:
    """It makes nobody an operator, and gives none another role."""
    found = rows(
        catalogue,
        "SELECT column_name FROM information_schema.role_column_grants"
        " WHERE grantee = %s AND table_name = 'operators' AND privilege_type <> 'SELECT' ORDER BY 1",
        APP,
    )
    assert [name for (name,) in found] == sorted(APP_MAY_ONLY_UPDATE["operators"])
    for statement in (
        "INSERT INTO operators (login_id, name, role, password_hash) VALUES ('x', 'x', 'operator', 'x')",
        "UPDATE operators SET role = 'operator_admin'",
        "UPDATE operators SET needs_second_factor = false",
        "DELETE FROM operators",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), catalogue.transaction():
            catalogue.execute(statement)


def test_months_of_the_log_are_out_of_reach(catalogue: psycopg.Connection[Any]) -> None:
    """Their tables have no policies of their own (decision 0031)."""
    (allowed,) = rows(
        catalogue,
        "SELECT bool_or(has_schema_privilege(role, 'log_months', 'USAGE')) FROM unnest(%s::text[]) role",
        [APP, JOBS],
    )
    assert allowed == (False,)


def test_what_lies_in_months_is_known(catalogue: psycopg.Connection[Any]) -> None:
    """The planner's statistics of these are brought up to date by hand (services/log_months.py)."""
    found = rows(
        catalogue,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'p'",
    )
    assert {name for (name,) in found} == set(DIVIDED)


def test_the_owner_sees_nothing_either(database_url: str) -> None:
    """FORCE: whoever migrates reads no message."""
    with psycopg.connect(owner_url(database_url)) as connection:
        active = connection.execute("SELECT row_security_active('messages')").fetchone()
    assert active == (True,)
