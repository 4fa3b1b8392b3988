"""What Temporal learns of a failing activity (I10)."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from services.database import NO_COMPANY, Database
from workflows.failures import DATA_CONVERTER

NUMBER = "09012345678"


@activity.defn
async def fail_with(kind: str) -> None:
    """Fail as a library does, quoting what it was given, or as we do."""
    if kind == "ours":
        raise ApplicationError("not sent yet: throttled", type="throttled")
    raise ValueError(f"cannot send to {NUMBER}") from KeyError(NUMBER)


@workflow.defn
class FailingWorkflow:
    """Runs the failing activity once."""

    @workflow.run
    async def run(self, kind: str) -> None:
        """Fail."""
        await workflow.execute_activity(
            fail_with,
            kind,
            start_to_close_timeout=timedelta(seconds=5),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )


async def history_of_failure(client: Client, kind: str) -> str:
    """Everything Temporal keeps of a workflow whose activity fails."""
    ours = Client(**{**client.config(), "data_converter": DATA_CONVERTER})  # type: ignore[arg-type]
    queue = f"failures-{uuid.uuid4()}"
    async with Worker(
        ours,
        task_queue=queue,
        workflows=[FailingWorkflow],
        activities=[fail_with],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        handle = await ours.start_workflow(FailingWorkflow.run, kind, id=queue, task_queue=queue)
        with pytest.raises(WorkflowFailureError):
            await handle.result()
        return (await handle.fetch_history()).to_json()


async def test_a_foreign_failure_leaves_only_its_kind_in_temporal(temporal_client: Client) -> None:
    """I10: libraries quote values in their messages."""
    history = await history_of_failure(temporal_client, "foreign")
    assert NUMBER not in history
    assert "ValueError" in history


async def test_our_own_failures_keep_their_words(temporal_client: Client) -> None:
    """The operator reads in Temporal why a submit waits."""
    assert "not sent yet: throttled" in await history_of_failure(temporal_client, "ours")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO known_carriers VALUES (:number, 'nobody', now())",
        "INSERT INTO known_carriers VALUES (:number, 'au', NULL)",
        "SELECT CAST(:number AS int) * 1000000000",
        "SELECT CAST(:number || 'x' AS int)",
    ],
)
async def test_errors_of_the_database_quote_no_values(database_url: str, statement: str) -> None:
    """I10: PostgreSQL's details quote rows; neither log nor Temporal may get them."""
    database = Database(database_url)
    with pytest.raises(DBAPIError) as caught:
        async with database.transaction(NO_COMPANY) as session:
            await session.execute(text(statement), {"number": NUMBER})
    await database.close()
    assert NUMBER not in str(caught.value)
    assert NUMBER not in str(caught.value.__cause__)
