"""A PostgreSQL server for the whole run, and a database with all migrations for every test module."""

import itertools
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.support.servers import Server
from workers.local_stack.ports import free_port
from workers.local_stack.postgres import APP, JOBS, OWNER, THROW_AWAY, EmbeddedPostgres

TEMPLATE = "migrated"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """The server. Tests connect as the application does; see `owner_url`, `jobs_url` for its other roles."""
    folder = tmp_path_factory.mktemp("postgres")
    server = throw_away_postgres(folder)
    with Server(server.member()):
        yield server
    shutil.rmtree(server.data, ignore_errors=True)  # pytest keeps the folders of three runs


def throw_away_postgres(folder: Path) -> EmbeddedPostgres:
    # One password for all three roles, so that the address of one leads to those of the others.
    password = secrets.token_hex(8)
    return EmbeddedPostgres(
        data=folder / "data",
        port=free_port(),
        log=folder / "postgres.log",
        admin_password=secrets.token_hex(8),
        owner_password=password,
        app_password=password,
        jobs_password=password,
        settings=THROW_AWAY,
    )


def owner_url(database_url: str) -> str:
    """The same database for the role that owns the tables: migrations."""
    return database_url.replace(f"//{APP}:", f"//{OWNER}:")


def jobs_url(database_url: str) -> str:
    """The same database for the role that sees all companies: sweeps, and tests that look at the tables."""
    return database_url.replace(f"//{APP}:", f"//{JOBS}:")


@pytest.fixture(scope="session")
def migrated_template(postgres: EmbeddedPostgres) -> str:
    """Name of a database with all migrations; copied for every module, never written to."""
    from migrations.run import upgrade

    create_database(postgres, TEMPLATE, "template1")
    upgrade(postgres.url_of(TEMPLATE, OWNER))
    return TEMPLATE


@pytest.fixture(scope="module")
def database_url(postgres: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """URL of a migrated, empty database of this test module's own."""
    yield from _database(postgres, migrated_template)


@pytest.fixture
def fresh_database_url(postgres: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """The same for one single test: for those that count rows or run migrations."""
    yield from _database(postgres, migrated_template)


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database without any table, for one single test."""
    yield from _database(postgres, "template1")


def _database(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    create_database(postgres, name, template)
    yield postgres.url_of(name)
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def create_database(postgres: EmbeddedPostgres, name: str, template: str) -> None:
    statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template)
    )
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        # A closed connection may still be leaving the template; copying needs it empty.
        for attempt in range(50):
            try:
                connection.execute(statement)
            except psycopg.errors.ObjectInUse:
                if attempt == 49:
                    raise
                time.sleep(0.1)
            else:
                return
