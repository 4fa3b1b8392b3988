"""A database that came back as it was sends nothing by itself of what was due meanwhile (I3, I7)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from domain.campaigns import CampaignStatus
from services.database import Database, JobsDatabase
from tests.services.factories import Bench, an_id, open_bench
from tests.support.postgres import jobs_url
from workers.after_restore import stop_after_restore
from workers.settings import Settings

NOW = datetime.now(UTC)


@pytest_asyncio.fixture(loop_scope="session")
async def bench(fresh_database_url: str) -> AsyncIterator[Bench]:
    database, jobs_database = Database(fresh_database_url), JobsDatabase(jobs_url(fresh_database_url))
    yield await open_bench(database, jobs_database)
    await jobs_database.close()
    await database.close()


@pytest.fixture
def settings(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    monkeypatch.setenv("JOBS_DATABASE_URL", jobs_url(fresh_database_url))
    return Settings()


async def statuses(bench: Bench) -> dict[object, str]:
    return {row.id: row.status for row in await bench.rows("SELECT id, status FROM campaigns")}


async def test_what_was_due_is_stopped_and_what_is_on_record_goes_on(
    bench: Bench, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    sending = await bench.campaign("08078880001", "08078880002")
    handed_over, not_yet = sending.messages
    await bench.submitted(bench.order(handed_over), an_id())
    waiting = {"status": CampaignStatus.REGISTERED, "frozen_at": None}
    at_once = await bench.campaign(**waiting)
    due = await bench.campaign(**waiting, send_at=NOW - timedelta(hours=5))
    later = await bench.campaign(**waiting, send_at=NOW + timedelta(hours=5))
    draft = await bench.campaign(status=CampaignStatus.DRAFT)

    for _ in range(2):
        await stop_after_restore(settings)

    assert await statuses(bench) == {
        sending.id: "cancelled",
        at_once.id: "cancelled",
        due.id: "cancelled",
        later.id: "registered",
        draft.id: "draft",
    }
    found = [(await bench.message(message)).status for message in (handed_over, not_yet, due.message)]
    assert found == ["sent", "cancelled", "cancelled"]
    assert (await bench.message(later.message)).status == "accepted"
    first, second = capsys.readouterr().out.split("second messages stopped.\n")[:2]
    assert "1 messages cancelled, 1 handed over before" in first
    assert second.startswith("0 campaigns")
    entries = await bench.rows("SELECT action FROM audit_entries WHERE company_id = :company")
    assert [entry.action for entry in entries] == ["campaign_cancelled"] * 3


async def test_second_messages_nothing_is_on_record_for_are_stopped(bench: Bench, settings: Settings) -> None:
    """P-7, P-8: also of a campaign that is completed."""
    campaign = await bench.campaign("08078880003", "08078880004", status=CampaignStatus.COMPLETED)
    await bench.rows(
        "INSERT INTO campaign_counters (company_id, campaign_id, sequence, total)"
        " VALUES (:company, :campaign, 2, 2)",
        campaign=campaign.id,
    )
    for first in campaign.messages:
        await bench.rows(
            "WITH second AS (INSERT INTO messages (company_id, campaign_id, parent_message_id, row_number,"
            " phone_number, status) SELECT company_id, campaign_id, id, row_number, phone_number, 'accepted'"
            " FROM messages WHERE id = :first RETURNING company_id, id)"
            " INSERT INTO pending_starts (company_id, message_id) SELECT company_id, id FROM second",
            first=first,
        )
    rows = await bench.rows("SELECT id FROM messages WHERE parent_message_id IS NOT NULL ORDER BY id")
    await bench.rows(
        "INSERT INTO submit_attempts (company_id, message_id, channel, carrier, number, state, body, parts,"
        " reference) VALUES (:company, :message, 'sms', 'au', 1, 'accepted', 'x', 1, 1)",
        message=rows[0].id,
    )

    await stop_after_restore(settings)

    assert [(await bench.message(row.id)).status for row in rows] == ["accepted", "cancelled"]
    assert [row.message_id for row in await bench.rows("SELECT message_id FROM pending_starts")] == [
        rows[0].id
    ]
    counted = await bench.one("SELECT cancelled FROM campaign_counters WHERE sequence = 2")
    assert counted.cancelled == 1
