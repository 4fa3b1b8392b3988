"""The figures of the home page: what ended today, whenever it began (P-2); what cancelled campaigns did."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.send_times import jst_datetime, to_jst
from services.campaign_reports import Counters
from services.dashboards import HomeNumbers, home_numbers
from tests.services.support import Companies, now

MIDNIGHT = jst_datetime(to_jst(now()).date(), time.min)
BEFORE, AFTER = MIDNIGHT - timedelta(seconds=1), MIDNIGHT + timedelta(seconds=1)


async def _numbers(companies: Companies) -> HomeNumbers:
    async with companies.transaction() as session:
        return await home_numbers(session, companies.caller, now())


async def _ended(companies: Companies, campaign: UUID, row: int, status: str, at: datetime) -> None:
    delivered_at = at if status == "delivered" else None
    key: dict[str, Any] = {"campaign": campaign, "row": row, "status": status}
    await companies.rows(
        "UPDATE messages SET status = :status, closed_at = :at, delivered_at = :delivered_at"
        " WHERE campaign_id = :campaign AND row_number = :row",
        **key,
        at=at,
        delivered_at=delivered_at,
    )
    await companies.rows(
        f"UPDATE campaign_counters SET {status} = {status} + 1"  # noqa: S608
        " WHERE campaign_id = :campaign AND sequence = 1",
        campaign=campaign,
    )


async def _campaign(companies: Companies, number: int, started_at: datetime, **columns: Any) -> UUID:
    campaign = await companies.registered(4, number)
    values: dict[str, Any] = {
        "status": "sending",
        "completed_at": None,
        "cancelled_at": None,
        "started_at": started_at,
        **columns,
    }
    settings = ", ".join(f"{column} = :{column}" for column in values)
    await companies.rows(f"UPDATE campaigns SET {settings} WHERE id = :id", id=campaign, **values)  # noqa: S608
    return campaign


@pytest.mark.parametrize(
    ("state", "number"),
    [
        ({"started_at": MIDNIGHT - timedelta(minutes=3)}, 6000),
        ({"started_at": MIDNIGHT - timedelta(days=2)}, 6100),
        ({"started_at": BEFORE, "status": "completed", "completed_at": AFTER}, 6200),
        ({"started_at": BEFORE, "status": "cancelled", "cancelled_at": BEFORE}, 6300),
    ],
)
async def test_messages_of_campaigns_begun_earlier_count_on_the_day_they_end(
    companies: Companies, state: dict[str, Any], number: int
) -> None:
    """P-2: at 00:04, deliveries after midnight are today's; those before it are not."""
    before = await _numbers(companies)
    campaign = await _campaign(companies, number, **state)
    await _ended(companies, campaign, 1, "delivered", BEFORE)
    await _ended(companies, campaign, 2, "delivered", AFTER)
    await _ended(companies, campaign, 3, "undelivered", AFTER)
    await _ended(companies, campaign, 4, "unknown", BEFORE)
    after = await _numbers(companies)
    assert after.delivered_today - before.delivered_today == 1
    assert after.failed_today - before.failed_today == 1


async def test_messages_of_todays_campaigns_are_read_off_their_counters(companies: Companies) -> None:
    """P-2: nothing is counted anew for them."""
    before = await _numbers(companies)
    campaign = await _campaign(companies, 6400, AFTER)
    await _ended(companies, campaign, 1, "delivered", AFTER)
    await _ended(companies, campaign, 2, "expired", AFTER)
    after = await _numbers(companies)
    assert after.delivered_today - before.delivered_today == 1
    assert after.failed_today - before.failed_today == 1


async def test_another_companys_messages_do_not_count(companies: Companies) -> None:
    """I9."""
    campaign = await _campaign(companies, 6500, BEFORE)
    await _ended(companies, campaign, 1, "delivered", AFTER)
    async with companies.transaction() as session:
        stranger = await home_numbers(session, companies.stranger, now())
    assert (stranger.delivered_today, stranger.failed_today) == (0, 0)


def test_what_was_withdrawn_was_not_handed_over() -> None:
    """P-2: a campaign cancelled before its time has sent nothing, however many of its messages have ended."""
    withdrawn = Counters(total=5, cancelled=5)
    assert (withdrawn.closed, withdrawn.meant, withdrawn.handed_over) == (5, 0, 0)
    half = Counters(total=50, submitted=12, delivered=10, cancelled=30, excluded=8)
    assert (half.meant, half.handed_over, half.waiting) == (12, 12, 0)
