"""One message, or one campaign, per test on the server whose clock skips ahead."""

import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.workflows.fakes import FakeWorld
from tests.workflows.lab import Lab, define_search_attributes


@pytest_asyncio.fixture(loop_scope="session")
async def lab(time_skipping_env: WorkflowEnvironment) -> Lab:
    """A lab with a clock of its own."""
    await define_search_attributes(time_skipping_env)
    return Lab(time_skipping_env.client, FakeWorld())


@pytest_asyncio.fixture(loop_scope="session")
async def real_lab(temporal_client: Client) -> Lab:
    """The same on the real server, where a second takes a second."""
    return Lab(temporal_client, FakeWorld(), skips_time=False)
