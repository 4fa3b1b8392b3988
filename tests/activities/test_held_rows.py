"""A row that somebody holds keeps its own company waiting, no other, and all recovers when it is let go."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from activities.close_message import ClosingActivities
from activities.start_second_messages import SecondMessageStarter
from activities.submit_sms import SmsActivities
from activities.submitting import NotYet, SubmitRecorder
from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier
from domain.delivery import DeliveryOrder, Submission, SubmissionOutcome, WaitingTimes
from services.database import JOBS, PAGES, STEPS, Database, Patience, allow_long_statements
from services.sweeps import apply_late_receipts, late_receipts
from tests.activities.fake_gateways import FakeSmsLink, environment
from tests.services.factories import Bench, accepted, an_id, open_bench, report
from workflows.client import DeliveryClient
from workflows.receipt_inbox import ReceiptInbox

# The lock's limit, and what a busy machine adds.
SOON_SECONDS = STEPS.lock.total_seconds() + 6


@asynccontextmanager
async def held(bench: Bench, statement: str) -> AsyncIterator[None]:
    """Hold rows of a company as a forgotten BEGIN does."""
    async with bench.jobs_database.transaction() as session:
        await session.execute(text(f"{statement} FOR UPDATE"), {"company": bench.company_id})
        yield


def worker(bench: Bench) -> SmsActivities:
    link = FakeSmsLink(*((accepted(),) for _ in range(100)))
    return SmsActivities(SubmitRecorder(bench.database), {Carrier.DOCOMO: link})


HELD = {
    "messages": "SELECT 1 FROM messages WHERE company_id = :company",
    "counters": "SELECT 1 FROM campaign_counters WHERE company_id = :company",
    "lane": "SELECT 1 FROM company_lanes WHERE company_id = :company",
}


@pytest.mark.parametrize("rows", HELD)
async def test_submits_of_other_companies_go_on(bench: Bench, rows: str) -> None:
    other = await open_bench(bench.database, bench.jobs_database)
    mine = await bench.campaign(*(f"0807400{n:04d}" for n in range(5)))
    theirs = await other.campaign(*(f"0807401{n:04d}" for n in range(20)))
    for campaign, company in ((mine, bench), (theirs, other)):
        await company.rows("INSERT INTO company_lanes VALUES (:company, clock_timestamp())")
        assert campaign.messages
    steps = worker(bench)

    async def submit(company: Bench, message: object) -> Submission | NotYet:
        order = company.order(message)  # type: ignore[arg-type]
        while True:
            try:
                submission: Submission = await environment().run(steps.submit_sms, order)
            except NotYet as later:
                if company is bench:
                    return later
                await asyncio.sleep(0.1)
            else:
                return submission

    async with held(bench, HELD[rows]):
        began = time.monotonic()
        blocked = [asyncio.create_task(submit(bench, message)) for message in mine.messages]
        async with asyncio.timeout(60):
            first = await asyncio.gather(*(submit(other, message) for message in theirs.messages[:10]))
            took = time.monotonic() - began
            again = time.monotonic()
            # The held ones come back meanwhile; their company has a lane of its own by now.
            blocked += [asyncio.create_task(submit(bench, message)) for message in mine.messages]
            first += await asyncio.gather(*(submit(other, message) for message in theirs.messages[10:]))
    assert all(isinstance(answer, Submission) for answer in first)
    assert took < SOON_SECONDS
    assert time.monotonic() - again < SOON_SECONDS
    await asyncio.gather(*blocked)
    # Let go: what waited leaves now, each once.
    for message in mine.messages:
        answer = await environment().run(steps.submit_sms, bench.order(message))
        assert answer.outcome in (SubmissionOutcome.ACCEPTED, SubmissionOutcome.UNKNOWN)
    rows_of = await bench.rows("SELECT message_id FROM submit_attempts WHERE company_id = :company")
    assert len(rows_of) == 5


async def test_messages_of_other_companies_end(bench: Bench) -> None:
    other = await open_bench(bench.database, bench.jobs_database)
    mine, theirs = await bench.campaign(), await other.campaign()
    for company, campaign in ((bench, mine), (other, theirs)):
        await company.submitted(company.order(campaign.message), an_id())

    async def never(order: DeliveryOrder) -> None:
        raise AssertionError(order)

    starter = SecondMessageStarter(bench.database, never, WaitingTimes())
    activities = ClosingActivities(bench.database, starter)
    async with held(bench, HELD["messages"]):
        blocked = asyncio.create_task(activities.close_message(bench.closing(mine.message)))
        async with asyncio.timeout(SOON_SECONDS):
            await activities.close_message(other.closing(theirs.message))
        with pytest.raises(OperationalError):
            await blocked
    await activities.close_message(bench.closing(mine.message))
    assert (await bench.message(mine.message)).status == "delivered"
    assert (await other.message(theirs.message)).status == "delivered"


class Silent(DeliveryClient):
    """Signals go nowhere."""

    def __init__(self) -> None:
        self.signals: list[object] = []

    async def signal_receipt(self, message_id: object, notice: object) -> bool:
        self.signals.append(message_id)
        return True


async def test_receipts_are_committed_whatever_is_held_and_applied_later(bench: Bench) -> None:
    """The carrier gets its acknowledgement; another company's receipts are applied by the sweep meanwhile."""
    other = await open_bench(bench.database, bench.jobs_database)
    mine, theirs, first, second = await bench.campaign(), await other.campaign(), an_id(), an_id()
    await bench.submitted(bench.order(mine.message), first)
    await other.submitted(other.order(theirs.message), second)
    inbox = ReceiptInbox(bench.database, Silent())
    async with held(bench, "SELECT 1 FROM submit_attempts WHERE company_id = :company"):
        async with asyncio.timeout(SOON_SECONDS):
            await asyncio.gather(
                *(inbox.receive(report(carrier_id, ReceiptState.DELIVERED)) for carrier_id in (first, second))
            )
        await bench.rows("UPDATE receipts SET received_at = received_at - interval '6 seconds'")
        async with bench.jobs_database.transaction() as session:
            late = await late_receipts(session)
        async with bench.jobs_database.transaction() as session:
            await apply_late_receipts(session, late[other.company_id])
        assert (await other.attempt(theirs.message)).receipt_state == "delivered"
    async with bench.jobs_database.transaction() as session:
        await apply_late_receipts(session, late[bench.company_id])
    assert (await bench.attempt(mine.message)).receipt_state == "delivered"
    await inbox.close()


@pytest.mark.parametrize("patience", [STEPS, PAGES, JOBS])
async def test_a_connection_has_the_limits_of_its_use(database_url: str, patience: Patience) -> None:
    database = Database(database_url, pool_size=1, patience=patience)
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    async with database.transaction(()) as session:
        found = [
            (
                await session.execute(text("SELECT setting::int FROM pg_settings WHERE name = :n"), {"n": n})
            ).scalar_one()
            for n in names
        ]
        await allow_long_statements(session)
        long = (await session.execute(text("SHOW statement_timeout"))).scalar_one()
    async with database.transaction(()) as session:
        after = (await session.execute(text("SHOW statement_timeout"))).scalar_one()
    await database.close()
    assert found == [
        limit.total_seconds() * 1000 for limit in (patience.lock, patience.statement, patience.idle)
    ]
    assert long == "15min"
    assert after != long or patience is JOBS
