"""One running product for all end-to-end tests."""

from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.pages import launch
from tests.e2e.stack import Stack, start_stack, stop_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The product, started once; it must end with status 0."""
    running = start_stack(tmp_path_factory.mktemp("stack"))
    # The lane is proven elsewhere; here it would only make everybody wait.
    with psycopg.connect(running.run["database_url"]) as connection:
        connection.execute("UPDATE contracts SET hourly_capacity = 1000000")
    try:
        yield running
    finally:
        status = stop_stack(running)
    assert status == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one module: as long as it is open, no other event loop can run in this process."""
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()
