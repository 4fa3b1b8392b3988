"""L-1: which months the log is stored in, and when one is over."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.log_months import LogMonth, ended_before, first_message_id, first_registered, months_to_have
from domain.send_times import JST

NOVEMBER = LogMonth(date(2026, 11, 1))
MOMENTS = st.integers(946_684_800_000, 7_258_118_400_000).map(
    lambda milliseconds: datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
)


def test_a_month_is_japans() -> None:
    """The last hours of October in London are November in Tokyo."""
    assert LogMonth.of(datetime(2026, 10, 31, 15, 0, tzinfo=UTC)) == NOVEMBER
    assert LogMonth.of(datetime(2026, 10, 31, 14, 59, tzinfo=UTC)) == LogMonth(date(2026, 10, 1))
    assert NOVEMBER.starts_at == datetime(2026, 11, 1, tzinfo=JST)


def test_the_current_month_and_three_ahead_are_there() -> None:
    months = months_to_have(datetime(2026, 11, 27, tzinfo=UTC))
    assert [month.name for month in months] == ["2026_11", "2026_12", "2027_01", "2027_02"]


@pytest.mark.parametrize("name", ["", "2026_1", "2026-11", "2026_13", "messages", "2026_11; DROP"])
def test_what_is_no_month_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        LogMonth.named(name)


def test_a_month_is_over_three_months_after_its_last_day() -> None:
    """A message of its last second that ended at once is in the log for 92 days."""
    assert not NOVEMBER.is_over(datetime(2027, 3, 2, 23, 59, 59, tzinfo=JST))
    assert NOVEMBER.is_over(datetime(2027, 3, 3, tzinfo=JST))


@given(MOMENTS)
def test_every_moment_is_in_exactly_one_month(at: datetime) -> None:
    month = LogMonth.of(at)
    assert month.starts_at <= at < month.next.starts_at
    assert LogMonth.named(month.name) == month
    assert first_message_id(month.starts_at) <= first_message_id(at) < first_message_id(month.next.starts_at)


@example(datetime(2107, 5, 9, 1, 10, 25, 997000, tzinfo=UTC), 0)
@given(MOMENTS, st.integers(0, 2**76 - 1))
def test_ids_of_a_moment_lie_between_it_and_the_next_millisecond(at: datetime, rest: int) -> None:
    """As PostgreSQL makes them: 48 bits of milliseconds, then the version, then whatever."""
    made = UUID(int=first_message_id(at).int | 0x7 << 76 | rest)
    assert first_message_id(at) <= made < first_message_id(at + timedelta(milliseconds=1))


@given(MOMENTS)
def test_what_was_scheduled_a_year_ahead_is_looked_for(at: datetime) -> None:
    """P-3, L-1: registered a year before its send, in the log three months after it."""
    assert ended_before(at) - first_registered(at) == timedelta(days=366)
