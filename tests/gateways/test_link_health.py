"""What an operator is told about a link that has no bind to look at (N-5)."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.carriers import Carrier, Channel
from domain.link_states import LinkState
from gateways.link_health import LinkHealth
from gateways.maap.state import MaapState
from gateways.number_recycling import CircuitPosition, CircuitState, NumberRecyclingState
from gateways.smpp.link import LinkState as SmppLinkState

START = datetime(2026, 11, 27, tzinfo=UTC)
LATER = START + timedelta(minutes=5)


class Clock:
    """A minute further each time it is read."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


def minutes(time: datetime | None) -> float | None:
    return None if time is None else (time - START) / timedelta(minutes=1)


def test_a_link_nobody_used_is_up_without_a_time() -> None:
    health = LinkHealth(clock=Clock())
    assert (health.is_up, health.since) == (True, None)


def test_since_is_when_it_last_changed() -> None:
    health = LinkHealth(clock=Clock())
    health.working()
    health.working()
    assert (health.is_up, minutes(health.since), minutes(health.last_success_at)) == (True, 1, 2)
    health.failing("503")
    health.failing("ReadTimeout")
    assert (health.is_up, minutes(health.since)) == (False, 3)
    assert (health.last_error, minutes(health.last_error_at)) == ("ReadTimeout", 4)
    health.refusing("404")
    assert (health.is_up, minutes(health.since), health.last_error) == (True, 5, "404")


def test_throttled_from_the_first_not_now_to_the_next_thing_taken() -> None:
    health = LinkHealth(clock=Clock())
    health.throttling("42901")
    health.throttling("42901")
    health.working()
    assert minutes(health.throttled_since) == 1
    health.accepting()
    assert health.throttled_since is None


def test_a_cancelled_call_is_no_longer_in_flight() -> None:
    health = LinkHealth()

    def call() -> None:
        with health.calling():
            assert health.in_flight == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call()
    assert health.in_flight == 0


def test_smpp_in_general() -> None:
    bound = SmppLinkState(Carrier.AU, 1, 2, START, 7, 40, LATER, 3, "unbind", LATER)
    assert bound.in_general() == LinkState(
        name="sms-au",
        channel=Channel.SMS,
        carrier=Carrier.AU,
        is_up=True,
        since=START,
        in_use=7,
        capacity=40,
        throttled_since=LATER,
        receipts_pending=3,
        last_error="unbind",
        last_error_at=LATER,
        details={"binds": "1", "binds_wanted": "2"},
    )
    down = SmppLinkState(Carrier.AU, 0, 2, None, 0, 40, None, 0, "bind refused", LATER).in_general()
    assert (down.is_up, down.since) == (False, LATER)


def test_maap_in_general() -> None:
    state = MaapState(Carrier.DOCOMO, True, START, LATER, 2, 16, None, "42901", START, None).in_general()
    assert (state.name, state.channel, state.carrier) == ("rcs-docomo", Channel.RCS, Carrier.DOCOMO)
    assert (state.is_up, state.since, state.in_use, state.capacity) == (True, START, 2, 16)
    assert state.details == {"token_valid_until": LATER.isoformat()}


@pytest.mark.parametrize(
    ("circuit", "is_up", "since"),
    [
        (CircuitState(CircuitPosition.CLOSED, 2, None, None), True, START),
        (CircuitState(CircuitPosition.OPEN, 5, LATER, LATER), False, LATER),
        (CircuitState(CircuitPosition.HALF_OPEN, 5, LATER, LATER), False, LATER),
    ],
)
def test_directory_in_general_is_down_while_its_circuit_is_not_closed(
    circuit: CircuitState, is_up: bool, since: datetime
) -> None:
    state = NumberRecyclingState(circuit, True, START, 1, 16, None, "503", START, None).in_general()
    assert (state.name, state.channel, state.carrier) == ("number-recycling", None, None)
    assert (state.is_up, state.since) == (is_up, since)
    assert state.details["circuit"] == circuit.position.value
    assert state.details["consecutive_failures"] == str(circuit.consecutive_failures)
