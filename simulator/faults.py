"""Faults asked for through the control API: by rate for every message, and per carrier link."""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(slots=True)
class Faults:
    """Rates are probabilities 0-1 per message; late_receipt_seconds is seconds as they are."""

    duplicate_receipt_rate: float = 0.0
    late_receipt_rate: float = 0.0
    late_receipt_seconds: float = 5.0
    early_receipt_rate: float = 0.0
    lost_receipt_rate: float = 0.0
    lost_answer_rate: float = 0.0
    throttle_rate: float = 0.0


@dataclass(slots=True)
class LinkFaults:
    """Lasting faults of one carrier's link; SMPP first, then HTTP (MaaP).

    silent: SMSC keeps the socket but neither reads nor writes. submit_status: every submit is
    answered with this command_status. delay_seconds: every submit's answer waits, jitter_seconds: a
    random time more, so that answers come out of order. drop_on_submit: "before" or "after" acceptance
    the connection is cut, at the next `drop_count` submits.
    http_status: every MaaP request gets it; http_silent: none is answered.
    """

    silent: bool = False
    throttle: bool = False
    refuse_bind: bool = False
    refuse_connect: bool = False
    submit_status: int = 0
    delay_seconds: float = 0.0
    jitter_seconds: float = 0.0
    drop_on_submit: str = ""
    drop_count: int = 1
    http_status: int = 0
    http_silent: bool = False
    http_delay_seconds: float = 0.0

    def take_drop(self, moment: str) -> bool:
        """Whether the connection is to be cut at this moment; counts down."""
        if self.drop_on_submit != moment or self.drop_count <= 0:
            return False
        self.drop_count -= 1
        if self.drop_count == 0:
            self.drop_on_submit, self.drop_count = "", 1
        return True


def apply_changes(target: Faults | LinkFaults, changes: dict[str, Any]) -> None:
    """Set the named fields, all or none. Raises ValueError on an unknown name or a wrong type."""
    known = {field.name: getattr(target, field.name) for field in fields(target)}
    accepted: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in known:
            raise ValueError(f"unknown fault {name!r}; known: {', '.join(known)}")
        current = known[name]
        if isinstance(current, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)  # noqa: PLW2901 - JSON writes 1 for 1.0
        if type(value) is not type(current):
            raise ValueError(f"{name} must be {type(current).__name__}")
        if name.endswith("_rate") and not 0.0 <= value <= 1.0:
            raise ValueError(f"{name} must lie between 0 and 1")
        if name == "drop_on_submit" and value not in {"", "before", "after"}:
            raise ValueError('drop_on_submit must be "", "before" or "after"')
        accepted[name] = value
    for name, value in accepted.items():
        setattr(target, name, value)


def as_json(target: Faults | LinkFaults) -> dict[str, Any]:
    """The fields by name."""
    return asdict(target)
