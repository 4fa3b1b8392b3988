"""No hour, wherever it begins, holds more of a company's messages than its contract allows (I8)."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from domain.departures import BURST, HOUR, NEAR, Departures, departure_gap

START = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def leaving_times(capacity: int, arrivals: list[datetime]) -> list[datetime]:
    """When messages leave that come at these times and ask again, like retries, when they are turned away."""
    left = []
    next_at = None
    for arrived in arrivals:
        now = arrived
        while True:
            departures = Departures(departure_gap(capacity), now, next_at)
            due = departures.take()
            if due is not None:
                break
            assert departures.next_at is not None
            now = departures.next_at - NEAR  # as soon as it is near, some retry comes
        next_at = departures.next_at
        left.append(max(due, now))
    return sorted(left)


def most_in_an_hour(times: list[datetime]) -> int:
    most = first = 0
    for last, at in enumerate(times):
        while times[first] <= at - HOUR:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.parametrize("capacity", [1, 7, 500, 3_600, 40_000])
def test_a_backlog_after_an_outage_keeps_to_the_hour(capacity: int) -> None:
    """Two hours' messages waited for a link; while they leave, new ones come at the lane's pace."""
    random_times = random.Random(7)
    backlog = [START] * (2 * capacity)
    fresh = [START + HOUR * random_times.random() * 2 for _ in range(capacity)]
    times = leaving_times(capacity, sorted(backlog + fresh))
    assert most_in_an_hour(times) <= capacity


def test_the_capacity_is_used() -> None:
    """What the burst costs is a seventh of a percent."""
    times = leaving_times(40_000, [START] * 60_000)
    assert most_in_an_hour(times) >= 40_000 * HOUR / (HOUR + BURST) - 1


def test_messages_on_time_are_not_held_up() -> None:
    gap = HOUR / 40_000
    arrivals = [START + n * gap + timedelta(seconds=random.Random(n).random() * 3) for n in range(2_000)]
    assert leaving_times(40_000, sorted(arrivals)) == sorted(arrivals)


def test_far_departures_are_not_reserved() -> None:
    """Else tries over a link that is down would run the lane hours ahead."""
    departures = Departures(departure_gap(40_000), START, None)
    taken = 0
    while departures.take() is not None:
        taken += 1
    assert departures.next_at is not None
    assert departures.next_at - START <= NEAR + departures.gap
    assert taken <= (BURST + NEAR) / departures.gap + 1


def test_what_did_not_leave_is_given_back() -> None:
    departures = Departures(departure_gap(3_600), START, START)
    first = departures.take()
    departures.give_back()
    assert (departures.take(), departures.taken) == (first, 1)
