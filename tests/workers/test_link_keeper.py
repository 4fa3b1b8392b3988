"""What operators want of a link reaches its queue, with the real Temporal server (N-5)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

from domain.callers import OperatorCaller
from domain.link_states import LinkState
from domain.links import Link
from services.database import OWN_STAFF, Database, JobsDatabase
from services.link_states import link_reports
from services.links import change_contract_rate, resume_link, stop_link, wanted_link
from services.operators import ensure_demo_operators
from tests.support.postgres import jobs_url
from workers.link_keeper import LinkKeeper
from workflows.link_queues import LinkQueues, set_queue_rate

LINK = Link.SMS_RAKUTEN
PATIENCE_SECONDS = 20


@activity.defn
async def call_carrier() -> None:
    """Stands for a submit."""


@workflow.defn(sandboxed=False)
class OneCall:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(
            call_carrier, task_queue=LINK.value, start_to_close_timeout=timedelta(seconds=10)
        )


@pytest_asyncio.fixture(loop_scope="session")
async def database(fresh_database_url: str) -> AsyncIterator[Database]:
    made = Database(fresh_database_url)
    yield made
    await made.close()


@pytest.fixture
def queues(temporal_client: Client, database: Database) -> LinkQueues:
    return LinkQueues(temporal_client, database)


def keeper(database: Database, queues: LinkQueues, rate: float = 40.0) -> LinkKeeper:
    state = LinkState(LINK.value, LINK.channel, LINK.carrier, True, None, 0, 10)
    return LinkKeeper(database, queues, lambda: [state], {LINK: rate}, process="here:1")


async def told(queues: LinkQueues) -> float | None:
    return (await queues.states())[LINK].rate


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def operators_are_there(fresh_database_url: str) -> None:
    jobs_database = JobsDatabase(jobs_url(fresh_database_url), pool_size=1)
    async with jobs_database.transaction(OWN_STAFF) as session:
        await ensure_demo_operators(session)
    await jobs_database.close()


async def operator_of(database: Database) -> OperatorCaller:
    async with database.transaction(OWN_STAFF) as session:
        found = await session.execute(text("SELECT id FROM operators LIMIT 1"))
        return OperatorCaller(found.scalar_one())


async def stop(database: Database) -> None:
    operator = await operator_of(database)
    async with database.transaction(OWN_STAFF) as session:
        await stop_link(session, operator, LINK, (await wanted_link(session, LINK)).version, "試験")


async def resume(database: Database) -> None:
    operator = await operator_of(database)
    async with database.transaction(OWN_STAFF) as session:
        await resume_link(session, operator, LINK, (await wanted_link(session, LINK)).version)


async def test_a_start_tells_the_contracts_rate_and_reports(database: Database, queues: LinkQueues) -> None:
    await keeper(database, queues).begin()
    assert await told(queues) == 40.0
    async with database.transaction(OWN_STAFF) as session:
        assert (await wanted_link(session, LINK)).is_applied
        assert [report.process for report in (await link_reports(session))[LINK]] == ["here:1"]


async def test_a_restart_does_not_undo_a_stop(database: Database, queues: LinkQueues) -> None:
    """The finding: a carrier worker that started set the rate of its settings again."""
    await keeper(database, queues).begin()
    await stop(database)
    await keeper(database, queues).keep()
    assert await told(queues) == 0.0
    await keeper(database, queues, rate=75.0).begin()
    assert await told(queues) == 0.0
    await resume(database)
    await keeper(database, queues, rate=75.0).keep()
    assert await told(queues) == 40.0


async def test_a_changed_contract_is_applied_by_the_next_round(
    database: Database, queues: LinkQueues
) -> None:
    kept = keeper(database, queues)
    await kept.begin()
    operator = await operator_of(database)
    async with database.transaction(OWN_STAFF) as session:
        await change_contract_rate(session, operator, LINK, 0, 12.5)
    await kept.keep()
    assert await told(queues) == 12.5


async def test_a_rate_told_by_somebody_else_is_noticed(
    temporal_client: Client, database: Database, queues: LinkQueues
) -> None:
    """What is wanted is kept in one place: Temporal's command line does not change it."""
    await keeper(database, queues).begin()
    await set_queue_rate(temporal_client, LINK, 3.0, "by hand")
    await queues.apply_differences(frozenset({LINK}), look=True)
    assert await told(queues) == 40.0


async def test_what_waits_at_a_stopped_link_is_counted_kept_and_sent_on_resume(
    temporal_client: Client, database: Database, queues: LinkQueues
) -> None:
    kept = keeper(database, queues)
    await kept.begin()
    await stop(database)
    await kept.keep()
    queue = f"keeper-{uuid4()}"
    async with (
        Worker(temporal_client, task_queue=queue, workflows=[OneCall]),
        Worker(temporal_client, task_queue=LINK.value, activities=[call_carrier]),
    ):
        runs = [
            await temporal_client.start_workflow(OneCall.run, id=f"{queue}-{n}", task_queue=queue)
            for n in range(5)
        ]
        async with asyncio.timeout(PATIENCE_SECONDS):
            # A call that was on its way when the link stopped may still be handed out.
            while (await queues.states())[LINK].waiting < 4:  # noqa: ASYNC110 - a server's state
                await asyncio.sleep(0.2)
        await resume(database)
        await kept.keep()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*(run.result() for run in runs))


async def test_a_temporal_that_is_away_delays_the_switch_and_loses_nothing(database: Database) -> None:
    client = await Client.connect("127.0.0.1:1", lazy=True)
    kept = keeper(database, LinkQueues(client, database))
    await kept.begin()
    async with database.transaction(OWN_STAFF) as session:
        assert not (await wanted_link(session, LINK)).is_applied


async def test_a_process_that_stops_in_good_order_takes_its_reports_back(
    database: Database, queues: LinkQueues
) -> None:
    kept = keeper(database, queues)
    await kept.begin()
    await kept.leave()
    async with database.transaction(OWN_STAFF) as session:
        assert (await link_reports(session))[LINK] == []
