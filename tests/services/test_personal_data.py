"""L-1: what is known of people goes when the log does not need it, and not before."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.log_months import LOG_PERIOD
from services.personal_data import forget_personal_data
from tests.services.factories import Bench, a_number, an_id

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
OVER = NOW - LOG_PERIOD - DAY
NEEDED = NOW - LOG_PERIOD + DAY


async def forget(bench: Bench, now: datetime = NOW) -> None:
    async with bench.jobs_database.transaction() as session:
        while await forget_personal_data(session, now):
            pass


async def inserted(bench: Bench, statement: str, **values: Any) -> Any:
    return (await bench.one(statement, **values))[0]


async def exists(bench: Bench, table: str, column: str, value: Any) -> bool:
    return bool(await bench.rows(f"SELECT 1 FROM {table} WHERE {column} = :value", value=value))  # noqa: S608


@pytest.mark.parametrize(("at", "stays"), [(OVER, False), (NEEDED, True)])
async def test_messages_of_end_users(bench: Bench, at: datetime, stays: bool) -> None:
    inbound = await inserted(
        bench,
        "INSERT INTO inbound_messages (company_id, channel, carrier, carrier_key, phone_number, text,"
        " outcome, received_at)"
        " VALUES (:company, 'sms', 'au', :key, :number, 'はい', 'unmatched', :at) RETURNING id",
        key=an_id(),
        number=a_number(),
        at=at,
    )
    await forget(bench)
    assert await exists(bench, "inbound_messages", "id", inbound) == stays


@pytest.mark.parametrize(
    ("days", "applied", "stays"), [(93, True, False), (93, False, True), (91, True, True)]
)
async def test_reports_of_carriers(bench: Bench, days: int, applied: bool, stays: bool) -> None:
    """One that is still to be carried on stays, however old."""
    receipt = await inserted(
        bench,
        "INSERT INTO receipts (channel, carrier, carrier_message_id, state, raw, applied_at)"
        " VALUES ('sms', 'au', :key, 'delivered', '', CASE WHEN :applied THEN now() END) RETURNING id",
        key=an_id(),
        applied=applied,
    )
    await forget(bench, NOW + timedelta(days=days))
    assert await exists(bench, "receipts", "id", receipt) == stays


@pytest.mark.parametrize(("at", "stays"), [(NOW - 366 * DAY, False), (NOW - 364 * DAY, True)])
async def test_carriers_of_numbers(bench: Bench, at: datetime, stays: bool) -> None:
    """S-2: a first guess for a year."""
    number = a_number()
    await bench.rows("INSERT INTO known_carriers VALUES (:number, 'au', :at)", number=number, at=at)
    await forget(bench)
    assert await exists(bench, "known_carriers", "phone_number", number) == stays


@pytest.mark.parametrize(("at", "stays"), [(NOW - 8 * DAY, False), (NOW - 6 * DAY, True)])
async def test_pauses_of_numbers(bench: Bench, at: datetime, stays: bool) -> None:
    """S-8: no message is under way for a week."""
    number = a_number()
    await bench.rows(
        "INSERT INTO number_lanes (carrier, phone_number, free_at) VALUES ('au', :number, :at)",
        number=number,
        at=at,
    )
    await forget(bench)
    assert await exists(bench, "number_lanes", "phone_number", number) == stays


@pytest.mark.parametrize(("at", "stays"), [(NOW - 8 * DAY, False), (NOW - 6 * DAY, True)])
async def test_references_of_numbers(bench: Bench, at: datetime, stays: bool) -> None:
    """No handset waits a week for the rest of a text."""
    number = a_number()
    await bench.rows("INSERT INTO number_references VALUES (:number, 7, :at)", number=number, at=at)
    await forget(bench)
    assert await exists(bench, "number_references", "phone_number", number) == stays


async def a_list(bench: Bench, created_at: datetime) -> UUID:
    upload = await inserted(
        bench,
        "INSERT INTO recipient_uploads (company_id, source, file_name, content, shape, created_at)"
        " VALUES (:company, 'file', '名簿.csv', '', '{}', :at) RETURNING id",
        at=created_at,
    )
    await bench.rows(
        "INSERT INTO recipient_upload_rows (company_id, upload_id, row_number, phone_number)"
        " VALUES (:company, :upload, 2, :number)",
        upload=upload,
        number=a_number(),
    )
    return UUID(str(upload))


@pytest.mark.parametrize(
    ("columns", "stays"),
    [
        ({"status": "completed", "completed_at": OVER}, False),
        ({"status": "completed", "completed_at": NEEDED}, True),
        ({"status": "cancelled", "cancelled_at": OVER}, False),
        ({"status": "draft"}, True),
        ({"status": "registered"}, True),
    ],
)
async def test_lists_go_with_their_campaign(bench: Bench, columns: dict[str, Any], stays: bool) -> None:
    """P-10. A draft keeps its list, and so does what is still to be sent."""
    upload = await a_list(bench, OVER)
    campaign = await bench.campaign_to((), upload_id=upload, **columns)
    await forget(bench)
    assert await exists(bench, "recipient_uploads", "id", upload) == stays
    assert await exists(bench, "recipient_upload_rows", "upload_id", upload) == stays
    assert await exists(bench, "campaigns", "id", campaign.id)


@pytest.mark.parametrize(("at", "stays"), [(OVER, False), (NEEDED, True)])
async def test_lists_no_campaign_took(bench: Bench, at: datetime, stays: bool) -> None:
    upload = await a_list(bench, at)
    await forget(bench)
    assert await exists(bench, "recipient_uploads", "id", upload) == stays


@pytest.mark.parametrize(
    ("state", "closed_at", "stays"),
    [("sent", OVER, False), ("sent", NEEDED, True), ("queued", None, True)],
)
async def test_mails(bench: Bench, state: str, closed_at: datetime | None, stays: bool) -> None:
    """C-2: a mail holds its reader's address."""
    user = await inserted(
        bench,
        "INSERT INTO company_users (company_id, login_id, name, role, password_hash)"
        " VALUES (:company, :login, '佐藤', 'admin', '') RETURNING id",
        login=an_id(),
    )
    mail = await inserted(
        bench,
        "INSERT INTO mails (company_id, kind, user_id, address, state, closed_at)"
        " VALUES (:company, 'account_locked', :user, 'sato@example.com', :state, :closed_at) RETURNING id",
        user=user,
        state=state,
        closed_at=closed_at,
    )
    await forget(bench)
    assert await exists(bench, "mails", "id", mail) == stays
