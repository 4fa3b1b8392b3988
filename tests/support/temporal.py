"""The two Temporal servers tests use: the real one of `make run`, and the one whose clock skips ahead."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.support.servers import Server
from workers.local_stack.ports import free_port
from workers.local_stack.temporal import EmbeddedTemporal, binary


@pytest.fixture(scope="session")
def temporal_dev_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTemporal]:
    """The real server with the flags of `make run`, in memory; `.address` is what clients connect to.

    One for the whole run: use ids and task queues of your own.
    """
    log = tmp_path_factory.mktemp("temporal") / "temporal.log"
    server = EmbeddedTemporal(port=free_port(), ui_port=None, log=log, database=None)
    with Server(server.member(os.environ)):
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal_client(temporal_dev_server: EmbeddedTemporal) -> Client:
    return await Client.connect(temporal_dev_server.address)


@pytest_asyncio.fixture(loop_scope="session")
async def time_skipping_env() -> AsyncIterator[WorkflowEnvironment]:
    """One per test, since its time is global: 72 hours pass in no time."""
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(binary("temporal-test-server"))
    )
    async with environment:
        yield environment
