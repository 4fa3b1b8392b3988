"""Faults asked for through the control API: by rate for every message, and lasting ones of a link."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(slots=True)
class Faults:
    """All rates, 0 to 1, and the few values that belong to them; seconds are seconds as they are.

    docs/simulator.md explains each. Whether a message is in the ledger: a fault whose name ends in
    `refused`, `throttle`, `queue_full`, `vendor_status`, `nack`, `before_accept`, `capacity`,
    `server_error` or `timeout` keeps it out, all others leave the decision as it is.
    """

    # A submit that is not accepted
    throttle_rate: float = 0.0
    queue_full_rate: float = 0.0
    vendor_status_rate: float = 0.0
    vendor_status: int = 0x0401
    nack_rate: float = 0.0
    drop_before_accept_rate: float = 0.0
    capacity_rate: float = 0.0
    server_error_rate: float = 0.0
    timeout_rate: float = 0.0
    # The answer to an accepted submit
    lost_answer_rate: float = 0.0
    withheld_answer_rate: float = 0.0
    wrong_command_rate: float = 0.0
    unterminated_answer_rate: float = 0.0
    server_error_after_accept_rate: float = 0.0
    garbled_answer_rate: float = 0.0
    slow_rate: float = 0.0
    slow_seconds: float = 3.0
    reordered_answer_rate: float = 0.0
    reordered_answer_seconds: float = 0.5
    # The link, after a submit
    drop_after_answer_rate: float = 0.0
    unbind_rate: float = 0.0
    silent_rate: float = 0.0
    silent_seconds: float = 20.0
    bad_length_rate: float = 0.0
    unknown_command_rate: float = 0.0
    stray_nack_rate: float = 0.0
    # The link, by bind or PDU
    refused_connect_rate: float = 0.0
    refused_bind_rate: float = 0.0
    wrong_password_rate: float = 0.0
    byte_by_byte_rate: float = 0.0
    joined_write_rate: float = 0.0
    # Receipts and status events
    duplicate_receipt_rate: float = 0.0
    late_receipt_rate: float = 0.0
    late_receipt_seconds: float = 5.0
    early_receipt_rate: float = 0.0
    lost_receipt_rate: float = 0.0
    reordered_receipt_rate: float = 0.0
    conflicting_receipt_rate: float = 0.0
    foreign_receipt_rate: float = 0.0
    # The form of a receipt (SMPP)
    err_hex_rate: float = 0.0
    err_letter_rate: float = 0.0
    other_date_rate: float = 0.0
    empty_text_rate: float = 0.0
    no_tlvs_rate: float = 0.0
    garbled_receipt_rate: float = 0.0
    long_length_rate: float = 0.0
    unterminated_receipt_rate: float = 0.0
    # Dialects: nothing is wrong, it is only said otherwise (simulator/smpp/dialects.py)
    wrong_coding_rate: float = 0.0
    header_rate: float = 0.0
    payload_rate: float = 0.0
    data_sm_rate: float = 0.0
    unmarked_receipt_rate: float = 0.0
    unreadable_tlvs_rate: float = 0.0
    loose_words_rate: float = 0.0
    other_id_rate: float = 0.0
    padded_id_rate: float = 0.0
    # MaaP besides submits, and the directory
    expired_token_rate: float = 0.0
    capability_error_rate: float = 0.0
    capability_timeout_rate: float = 0.0
    revoke_error_rate: float = 0.0
    revoke_lost_rate: float = 0.0
    revoke_unanswered_rate: float = 0.0
    malformed_webhook_rate: float = 0.0
    directory_error_rate: float = 0.0
    directory_timeout_rate: float = 0.0


# What concerns single messages is frequent enough for a run of some thousand; what cuts or blocks the
# link of every other message with it is rare.
PRESETS: Mapping[str, Mapping[str, float]] = {
    "none": {},
    "misbehaving": {
        "throttle_rate": 0.02,
        "queue_full_rate": 0.01,
        "vendor_status_rate": 0.005,
        "nack_rate": 0.005,
        "drop_before_accept_rate": 0.002,
        "capacity_rate": 0.01,
        "server_error_rate": 0.01,
        "timeout_rate": 0.005,
        "lost_answer_rate": 0.003,
        "withheld_answer_rate": 0.005,
        "wrong_command_rate": 0.005,
        "unterminated_answer_rate": 0.01,
        "server_error_after_accept_rate": 0.005,
        "garbled_answer_rate": 0.005,
        "slow_rate": 0.01,
        "slow_seconds": 3.0,
        "reordered_answer_rate": 0.05,
        "reordered_answer_seconds": 0.5,
        "drop_after_answer_rate": 0.002,
        "unbind_rate": 0.002,
        "silent_rate": 0.0005,
        "silent_seconds": 20.0,
        "bad_length_rate": 0.002,
        "unknown_command_rate": 0.01,
        "stray_nack_rate": 0.005,
        "refused_connect_rate": 0.1,
        "refused_bind_rate": 0.1,
        "wrong_password_rate": 0.05,
        "byte_by_byte_rate": 0.01,
        "joined_write_rate": 0.02,
        "duplicate_receipt_rate": 0.05,
        "late_receipt_rate": 0.05,
        "late_receipt_seconds": 5.0,
        "early_receipt_rate": 0.03,
        "lost_receipt_rate": 0.01,
        "reordered_receipt_rate": 0.02,
        "conflicting_receipt_rate": 0.01,
        "foreign_receipt_rate": 0.02,
        "err_hex_rate": 0.02,
        "err_letter_rate": 0.02,
        "other_date_rate": 0.05,
        "empty_text_rate": 0.03,
        "no_tlvs_rate": 0.05,
        "garbled_receipt_rate": 0.01,
        "long_length_rate": 0.01,
        "unterminated_receipt_rate": 0.01,
        "wrong_coding_rate": 0.02,
        "header_rate": 0.02,
        "payload_rate": 0.02,
        "data_sm_rate": 0.02,
        "unmarked_receipt_rate": 0.02,
        "unreadable_tlvs_rate": 0.02,
        "loose_words_rate": 0.02,
        "other_id_rate": 0.01,
        "padded_id_rate": 0.02,
        "expired_token_rate": 0.005,
        "capability_error_rate": 0.01,
        "capability_timeout_rate": 0.005,
        "revoke_error_rate": 0.05,
        "revoke_lost_rate": 0.05,
        "revoke_unanswered_rate": 0.05,
        "malformed_webhook_rate": 0.03,
        "directory_error_rate": 0.01,
        "directory_timeout_rate": 0.005,
    },
}


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


LINK_FIELDS = tuple(field.name for field in fields(LinkFaults))


def checked(target: Faults | LinkFaults, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes with JSON's numbers as the fields' types. Raises ValueError on any that does not fit."""
    known = {field.name: getattr(target, field.name) for field in fields(target)}
    accepted: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in known:
            raise ValueError(f"unknown fault {name!r}; known: {', '.join(known)}")
        accepted[name] = _checked_value(name, value, known[name])
    return accepted


