"""What the reports about a link amount to (N-5)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.carriers import CARRIERS_OF_CHANNEL
from domain.link_conditions import LinkCondition, summarise
from domain.link_states import LinkState
from domain.links import Link, effective_rate, link_of

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def state(*, is_up: bool = True, **changes: Any) -> LinkState:
    usual: dict[str, Any] = {"since": NOW, "in_use": 2, "capacity": 10}
    return LinkState("sms-au", Link.SMS_AU.channel, Link.SMS_AU.carrier, is_up, **{**usual, **changes})


def ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("states", "condition", "since"),
    [
        ([], LinkCondition.ABANDONED, None),
        ([state(since=ago(9)), state(since=ago(3))], LinkCondition.UP, ago(9)),
        ([state(), state(is_up=False, since=ago(2))], LinkCondition.PARTLY_UP, ago(2)),
        ([state(is_up=False, since=ago(9)), state(is_up=False, since=ago(1))], LinkCondition.DOWN, ago(1)),
        ([state(), state(throttled_since=ago(4))], LinkCondition.THROTTLED, ago(4)),
        ([state(is_up=False, since=None)], LinkCondition.DOWN, None),
    ],
)
def test_the_most_urgent_condition_is_named(
    states: list[LinkState], condition: LinkCondition, since: datetime | None
) -> None:
    summary = summarise(states, is_stopped=False)
    assert (summary.condition, summary.since) == (condition, since)


def test_a_stopped_link_is_stopped_whatever_else() -> None:
    summary = summarise([state(is_up=False)], is_stopped=True, stopped_at=ago(5))
    assert (summary.condition, summary.since) == (LinkCondition.STOPPED, ago(5))
    assert not summary.condition.needs_attention


def test_numbers_are_sums_and_the_newest_error_counts() -> None:
    summary = summarise(
        [
            state(receipts_pending=1, last_error="old", last_error_at=ago(7)),
            state(receipts_pending=2, last_error="new", last_error_at=ago(1)),
            state(),
        ],
        is_stopped=False,
    )
    assert (summary.in_use, summary.capacity, summary.receipts_pending) == (6, 30, 3)
    assert (summary.last_error, summary.last_error_at) == ("new", ago(1))


def test_every_way_to_a_carrier_is_a_link() -> None:
    ways = {link_of(channel, carrier) for channel, found in CARRIERS_OF_CHANNEL.items() for carrier in found}
    assert ways == set(Link) - {Link.NUMBER_RECYCLING}
    assert all(link_of(link.channel, link.carrier) is link for link in ways if link.channel and link.carrier)


def test_a_stopped_link_lets_nothing_out() -> None:
    assert (effective_rate(50, is_stopped=True), effective_rate(50, is_stopped=False)) == (0.0, 50)
