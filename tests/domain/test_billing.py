"""What is charged, and in which month (B-1, B-2, B-3, B-7, B-8, R-10)."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.billing import (
    RCS_BILLABLE_WITHIN,
    Charge,
    ChargeKind,
    delivery_charge,
    recycling_check_charge,
    usage_month,
)
from domain.carriers import Channel

JST = timezone(timedelta(hours=9))
SENT = datetime(2026, 1, 31, 23, 59, 59, tzinfo=JST)


def charge(channel: Channel, parts: int = 4, after: timedelta = timedelta(minutes=1)) -> Charge | None:
    """A message a carrier accepted in the last second of January in Japan."""
    return delivery_charge(channel, parts, submitted_at=SENT, delivered_at=SENT + after)


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 1, 31, 14, 59, 59, 999999, UTC), date(2026, 1, 1)),
        (datetime(2026, 1, 31, 15, 0, tzinfo=UTC), date(2026, 2, 1)),
        (datetime(2026, 2, 1, 0, 0, tzinfo=JST), date(2026, 2, 1)),
        (datetime(2025, 12, 31, 15, 0, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2024, 2, 29, 23, 59, tzinfo=JST), date(2024, 2, 1)),
        (datetime(2026, 1, 31, 10, 0, tzinfo=timezone(timedelta(hours=-5))), date(2026, 2, 1)),
    ],
)
def test_months_begin_at_midnight_in_japan(at: datetime, month: date) -> None:
    assert usage_month(at) == month


@given(st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 (made aware)
def test_a_month_is_the_same_in_whatever_zone_the_time_comes(at: datetime) -> None:
    assert usage_month(at) == usage_month(at.astimezone(JST)) == at.astimezone(JST).date().replace(day=1)


def test_an_sms_is_charged_by_its_parts_in_the_month_a_carrier_accepted_it() -> None:
    """B-1, B-8: however long it was on its way."""
    expected = Charge(ChargeKind.DELIVERY, Channel.SMS, 4, date(2026, 1, 1))

    assert charge(Channel.SMS) == charge(Channel.SMS, after=timedelta(days=10)) == expected


def test_a_rich_message_is_one_in_the_month_of_the_send() -> None:
    """B-2: whatever the length, also when it arrives in February."""
    assert charge(Channel.RCS) == Charge(ChargeKind.DELIVERY, Channel.RCS, 1, date(2026, 1, 1))


def test_a_rich_message_is_charged_up_to_72_hours_exactly() -> None:
    """B-2, R-10."""
    border = timedelta(hours=72)

    assert border == RCS_BILLABLE_WITHIN
    assert charge(Channel.RCS, after=border) is not None
    assert charge(Channel.RCS, after=border + timedelta(microseconds=1)) is None


def test_a_carriers_clock_that_is_behind_does_not_cost_the_charge() -> None:
    assert charge(Channel.RCS, after=timedelta(seconds=-59)) is not None


def test_an_answered_check_is_one_in_the_month_it_was_asked() -> None:
    """B-3, M-4."""
    at = datetime(2026, 1, 31, 15, 0, tzinfo=UTC)

    assert recycling_check_charge(at) == Charge(ChargeKind.RECYCLING_CHECK, None, 1, date(2026, 2, 1))