def _checked_value(name: str, value: Any, current: Any) -> Any:
    if isinstance(current, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)  # JSON writes 1 for 1.0
    if type(value) is not type(current):
        raise ValueError(f"{name} must be {type(current).__name__}")
    if name.endswith("_rate") and not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must lie between 0 and 1")
    if isinstance(value, float) and not 0.0 <= value <= 1e6:
        raise ValueError(f"{name} must lie between 0 and 1000000")
    if isinstance(value, int) and not 0 <= value < 2**32:
        raise ValueError(f"{name} must lie between 0 and 4294967295")
    if name == "drop_on_submit" and value not in {"", "before", "after"}:
        raise ValueError('drop_on_submit must be "", "before" or "after"')
    return value


def apply_changes(target: Faults | LinkFaults, changes: Mapping[str, Any]) -> None:
    """Set the named fields, all or none. Raises ValueError on an unknown name or a wrong type."""
    for name, value in checked(target, changes).items():
        setattr(target, name, value)


def with_preset(wishes: Mapping[str, Any]) -> tuple[bool, dict[str, Any]]:
    """Whether a preset was asked for, and the wishes with its values in place of its name.

    Raises ValueError on an unknown preset.
    """
    others = {name: value for name, value in wishes.items() if name != "preset"}
    if "preset" not in wishes:
        return False, others
    preset = wishes["preset"]
    if not isinstance(preset, str) or preset not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}")
    return True, {**PRESETS[preset], **others}


def as_json(target: Faults | LinkFaults) -> dict[str, Any]:
    """The fields by name."""
    return asdict(target)
