"""What the carriers' codes mean in the platform's words. Unmapped codes never raise; they are kept raw.

Sources: SMPP v3.4 §5.1.3 (command_status), §5.2.28 (message_state), Appendix B (receipt ``stat``);
docs/carriers.md §1.1–1.2.
"""

from collections.abc import Mapping
from enum import IntEnum

from domain.carrier_exchange import ReceiptState, SegmentResult, SubmitOutcome
from domain.messages import StatusReason
from gateways.smpp.bodies import read_c_octets
from gateways.smpp.pdu import CommandId, Pdu
from gateways.smpp.profiles import SmppProfile


class CommandStatus(IntEnum):
    """The command_status values this gateway sends or tells apart."""

    ESME_ROK = 0x00
    ESME_RINVMSGLEN = 0x01
    ESME_RINVCMDLEN = 0x02
    ESME_RINVCMDID = 0x03
    ESME_RINVBNDSTS = 0x04
    ESME_RSYSERR = 0x08
    ESME_RINVSRCADR = 0x0A
    ESME_RINVDSTADR = 0x0B
    ESME_RBINDFAIL = 0x0D
    ESME_RINVPASWD = 0x0E
    ESME_RINVSYSID = 0x0F
    ESME_RMSGQFUL = 0x14
    ESME_RSUBMITFAIL = 0x45
    ESME_RTHROTTLED = 0x58
    ESME_RX_T_APPN = 0x64
    ESME_RDELIVERYFAILURE = 0xFE
    ESME_RUNKNOWNERR = 0xFF


LOGIN_REFUSED = frozenset(
    {CommandStatus.ESME_RBINDFAIL, CommandStatus.ESME_RINVPASWD, CommandStatus.ESME_RINVSYSID}
)

# Any other error status is an answer that the message was refused: REJECTED, with the code kept.
SUBMIT_STATUSES: Mapping[int, tuple[SubmitOutcome, StatusReason | None]] = {
    CommandStatus.ESME_ROK: (SubmitOutcome.ACCEPTED, None),
    CommandStatus.ESME_RINVMSGLEN: (SubmitOutcome.REJECTED, StatusReason.CONTENT_INVALID),
    # "Not now": certainly not accepted.
    CommandStatus.ESME_RMSGQFUL: (SubmitOutcome.THROTTLED, StatusReason.CAPACITY_EXCEEDED),
    CommandStatus.ESME_RTHROTTLED: (SubmitOutcome.THROTTLED, StatusReason.CAPACITY_EXCEEDED),
    # The SMSC holds us for unbound: nothing is wrong with the message, and it was not taken.
    CommandStatus.ESME_RINVBNDSTS: (SubmitOutcome.NOT_SENT, StatusReason.NETWORK_FAILURE),
    # The SMSC failed without a word on the message; it may have failed after queuing it. Sending again
    # could double it, and calling it refused could contradict a receipt, so only a receipt decides.
    CommandStatus.ESME_RSYSERR: (SubmitOutcome.UNKNOWN, StatusReason.NETWORK_FAILURE),
    CommandStatus.ESME_RX_T_APPN: (SubmitOutcome.UNKNOWN, StatusReason.NETWORK_FAILURE),
    CommandStatus.ESME_RUNKNOWNERR: (SubmitOutcome.UNKNOWN, StatusReason.NETWORK_FAILURE),
    # The SMSC tells that the operation itself failed: a certain refusal.
    CommandStatus.ESME_RSUBMITFAIL: (SubmitOutcome.REJECTED, StatusReason.NETWORK_FAILURE),
    CommandStatus.ESME_RDELIVERYFAILURE: (SubmitOutcome.REJECTED, StatusReason.NETWORK_FAILURE),
}

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
_WRONG_CARRIER_STATS = frozenset({"UNDELIV", "REJECTD"})


def printed_status(command_status: int) -> str:
    """Return a command_status as it is kept in the trail: ``0x0401``."""
    return f"0x{command_status:04X}"


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
        return SegmentResult(segment, SubmitOutcome.ACCEPTED, read_c_octets(answer.body) or None)
    if status == CommandStatus.ESME_ROK:
        outcome, reason = SubmitOutcome.UNKNOWN, StatusReason.NETWORK_FAILURE
        return SegmentResult(segment, outcome, reason=reason, carrier_code="generic_nack")
    outcome, refusal = submit_verdict(status, profile)
    return SegmentResult(segment, outcome, reason=refusal, carrier_code=printed_status(status))


def submit_verdict(command_status: int, profile: SmppProfile) -> tuple[SubmitOutcome, StatusReason | None]:
    """Return outcome and reason of a submit_sm_resp's command_status, unmapped ones included."""
    if command_status in profile.wrong_carrier_statuses:
        return SubmitOutcome.WRONG_CARRIER, StatusReason.OTHER_CARRIER
    return SUBMIT_STATUSES.get(command_status, (SubmitOutcome.REJECTED, StatusReason.REJECTED))


def receipt_verdict(
    stat: str, error: str | None, profile: SmppProfile
) -> tuple[ReceiptState, StatusReason | None]:
    """Return state and reason of a receipt's ``stat`` and ``err``; an unmapped ``stat`` is UNKNOWN."""
    stat = stat.upper()
    state, reason = RECEIPT_STATES.get(stat, (ReceiptState.UNKNOWN, None))
    code = normalised_error(error or "")
    if stat in _WRONG_CARRIER_STATS and code in map(normalised_error, profile.wrong_carrier_errors):
        return ReceiptState.WRONG_CARRIER, StatusReason.OTHER_CARRIER
    if state is ReceiptState.UNDELIVERED:
        return state, profile.error_reasons.get(code, reason)
    return state, reason


def normalised_error(error: str) -> str:
    """Return an ``err`` value for comparison: ``0x1B``, ``01b`` and ``1B`` are the same; ``000`` is empty."""
    return error.strip().upper().removeprefix("0X").lstrip("0")
