"""What goes wrong at a MaaP by rate: submits refused or never answered, odd answers, checks, revokes."""

from simulator.chance import Fate
from simulator.faults import Faults
from simulator.maap.errors import MaapError


class Silence(Exception):
    """The request is never answered."""


def rate_limit() -> MaapError:
    """429: too many requests a second."""
    return MaapError(429, 42901, "rate limit", {"retry-after": "1"})


def before_acceptance(fate: Fate) -> None:
    """Raise what keeps a submit from being accepted."""
    if fate.meets("throttle_rate"):
        raise rate_limit()
    if fate.meets("capacity_rate"):
        raise MaapError(429, 42902, "capacity exceeded", {"retry-after": "1"})
    if fate.meets("server_error_rate"):
        raise MaapError(503, 503, "temporarily unavailable")
    if fate.meets("timeout_rate"):
        raise Silence


def patience(fate: Fate, rates: Faults) -> float:
    """Seconds the answer to an accepted submit waits."""
    wait = rates.slow_seconds if fate.meets("slow_rate") else 0.0
    if fate.meets("reordered_answer_rate"):
        wait += fate.between(0.0, rates.reordered_answer_seconds, "reordered answer")
    return wait


def after_acceptance(fate: Fate) -> None:
    """Raise what takes the place of the 202."""
    if fate.meets("lost_answer_rate") or fate.meets("withheld_answer_rate"):
        raise Silence
    if fate.meets("server_error_after_accept_rate"):
        raise MaapError(500, 500, "internal error")


def at_capability(fate: Fate) -> None:
    """Raise what takes the place of the answer to a capability check."""
    if fate.meets("capability_error_rate"):
        raise MaapError(503, 503, "capability exchange failed")
    if fate.meets("capability_timeout_rate"):
        raise Silence


def before_revoke(fate: Fate) -> None:
    """Raise what keeps a revoke from having an effect."""
    if fate.meets("revoke_error_rate"):
        raise MaapError(503, 503, "temporarily unavailable")
    if fate.meets("revoke_lost_rate"):
        raise Silence
