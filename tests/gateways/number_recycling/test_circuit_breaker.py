"""The breaker on its own, where the network would not show the order of things."""

from gateways.number_recycling.breaker import CircuitBreaker, CircuitPosition


def test_late_failure_does_not_prolong_an_open_circuit() -> None:
    now = [0.0]
    breaker = CircuitBreaker(threshold=2, open_seconds=5, clock=lambda: now[0])
    breaker.failed()
    breaker.failed()
    now[0] = 4
    breaker.failed()
    now[0] = 5
    assert breaker.let_through()


def test_failed_probe_opens_for_another_while() -> None:
    now = [0.0]
    breaker = CircuitBreaker(threshold=1, open_seconds=5, clock=lambda: now[0])
    breaker.failed()
    now[0] = 5
    assert breaker.let_through()
    breaker.failed()
    now[0] = 9
    assert not breaker.let_through()
    now[0] = 10
    assert breaker.let_through()


def test_late_success_closes_an_open_circuit() -> None:
    breaker = CircuitBreaker(threshold=1, open_seconds=5, clock=lambda: 0.0)
    breaker.failed()
    breaker.succeeded()
    assert breaker.state.position is CircuitPosition.CLOSED
    assert breaker.let_through()


def test_state_tells_until_when_it_is_open() -> None:
    breaker = CircuitBreaker(threshold=1, open_seconds=5, clock=lambda: 0.0)
    assert breaker.state.open_until is None
    breaker.failed()
    assert breaker.state.consecutive_failures == 1
    assert breaker.state.open_until is not None


def test_state_tells_since_when_it_is_not_closed() -> None:
    now = [0.0]
    breaker = CircuitBreaker(threshold=1, open_seconds=5, clock=lambda: now[0])
    assert breaker.state.opened_at is None
    breaker.failed()
    opened_at = breaker.state.opened_at
    now[0] = 5
    assert breaker.state.position is CircuitPosition.HALF_OPEN
    breaker.let_through()
    breaker.failed()
    assert breaker.state.opened_at == opened_at is not None
    breaker.succeeded()
    assert breaker.state.opened_at is None
