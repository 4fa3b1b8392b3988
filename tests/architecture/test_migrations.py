"""The tables are what the migrations make of an empty database (docs/architecture.md, "Data")."""

import psycopg
from alembic import command
from alembic.script import ScriptDirectory

from migrations.run import alembic_config, upgrade
from tests.support.postgres import owner_url


def test_the_migrations_have_one_head() -> None:
    """Two branches that each add a migration must be put in order before they meet."""
    heads = ScriptDirectory.from_config(alembic_config("postgresql://nowhere/none")).get_heads()
    assert len(heads) == 1


def test_the_migrations_make_what_the_models_say(fresh_database_url: str) -> None:
    """Raises with the differences: write a migration, or mend the model."""
    command.check(alembic_config(owner_url(fresh_database_url)))


def test_migrating_again_changes_nothing(fresh_database_url: str) -> None:
    """Every start of `make run` and every replica's one-shot migration does it."""
    before = _objects(fresh_database_url)
    assert ("r", "campaigns") in before
    upgrade(owner_url(fresh_database_url))
    assert _objects(fresh_database_url) == before


def test_every_company_owned_key_starts_with_the_company(fresh_database_url: str) -> None:
    """docs/architecture.md, "Data": keys of company-owned tables are composite (company_id, id)."""
    with psycopg.connect(fresh_database_url) as connection:
        rows = connection.execute("""
            SELECT t.relname, a.attname FROM pg_constraint c
            JOIN pg_class t ON t.oid = c.conrelid
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
            WHERE c.contype = 'p' AND EXISTS (
                SELECT FROM pg_attribute o
                WHERE o.attrelid = t.oid AND o.attname = 'company_id' AND o.attnotnull)
        """).fetchall()
    assert rows
    assert [table for table, first_column in rows if first_column != "company_id"] == []


def _objects(database_url: str) -> list[tuple[str, str]]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("""
            SELECT c.relkind::text, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' ORDER BY 1, 2
        """).fetchall()
    return [(str(kind), str(name)) for kind, name in rows]
