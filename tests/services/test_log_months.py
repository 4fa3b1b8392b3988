"""L-1: messages are stored by month, and what the log does not need any more is gone; charges stay."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from domain.log_months import LOG_PERIOD, LogMonth, first_message_id, months_to_have
from services.log_months import delete_ended, drop_month, existing_months, learn_sizes, make_months
from tests.services.factories import Bench

NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Old:
    """A month long over, and a campaign with a message in it."""

    month: LogMonth
    campaign_id: UUID

    @property
    def registered_at(self) -> datetime:
        return self.month.starts_at + timedelta(days=3)


def month_before(months: int) -> LogMonth:
    month = LogMonth.of(NOW)
    for _ in range(months):
        month = LogMonth.of(month.starts_at - timedelta(days=1))
    return month


async def a_month(bench: Bench, months_ago: int) -> Old:
    """Make a month as if the product had run then."""
    month = month_before(months_ago)
    await bench.rows(
        "SELECT make_log_month(:name, :first, :next)",
        name=month.name,
        first=first_message_id(month.starts_at),
        next=first_message_id(month.next.starts_at),
    )
    return Old(month, (await bench.campaign_to(())).id)


async def a_message(bench: Bench, old: Old, closed_at: datetime | None) -> UUID:
    """Put a message with everything under it into the month, with its charge."""
    message_id = (
        await bench.one(
            "INSERT INTO messages (company_id, id, campaign_id, row_number, phone_number, status,"
            " accepted_at, closed_at)"
            " VALUES (:company, :id, :campaign, 2, '09012345678', :status, :at, :closed_at) RETURNING id",
            id=UUID(int=first_message_id(old.registered_at).int + (await _serial(bench))),
            campaign=old.campaign_id,
            status="delivered" if closed_at else "sent",
            at=old.registered_at,
            closed_at=closed_at,
        )
    ).id
    key = {"message": message_id}
    attempt = await bench.one(
        "INSERT INTO submit_attempts (company_id, message_id, channel, carrier, number, state, body, parts,"
        " reference) VALUES (:company, :message, 'sms', 'au', 1, 'accepted', '本文', 1, 7) RETURNING id",
        **key,
    )
    await bench.rows(
        "INSERT INTO submit_segments (company_id, message_id, attempt_id, segment, channel, carrier, outcome)"
        " VALUES (:company, :message, :attempt, 1, 'sms', 'au', 'accepted')",
        attempt=attempt.id,
        **key,
    )
    await bench.rows(
        "INSERT INTO recycling_checks (company_id, message_id, outcome)"
        " VALUES (:company, :message, 'not_recycled')",
        **key,
    )
    await bench.rows(
        "INSERT INTO billing_entries (company_id, message_id, charge_kind, channel, parts, usage_month)"
        " VALUES (:company, :message, 'delivery', 'sms', 1, :month)",
        month=old.month.first_day,
        **key,
    )
    return UUID(str(message_id))


async def _serial(bench: Bench) -> int:
    return int((await bench.one("SELECT count(*) FROM messages")).count) + 1


async def what_is_left(bench: Bench, message_id: UUID) -> set[str]:
    """Names of the tables that still know the message."""
    left = set()
    for table, column in {
        "messages": "id",
        "submit_attempts": "message_id",
        "submit_segments": "message_id",
        "recycling_checks": "message_id",
        "billing_entries": "message_id",
    }.items():
        if await bench.rows(f"SELECT 1 FROM {table} WHERE {column} = :id", id=message_id):  # noqa: S608
            left.add(table)
    return left


EVERYTHING = {"messages", "submit_attempts", "submit_segments", "recycling_checks", "billing_entries"}


async def drop(bench: Bench, month: LogMonth, now: datetime = NOW) -> bool:
    async with bench.jobs_database.transaction() as session:
        return await drop_month(session, month, now)


async def months(bench: Bench) -> list[LogMonth]:
    async with bench.jobs_database.transaction() as session:
        return await existing_months(session)


async def test_the_months_to_come_are_there_after_the_migration(bench: Bench) -> None:
    assert set(months_to_have(NOW)) <= set(await months(bench))


async def test_missing_months_are_made_once(bench: Bench) -> None:
    """Half a year later, after a long sleep, messages can be registered at once."""
    later = NOW + timedelta(days=200)
    async with bench.jobs_database.transaction() as session:
        made = await make_months(session, later)
        again = await make_months(session, later)
    assert made == list(months_to_have(later))
    assert again == []


async def test_a_month_goes_whole_and_its_charges_stay(bench: Bench) -> None:
    """B-6: an invoice adds up long after the log has forgotten its lines."""
    old = await a_month(bench, 6)
    message_id = await a_message(bench, old, NOW - LOG_PERIOD - MINUTE)
    assert await what_is_left(bench, message_id) == EVERYTHING
    assert await drop(bench, old.month)
    assert await what_is_left(bench, message_id) == {"billing_entries"}
    assert old.month not in await months(bench)
    assert not await drop(bench, old.month)


@pytest.mark.parametrize("closed_at", [None, NOW - LOG_PERIOD + MINUTE], ids=["open", "ended late"])
async def test_of_a_month_that_is_needed_only_the_rest_goes(bench: Bench, closed_at: datetime | None) -> None:
    """P-3: what was scheduled far ahead, and ended a short while ago, is in the log as long as any other."""
    old = await a_month(bench, 8 if closed_at else 9)
    kept = await a_message(bench, old, closed_at)
    ended = await a_message(bench, old, NOW - LOG_PERIOD - MINUTE)
    assert not await drop(bench, old.month)
    assert await what_is_left(bench, ended) == EVERYTHING
    async with bench.jobs_database.transaction() as session:
        assert await delete_ended(session, old.month, NOW) == 1
    assert await what_is_left(bench, ended) == {"billing_entries"}
    assert await what_is_left(bench, kept) == EVERYTHING
    async with bench.jobs_database.transaction() as session:
        assert await delete_ended(session, old.month, NOW) == 0


async def test_a_month_somebody_is_at_work_in_is_left_for_later(bench: Bench) -> None:
    """Who delivers does not wait, nor is it deliveries that fail."""
    old = await a_month(bench, 7)
    message_id = await a_message(bench, old, NOW - LOG_PERIOD - MINUTE)
    async with bench.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "UPDATE messages SET read_at = now() WHERE company_id = %s AND id = %s",
            (bench.company_id, message_id),
        )
        with pytest.raises(OperationalError):
            await drop(bench, old.month)
    assert await what_is_left(bench, message_id) == EVERYTHING
    assert await drop(bench, old.month)


async def test_a_month_is_no_way_around_the_companies(bench: Bench, database_url: str) -> None:
    """I9: policies guard the table; its months can be reached through it only."""
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT set_config('app.company_ids', %s, false)", [f"{{{bench.company_id}}}"])
        month = LogMonth.of(NOW).name
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"SELECT count(*) FROM log_months.messages_{month}")  # noqa: S608


async def test_the_application_makes_and_drops_no_months(database_url: str) -> None:
    for call in ("make_log_month('2001_01', uuidv7(), uuidv7())", "drop_log_month('2001_01', now())"):
        with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"SELECT {call}")


async def test_the_planner_learns_how_large_all_months_are(bench: Bench) -> None:
    await bench.campaign()
    async with bench.jobs_database.transaction() as session:
        await learn_sizes(session)
    (known,) = await bench.one("SELECT reltuples FROM pg_class WHERE oid = 'messages'::regclass")
    assert known >= 1
