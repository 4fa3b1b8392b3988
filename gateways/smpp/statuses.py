"""What the carriers' codes mean in the platform's words. Unmapped codes are UNKNOWN and kept raw.

Sources: SMPP v3.4 §5.2.28 (message_state), Appendix B (receipt ``stat``); docs/carriers.md §1.1–1.2.
The command_status values have a table of their own, gateways/smpp/command_status.py.
"""

import re
from collections.abc import Mapping

from domain.carrier_exchange import ReceiptState, SegmentResult, SubmitOutcome
from domain.messages import StatusReason
from gateways.smpp.bodies import read_c_octets
from gateways.smpp.command_status import SUBMIT_STATUSES, UNHEARD_OF, CommandStatus, Verdict, printed_status
from gateways.smpp.message_ids import message_id
from gateways.smpp.pdu import CommandId, Pdu
from gateways.smpp.profiles import SmppProfile

# message_state (§5.2.28; 0 and 9 are SMPP 5.0's) and the words of a receipt's ``stat`` for it.
STATE_NAMES: Mapping[int, str] = {
    0: "SCHEDUL",
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
    9: "SKIPPED",
}
# Without a known ``err``, these reasons hold.
RECEIPT_STATES: Mapping[str, tuple[ReceiptState, StatusReason | None]] = {
    # On its way: decides nothing.
    "SCHEDUL": (ReceiptState.SENT, None),
    "ENROUTE": (ReceiptState.SENT, None),
    "ACCEPTD": (ReceiptState.SENT, None),
    "DELIVRD": (ReceiptState.DELIVERED, None),
    "EXPIRED": (ReceiptState.UNDELIVERED, StatusReason.ABSENT),
    "DELETED": (ReceiptState.UNDELIVERED, StatusReason.REJECTED),
    "UNDELIV": (ReceiptState.UNDELIVERED, StatusReason.NETWORK_FAILURE),
    "REJECTD": (ReceiptState.UNDELIVERED, StatusReason.BARRED),
    "SKIPPED": (ReceiptState.UNDELIVERED, StatusReason.NETWORK_FAILURE),
    "UNKNOWN": (ReceiptState.UNKNOWN, None),
}
# ``stat`` as SMSCs spell it that do not count letters.
STAT_SPELLINGS: Mapping[str, str] = {
    spelling: stat
    for stat, spellings in (
        ("SCHEDUL", "SCHEDULED SCHEDULD"),
        ("ENROUTE", "ENROUT BUFFERED BUFFERD BUFFRED QUEUED PENDING"),
        ("DELIVRD", "DELIVERED DELIVERD DELIVRED DELIVD DELIV DLVRD"),
        ("EXPIRED", "EXPIRD EXPRD EXPIRE"),
        ("DELETED", "DELETD DELETE"),
        (
            "UNDELIV",
            "UNDELIVERED UNDELIVERABLE UNDELIVERD UNDELIVRD UNDELIVD UNDELIVER UNDLVRD NOTDELIVERED"
            " FAILED FAILURE FAIL",
        ),
        ("ACCEPTD", "ACCEPTED ACCPTD ACCEPT"),
        ("REJECTD", "REJECTED REJCTD REJECT"),
    )
    for spelling in spellings.split()
}
_NOT_IN_STAT = re.compile("[^A-Z0-9]")
_LONGEST_STATE = 3  # digits
_WRONG_CARRIER_STATS = frozenset({"UNDELIV", "REJECTD"})


def submit_result(segment: int, answer: Pdu | None, profile: SmppProfile) -> SegmentResult:
    """Return what became of a segment that was written.

    ``answer`` is its submit_sm_resp or generic_nack, ``None`` when none came: UNKNOWN. A generic_nack
    says the PDU was not processed (§4.3), so it counts as an error answer of the same status; one with
    status 0 contradicts itself and stays UNKNOWN.
    """
    if answer is None:
        return SegmentResult(segment, SubmitOutcome.UNKNOWN, reason=StatusReason.NETWORK_FAILURE)
    status = answer.command_status
    if status == CommandStatus.ESME_ROK and answer.command_id == CommandId.SUBMIT_SM_RESP:
        given = message_id(read_c_octets(answer.body), profile.submit_id_base)
        return SegmentResult(segment, SubmitOutcome.ACCEPTED, given or None)
    if status == CommandStatus.ESME_ROK:
        outcome, reason = SubmitOutcome.UNKNOWN, StatusReason.NETWORK_FAILURE
        return SegmentResult(segment, outcome, reason=reason, carrier_code="generic_nack")
    outcome, refusal = submit_verdict(status, profile)
    return SegmentResult(segment, outcome, reason=refusal, carrier_code=printed_status(status))


def submit_verdict(command_status: int, profile: SmppProfile) -> Verdict:
    """Return outcome and reason of a submit_sm_resp's command_status: the profile's word first, then SMPP's.

    A code neither knows is UNKNOWN, never an error: a receipt may still decide.
    """
    if command_status in profile.submit_statuses:
        return profile.submit_statuses[command_status]
    if command_status in profile.wrong_carrier_statuses:
        return SubmitOutcome.WRONG_CARRIER, StatusReason.OTHER_CARRIER
    return SUBMIT_STATUSES.get(command_status, UNHEARD_OF)


def receipt_verdict(
    stat: str, error: str | None, profile: SmppProfile
) -> tuple[ReceiptState, StatusReason | None]:
    """Return state and reason of a receipt's ``stat`` and ``err``; an unmapped ``stat`` is UNKNOWN."""
    told, stat = stat.upper(), standard_stat(stat)
    unheard_of: tuple[ReceiptState, StatusReason | None] = (ReceiptState.UNKNOWN, None)
    state, reason = profile.receipt_states.get(told) or RECEIPT_STATES.get(stat, unheard_of)
    code = normalised_error(error or "")
    if stat in _WRONG_CARRIER_STATS and code in map(normalised_error, profile.wrong_carrier_errors):
        return ReceiptState.WRONG_CARRIER, StatusReason.OTHER_CARRIER
    if state is ReceiptState.UNDELIVERED:
        return state, profile.error_reasons.get(code, reason)
    return state, reason


def standard_stat(stat: str) -> str:
    """Return a ``stat`` in the seven letters of the standard; numbers are those of message_state."""
    word = _NOT_IN_STAT.sub("", stat.upper())
    if word.isdecimal() and len(word) <= _LONGEST_STATE:
        return STATE_NAMES.get(int(word), word)
    return STAT_SPELLINGS.get(word, word)


def is_known_error(error: str, profile: SmppProfile) -> bool:
    """Whether the profile knows what an ``err`` value means."""
    code = normalised_error(error)
    return code in profile.error_reasons or code in map(normalised_error, profile.wrong_carrier_errors)


def normalised_error(error: str) -> str:
    """Return an ``err`` value for comparison: ``0x1B``, ``01b`` and ``1B`` are the same; ``000`` is empty."""
    return error.strip().upper().removeprefix("0X").lstrip("0")
