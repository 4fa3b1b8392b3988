"""One SMPP link against node-smpp, which is not ours: how fast it submits, how soon receipts are kept."""

import asyncio
import secrets
import time
from dataclasses import replace
from pathlib import Path

import uvloop

from benchmarks.errors import BenchmarkFailed
from benchmarks.link_receipts import measure_receipts
from benchmarks.link_results import LinkResult, percentile
from domain.carrier_exchange import DeliveryReceipt, OutboundSms, SubmitOutcome
from gateways.smpp.link import SmppLink
from gateways.smpp.profiles import DOCOMO
from migrations.run import upgrade
from scripts.npm import find_node
from scripts.peer_packages import NODE_PEERS, is_installed
from tests.peers.node_smsc import NodeSmsc, node_smsc
from tests.support.servers import Server
from workers.local_stack.ports import free_port
from workers.local_stack.postgres import APP, JOBS, OWNER, EmbeddedPostgres

WINDOW = 50
SUBMITS = 10_000
RECEIPTS = 3_000
# Twice the window want to submit at any moment, so that it is never the caller that is waited for.
CALLERS = 2 * WINDOW
BIND_SECONDS = 10.0
RECEIPT_SECONDS = 60.0
PROFILE = replace(DOCOMO, window=WINDOW)


def what_is_missing() -> str | None:
    """Why this cannot be measured here; ``None`` when it can."""
    if find_node() is None or not is_installed(NODE_PEERS):
        return "node or its package smpp is not here; `make peers` tries to fetch it"
    return None


def measure_link(var: Path) -> LinkResult:
    """Measure in this process, on the event loop of a carrier worker, with PostgreSQL as shipped."""
    folder = var / "link"
    folder.mkdir(parents=True)
    postgres = EmbeddedPostgres(
        data=folder / "postgres",
        port=free_port(),
        log=folder / "postgres.log",
        admin_password=secrets.token_hex(8),
        owner_password=secrets.token_hex(8),
        app_password=secrets.token_hex(8),
        jobs_password=secrets.token_hex(8),
    )
    with Server(postgres.member()):
        upgrade(postgres.url_of(OWNER, OWNER))
        as_app, as_jobs = (postgres.url_of(OWNER, role) for role in (APP, JOBS))
        return uvloop.run(_measure(folder, as_app, as_jobs))


async def _measure(folder: Path, database_url: str, jobs_url: str) -> LinkResult:
    async with node_smsc(folder) as smsc:
        await smsc.set(record=False)
        result = await _measure_submits(smsc)
    async with node_smsc(folder) as smsc:
        milliseconds = await measure_receipts(smsc, PROFILE, database_url, jobs_url, RECEIPTS)
    return replace(
        result,
        receipts_at_100_per_second=len(milliseconds),
        receipt_ms_p50=percentile(milliseconds, 50),
        receipt_ms_p99=percentile(milliseconds, 99),
        receipt_ms_max=max(milliseconds),
    )


async def _measure_submits(smsc: NodeSmsc) -> LinkResult:
    """Submit texts of one segment as fast as the window lets us; every receipt must come back once."""
    received: list[str | None] = []
    complete = asyncio.Event()

    async def keep(receipt: DeliveryReceipt) -> None:
        received.append(receipt.carrier_message_id)
        if len(received) == SUBMITS:
            complete.set()

    link = SmppLink(PROFILE, smsc.url, keep)
    await link.start()
    try:
        if not await link.wait_until_bound(BIND_SECONDS):
            raise BenchmarkFailed("node-smpp did not take the bind.")
        began, cpu_before = time.perf_counter(), time.process_time()
        accepted = await _submit_all(link)
        submitted = time.perf_counter() - began
        async with asyncio.timeout(RECEIPT_SECONDS):
            await complete.wait()
        took, cpu = time.perf_counter() - began, time.process_time() - cpu_before
    finally:
        await link.stop()
    if sorted(accepted) != sorted(str(one) for one in received) or len(set(accepted)) != SUBMITS:
        raise BenchmarkFailed("The receipts are not those of the submits.")
    return LinkResult(
        window=WINDOW,
        submits=SUBMITS,
        submits_per_second=SUBMITS / submitted,
        receipts=len(received),
        receipts_per_second=len(received) / took,
        cpu_ms_per_submit=1000 * cpu / SUBMITS,
        receipts_at_100_per_second=0,
        receipt_ms_p50=0.0,
        receipt_ms_p99=0.0,
        receipt_ms_max=0.0,
    )


async def _submit_all(link: SmppLink) -> list[str]:
    """Submit from ``CALLERS`` callers; the carrier's message ids."""
    numbers = iter(range(SUBMITS))
    accepted: list[str] = []

    async def caller() -> None:
        for number in numbers:
            text = f"明日10時のご予約を承っております。受付番号{number}"
            (result,) = await link.submit(OutboundSms(f"090{number:08d}", text, "0312345678", number % 65536))
            if result.outcome is not SubmitOutcome.ACCEPTED or result.carrier_message_id is None:
                raise BenchmarkFailed(f"node-smpp answered {result.outcome.value}.")
            accepted.append(result.carrier_message_id)

    async with asyncio.TaskGroup() as callers:
        for _ in range(CALLERS):
            callers.create_task(caller())
    return accepted
