"""When a campaign may be sent and when its recipients are fixed (P-3, O-3, S-7)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from domain.send_times import (
    JST,
    PastSendTime,
    TooFarSendTime,
    check_send_at,
    earliest_end,
    freeze_at,
    is_night,
    jst_datetime,
    reaches_night,
    to_jst,
)

NOW = datetime(2026, 10, 1, 3, 0, tzinfo=UTC)  # 12:00 JST


def at(hour: int, minute: int = 0, day: int = 1) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=JST)


def test_what_is_typed_is_japanese_time() -> None:
    """P-3: whatever zone the server is in."""
    assert jst_datetime(date(2026, 10, 1), time(12, 0)) == NOW
    assert to_jst(NOW).hour == 12


def test_a_naive_time_is_refused() -> None:
    """P-3: nine hours off would be a send in the night."""
    with pytest.raises(ValueError):
        to_jst(datetime(2026, 10, 1, 12, 0))  # noqa: DTZ001
    with pytest.raises(ValueError):
        check_send_at(datetime(2026, 10, 1, 12, 0), NOW)  # noqa: DTZ001


@pytest.mark.parametrize("send_at", [NOW, NOW - timedelta(seconds=1)])
def test_a_send_time_that_is_over_is_refused(send_at: datetime) -> None:
    """P-3."""
    with pytest.raises(PastSendTime):
        check_send_at(send_at, NOW)


def test_a_send_time_within_a_year_is_taken() -> None:
    """P-3."""
    check_send_at(NOW + timedelta(seconds=1), NOW)
    check_send_at(NOW + timedelta(days=366), NOW)
    with pytest.raises(TooFarSendTime):
        check_send_at(NOW + timedelta(days=366, seconds=1), NOW)


def test_the_opt_out_list_is_read_15_minutes_before_the_send() -> None:
    """O-3."""
    assert freeze_at(at(15), NOW) == at(14, 45)


@pytest.mark.parametrize("send_at", [None, at(12, 10), at(12, 15)])
def test_the_opt_out_list_is_that_of_the_registration_if_there_is_less_time(send_at: datetime | None) -> None:
    """O-3: sends at once, and those registered within the 15 minutes."""
    assert freeze_at(send_at, NOW) == NOW


@pytest.mark.parametrize(
    ("moment", "night"),
    [(at(7, 59), True), (at(8), False), (at(20, 59), False), (at(21), True), (at(0), True), (NOW, False)],
)
def test_night_is_from_21_to_8_in_japan(moment: datetime, night: bool) -> None:
    """P-9: a warning, not a rule."""
    assert is_night(moment) is night


def test_a_long_send_that_runs_into_the_night_is_noticed() -> None:
    """P-9, S-7: 250,000 messages at 40,000 an hour take more than six hours."""
    ends_at = earliest_end(at(16), 250_000, 40_000)
    assert ends_at == at(22, 15)
    assert reaches_night(at(16), ends_at)
    assert not reaches_night(at(9), earliest_end(at(9), 250_000, 40_000))
    assert reaches_night(at(20), at(9, day=2))


def test_a_capacity_of_nothing_is_a_mistake() -> None:
    """S-7."""
    with pytest.raises(ValueError):
        earliest_end(at(9), 1, 0)
