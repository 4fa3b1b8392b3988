"""A worker whose clock is wrong sends when it is time by the database's, and asks for no long pause (I8)."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from activities.submitting import LONGEST_WAIT, DatabaseClock
from domain.carriers import Carrier, Channel
from domain.delivery import SubmitOrder
from tests.services.factories import Bench

LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")

# A process of its own: this one's clock is right.
_WORKER = """
import asyncio, sys
from datetime import UTC, datetime
from tests.activities.test_wrong_clocks import submit_once
print(abs(datetime.now(UTC) - datetime.fromisoformat(sys.argv[5])).total_seconds() > 3000)
print(asyncio.run(submit_once(*sys.argv[1:5])))
"""


async def submit_once(database_url: str, company_id: str, message_id: str, slot: str) -> str:
    """Submit one SMS as a carrier worker does; what came of it, in words."""
    from activities.submit_sms import SmsActivities
    from activities.submitting import NotYet, SubmitRecorder
    from services.database import Database
    from tests.activities.fake_gateways import FakeSmsLink, environment
    from tests.services.factories import accepted

    database = Database(database_url)
    activities = SmsActivities(SubmitRecorder(database), {Carrier.DOCOMO: FakeSmsLink((accepted(),))})
    order = SubmitOrder(
        UUID(company_id),
        UUID(message_id),
        Channel.SMS,
        Carrier.DOCOMO,
        not_before=datetime.fromisoformat(slot),
    )
    try:
        submission = await environment().run(activities.submit_sms, order)
    except NotYet as later:
        wait = later.next_retry_delay
        return f"again in {wait.total_seconds() if wait else 0:.0f} s"
    finally:
        await database.close()
    return str(submission.outcome)


async def _with_clock(offset: str, *arguments: str) -> list[str]:
    environment = {
        **os.environ,
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME": offset,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WORKER, *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await asyncio.wait_for(process.communicate(), 60)
    return printed.decode().split("\n")[:2]


@pytest.mark.skipif(not LIBRARY.exists(), reason="libfaketime is not installed")
@pytest.mark.parametrize("offset", ["-3600s", "+3600s"])
@pytest.mark.parametrize(("slot", "outcome"), [("1 second", "accepted"), ("30 minutes", "again in 60 s")])
async def test_a_slot_comes_by_the_databases_clock(
    bench: Bench, database_url: str, offset: str, slot: str, outcome: str
) -> None:
    campaign = await bench.campaign()
    at = (await bench.one(f"SELECT clock_timestamp() + interval '{slot}' AS at")).at
    is_wrong, said = await _with_clock(
        offset,
        database_url,
        str(bench.company_id),
        str(campaign.message),
        at.isoformat(),
        datetime.now(UTC).isoformat(),
    )
    assert (is_wrong, said) == ("True", outcome)
    for attempt in await bench.rows("SELECT * FROM submit_attempts WHERE company_id = :company"):
        assert attempt.started_at >= at, "never before its slot"


def test_the_clock_that_is_kept_is_the_one_that_was_told() -> None:
    clock = DatabaseClock()
    moment = datetime.fromisoformat("2030-01-01T00:00:00+00:00")
    assert clock.until(moment) == timedelta(0), "before it was told, the database is to be asked"
    clock.observe(moment - timedelta(seconds=1))
    assert timedelta(0) < clock.until(moment) <= timedelta(seconds=1)
    assert clock.until(moment - timedelta(hours=1)) < timedelta(0)
    assert timedelta(seconds=60) == LONGEST_WAIT
