"""Fixtures of the use-case tests."""

from collections.abc import AsyncIterator

import pytest_asyncio

from services.database import Database, JobsDatabase
from tests.services.accounts import Accounts
from tests.services.factories import Bench, open_bench, open_database, open_jobs_database
from tests.services.support import Companies, open_companies


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def companies(database_url: str) -> AsyncIterator[Companies]:
    """A database of the module's own with both demo companies."""
    async with open_companies(database_url) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    """The way to the module's own database."""
    async with open_database(database_url) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def jobs_database(database_url: str) -> AsyncIterator[JobsDatabase]:
    """The same database for the role that sees all companies."""
    async with open_jobs_database(database_url) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def bench(database: Database, jobs_database: JobsDatabase) -> Bench:
    """A new company that can send."""
    return await open_bench(database, jobs_database)


@pytest_asyncio.fixture(loop_scope="session")
async def accounts(database: Database, jobs_database: JobsDatabase) -> Accounts:
    """Companies and users to be made."""
    return Accounts(database, jobs_database)
