"""What MaaP's codes and words mean to us: tables first, the few rules to read them after.

Real carrier dialects are under NDA, so codes are profile data, one profile per carrier
(docs/carriers.md, first lines); the values below are the simulator's and invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.carrier_exchange import (
    LONGEST_MESSAGE_ID,
    Capability,
    ReceiptState,
    RevokeOutcome,
    SegmentResult,
    SubmitOutcome,
)
from domain.carriers import Carrier
from domain.messages import StatusReason
from gateways.maap.readings import message_key
from gateways.maap.transport import Answer, CallError

# messageStatus events, as ``readings.word`` writes them; spellings beyond GSMA's own are those that
# docs/carriers.md §2 tells us to accept.
RECEIPT_STATES: dict[str, ReceiptState] = {
    "sent": ReceiptState.SENT,
    "delivered": ReceiptState.DELIVERED,
    "displayed": ReceiptState.READ,
    "read": ReceiptState.READ,
    "failed": ReceiptState.UNDELIVERED,
    "failure": ReceiptState.UNDELIVERED,
    "deliveryfailed": ReceiptState.UNDELIVERED,
    "undelivered": ReceiptState.UNDELIVERED,
    "undeliverable": ReceiptState.UNDELIVERED,
    "rejected": ReceiptState.UNDELIVERED,
    "expired": ReceiptState.UNDELIVERED,
    "cancelled": ReceiptState.REVOKED,
    "canceled": ReceiptState.REVOKED,
    "revoked": ReceiptState.REVOKED,
}

# Words that report no step: a message just accepted is "pending".
WAITING_STATUSES = frozenset({"pending"})

# The reason of a "failed" event: its code, its text in lower case where it has none, else its status.
FAILURE_REASONS: dict[str, StatusReason] = {
    "400": StatusReason.CONTENT_INVALID,
    "403": StatusReason.REJECTED,
    "404": StatusReason.NOT_CAPABLE,
    "40401": StatusReason.NOT_CAPABLE,
    "408": StatusReason.ABSENT,
    "410": StatusReason.BARRED,
    "429": StatusReason.CAPACITY_EXCEEDED,
    "500": StatusReason.NETWORK_FAILURE,
    "503": StatusReason.NETWORK_FAILURE,
    # The handset could not be reached before the message's expiry.
    "expired": StatusReason.ABSENT,
    "rejected": StatusReason.REJECTED,
}

# The answer to a submit by HTTP status. Every other 4xx certainly was not accepted: REJECTED.
# What is neither here nor 4xx is UNKNOWN: it may have been accepted and is never sent again.
SUBMIT_OUTCOMES: dict[int, tuple[SubmitOutcome, StatusReason | None]] = {
    401: (SubmitOutcome.NOT_SENT, None),
    404: (SubmitOutcome.NOT_CAPABLE, StatusReason.NOT_CAPABLE),
    # Gateways in between also say 408 when they gave up waiting for the server behind them.
    408: (SubmitOutcome.UNKNOWN, None),
    410: (SubmitOutcome.REJECTED, StatusReason.BARRED),
    429: (SubmitOutcome.CAPACITY_EXCEEDED, StatusReason.CAPACITY_EXCEEDED),
}


@dataclass(frozen=True, slots=True)
class MaapProfile:
    """One carrier's dialect. Codes are ``reason.code`` or the HTTP status, as text."""

    wrong_carrier_codes: frozenset[str] = frozenset({"40402"})
    # 429 is "rate limit / capacity" (docs/carriers.md §2). These codes mean "not now", to be repeated; any
    # other 429, with a code or without, is capacity exceeded, for which the SMS goes out.
    throttle_codes: frozenset[str] = frozenset({"42901"})
    already_delivered_codes: frozenset[str] = frozenset({"409"})
    # Any of these among the capabilities means: can receive a +Message. Compared without case.
    chat_capabilities: frozenset[str] = frozenset({"chat", "chatbot", "chatbotcommunication"})
    receipt_states: Mapping[str, ReceiptState] = field(default_factory=lambda: RECEIPT_STATES)
    waiting_statuses: frozenset[str] = WAITING_STATUSES
    failure_reasons: Mapping[str, StatusReason] = field(default_factory=lambda: FAILURE_REASONS)
    traffic_type: str = "advertisement"


# The three +Message carriers speak alike in the simulator.
PROFILES: dict[Carrier, MaapProfile] = {
    Carrier.DOCOMO: MaapProfile(),
    Carrier.AU: MaapProfile(),
    Carrier.SOFTBANK: MaapProfile(),
}


def submit_result(profile: MaapProfile, answer: Answer) -> SegmentResult:
    """Read the answer to ``POST …/messages``."""
    code = answer.reason_code or str(answer.status)
    if answer.status in (200, 201, 202):
        message_id = _message_id(answer)
        if message_id is None:
            # Accepted, but no event can be matched and nothing revoked: nothing better is known.
            return SegmentResult(1, SubmitOutcome.UNKNOWN, carrier_code="NO_MESSAGE_ID")
        return SegmentResult(1, SubmitOutcome.ACCEPTED, carrier_message_id=message_id)
    if 400 <= answer.status < 500 and answer.reason_code in profile.wrong_carrier_codes:
        return SegmentResult(1, SubmitOutcome.WRONG_CARRIER, carrier_code=code)
    if answer.status == 429 and answer.reason_code in profile.throttle_codes:
        return SegmentResult(1, SubmitOutcome.THROTTLED, carrier_code=code)
    refused = (SubmitOutcome.REJECTED, StatusReason.REJECTED)
    unsure = (SubmitOutcome.UNKNOWN, None)
    otherwise = refused if 400 <= answer.status < 500 else unsure
    outcome, reason = SUBMIT_OUTCOMES.get(answer.status, otherwise)
    return SegmentResult(1, outcome, reason=reason, carrier_code=code)


def failed_submit(failure: CallError) -> SegmentResult:
    """A submit without an answer: only what certainly did not leave may be sent again."""
    outcome = SubmitOutcome.UNKNOWN if failure.may_have_arrived else SubmitOutcome.NOT_SENT
    return SegmentResult(1, outcome, carrier_code=failure.code)


def capability(profile: MaapProfile, answer: Answer) -> Capability:
    """Read the answer to ``GET …/contactCapabilities`` (R-7)."""
    if answer.status == 404:
        wrong = answer.reason_code in profile.wrong_carrier_codes
        return Capability.WRONG_CARRIER if wrong else Capability.NOT_CAPABLE
    names = answer.content.get("capabilities")
    if answer.status != 200 or not isinstance(names, list):
        return Capability.UNAVAILABLE
    known = {name.casefold() for name in names if isinstance(name, str)}
    return Capability.CAPABLE if known & profile.chat_capabilities else Capability.NOT_CAPABLE


def revoke_outcome(profile: MaapProfile, answer: Answer) -> RevokeOutcome:
    """Read the answer to ``PUT …/status`` (R-8, R-9)."""
    if answer.status == 204:
        return RevokeOutcome.REVOKED
    if {answer.reason_code, str(answer.status)} & profile.already_delivered_codes:
        return RevokeOutcome.ALREADY_DELIVERED
    return RevokeOutcome.FAILED


def _message_id(answer: Answer) -> str | None:
    message = answer.content.get("RCSMessage")
    message_id = message_key(message.get("msgId")) if isinstance(message, dict) else None
    if message_id is None or len(message_id) > LONGEST_MESSAGE_ID:
        return None
    # It becomes part of a URL and a database key; the carrier's own ids are plain.
    return message_id if message_id.isprintable() and message_id.strip(".") else None
