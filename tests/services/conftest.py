"""Fixtures of the use-case tests."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.services.support import Companies, open_companies


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def companies(database_url: str) -> AsyncIterator[Companies]:
    """A database of the module's own with both demo companies."""
    async with open_companies(database_url) as made:
        yield made
