"""One message, or one campaign, per test on the server whose clock skips ahead."""

from collections.abc import Mapping

import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.workflows.fakes import FakeWorld
from tests.workflows.lab import Lab, define_search_attributes
from tests.workflows.scenarios import NAMES, Finished, run_scenario


@pytest_asyncio.fixture(loop_scope="session")
async def lab(time_skipping_env: WorkflowEnvironment) -> Lab:
    """A lab with a clock of its own."""
    await define_search_attributes(time_skipping_env)
    return Lab(time_skipping_env.client, FakeWorld())


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def finished(temporal_client: Client) -> Mapping[str, Finished]:
    """Every scenario, run once on the real server."""
    return {name: await run_scenario(temporal_client, name) for name in NAMES}
