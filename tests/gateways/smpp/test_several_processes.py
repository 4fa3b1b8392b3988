"""One carrier, two processes with two binds each: nothing twice, nothing lost, one may die (I3)."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.database import Database, JobsDatabase
from tests.gateways.smpp.carrier_process import BINDS
from tests.gateways.smpp.fake_smsc import until
from tests.gateways.smpp.relaying_smsc import RelayingSmsc
from tests.peers.processes import PeerProcess
from tests.services.factories import Bench, open_bench, open_database, open_jobs_database

ROOT = Path(__file__).parents[3]
MESSAGES = 100
START_SECONDS = 90.0  # on a machine that is busy with other tests
TEXT = "ご予約を承っております。" * 10  # two segments


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url) as opened:
        yield opened


@pytest.fixture
async def jobs_database(database_url: str) -> AsyncIterator[JobsDatabase]:
    async with open_jobs_database(database_url) as opened:
        yield opened


@asynccontextmanager
async def carrier_process(database_url: str, smsc: RelayingSmsc, log: Path) -> AsyncIterator[PeerProcess]:
    """A process with its binds up; its log goes to ``log``."""
    module = "tests.gateways.smpp.carrier_process"
    command = [sys.executable, "-m", module, database_url, smsc.url]
    environment = {"PYTHONPATH": str(ROOT)}
    log.mkdir()  # noqa: ASYNC240 - a test
    async with PeerProcess(command, log, talks=True, environment=environment) as process:
        yield process


def give(bench: Bench, messages: Sequence[UUID], *processes: PeerProcess) -> None:
    """Order these messages of every process, of each first in turn."""
    for number, message_id in enumerate(messages):
        words = json.dumps({"company_id": str(bench.company_id), "message_id": str(message_id)})
        for process in processes[:: 1 if number % 2 else -1]:
            process.write(words)


async def next_answer(process: PeerProcess) -> dict[str, Any]:
    """The next answer; a process logs to standard output as well."""
    while not (line := await process.line(START_SECONDS)).startswith("{"):
        pass
    answer: dict[str, Any] = json.loads(line)
    return answer


async def test_two_processes_with_the_same_orders_submit_once_and_one_killed_loses_nothing(
    database: Database, jobs_database: JobsDatabase, database_url: str, tmp_path: Path
) -> None:
    """Each order goes to both, as when a step is repeated elsewhere; one is killed amid its submits."""
    bench = await open_bench(database, jobs_database, hourly_capacity=10_000_000)
    numbers = [f"090{number:08d}" for number in range(MESSAGES)]
    campaign = await bench.campaign(*numbers, sms_text=TEXT)
    half = MESSAGES // 2
    alone, before, amid = campaign.messages[:10], campaign.messages[10:half], campaign.messages[half:]
    async with (
        RelayingSmsc() as smsc,
        carrier_process(database_url, smsc, tmp_path / "first") as first,
        carrier_process(database_url, smsc, tmp_path / "second") as second,
    ):
        for process in (first, second):
            assert await next_answer(process) == {"bound": BINDS}
        assert len(smsc.bound) == 2 * BINDS
        # What only the first one has: its receipts have to come over the other one's binds in the end.
        give(bench, alone, first)
        for _ in alone:
            assert (await next_answer(first))["outcome"] == "accepted"
        give(bench, before, first, second)
        answers = [[await next_answer(process) for _ in before] for process in (first, second)]
        give(bench, amid, first, second)
        await until(lambda: sum(smsc.submitted.values()) > 2 * half, timeout_s=60.0)
        os.kill(first.pid, signal.SIGKILL)
        answers[1] += [await next_answer(second) for _ in amid]
        await until(lambda: len(smsc.bound) == BINDS)
        await asyncio.wait_for(smsc.relay(), 60.0)
        assert smsc.of_lost_binds >= len(alone)

    assert {answer["message"] for answer in answers[1]} == {str(one) for one in (*before, *amid)}
    for message_id in map(str, before):
        told = {answer["outcome"] for one in answers for answer in one if answer["message"] == message_id}
        assert "accepted" in told, "one of the two heard the carrier's answer"
    assert set(smsc.submitted.values()) == {1}, "no segment reached the SMSC twice"
    # Every receipt that was acknowledged is in the database, once.
    stored = await bench.rows("SELECT carrier_message_id AS id FROM receipts")
    assert sorted(row.id for row in stored) == sorted(smsc.acknowledged)
    assert len(stored) == sum(smsc.submitted.values())
    attempts = await bench.rows(
        "SELECT message_id, state, receipt_state FROM submit_attempts WHERE company_id = :company"
    )
    assert len(attempts) == len({attempt.message_id for attempt in attempts}) == MESSAGES
    # Delivered, but for those whose answers died with the first process: nobody sends them again.
    lost = [attempt for attempt in attempts if attempt.receipt_state != "delivered"]
    assert {attempt.state for attempt in lost} <= {"unknown", "in_flight"}
    assert {attempt.message_id for attempt in lost} <= set(amid)
