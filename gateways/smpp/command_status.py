"""The command_status values of SMPP 3.4, and what each means as the answer to a submit_sm.

Source: SMPP v3.4 §5.1.3; docs/carriers.md §1.1. A carrier's own codes are data of its profile.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

from domain.carrier_exchange import SubmitOutcome
from domain.messages import StatusReason

Verdict = tuple[SubmitOutcome, StatusReason | None]


class CommandStatus(IntEnum):
    """The values that can be meant for a bind, a submit_sm or a deliver_sm (§5.1.3)."""

    ESME_ROK = 0x00
    ESME_RINVMSGLEN = 0x01
    ESME_RINVCMDLEN = 0x02
    ESME_RINVCMDID = 0x03
    ESME_RINVBNDSTS = 0x04
    ESME_RALYBND = 0x05
    ESME_RINVPRTFLG = 0x06
    ESME_RINVREGDLVFLG = 0x07
    ESME_RSYSERR = 0x08
    ESME_RINVSRCADR = 0x0A
    ESME_RINVDSTADR = 0x0B
    ESME_RBINDFAIL = 0x0D
    ESME_RINVPASWD = 0x0E
    ESME_RINVSYSID = 0x0F
    ESME_RMSGQFUL = 0x14
    ESME_RINVSERTYP = 0x15
    ESME_RINVESMCLASS = 0x43
    ESME_RSUBMITFAIL = 0x45
    ESME_RINVSRCTON = 0x48
    ESME_RINVSRCNPI = 0x49
    ESME_RINVDSTTON = 0x50
    ESME_RINVDSTNPI = 0x51
    ESME_RINVSYSTYP = 0x53
    ESME_RINVREPFLAG = 0x54
    ESME_RTHROTTLED = 0x58
    ESME_RINVSCHED = 0x61
    ESME_RINVEXPIRY = 0x62
    ESME_RINVDFTMSGID = 0x63
    ESME_RX_T_APPN = 0x64
    ESME_RX_P_APPN = 0x65
    ESME_RX_R_APPN = 0x66
    ESME_RINVOPTPARSTREAM = 0xC0
    ESME_ROPTPARNOTALLWD = 0xC1
    ESME_RINVPARLEN = 0xC2
    ESME_RMISSINGOPTPARAM = 0xC3
    ESME_RINVOPTPARAMVAL = 0xC4
    ESME_RDELIVERYFAILURE = 0xFE
    ESME_RUNKNOWNERR = 0xFF


LOGIN_REFUSED = frozenset(
    {CommandStatus.ESME_RBINDFAIL, CommandStatus.ESME_RINVPASWD, CommandStatus.ESME_RINVSYSID}
)

# The message, or a field we filled, is not what this SMSC takes: it would say so again.
_REFUSED: Verdict = (SubmitOutcome.REJECTED, StatusReason.REJECTED)
_NOT_NOW: Verdict = (SubmitOutcome.THROTTLED, StatusReason.CAPACITY_EXCEEDED)
# The SMSC failed without a word on the message; it may have failed after queuing it. Sending again could
# double it, and calling it refused could contradict a receipt, so only a receipt decides.
_FAILED_SOMEHOW: Verdict = (SubmitOutcome.UNKNOWN, StatusReason.NETWORK_FAILURE)
# The operation itself failed: a certain refusal.
_FAILED: Verdict = (SubmitOutcome.REJECTED, StatusReason.NETWORK_FAILURE)

SUBMIT_STATUSES: Mapping[int, Verdict] = MappingProxyType(
    {
        CommandStatus.ESME_ROK: (SubmitOutcome.ACCEPTED, None),
        CommandStatus.ESME_RINVMSGLEN: (SubmitOutcome.REJECTED, StatusReason.CONTENT_INVALID),
        CommandStatus.ESME_RINVCMDLEN: _REFUSED,
        CommandStatus.ESME_RINVCMDID: _REFUSED,
        # The SMSC holds us for unbound: nothing is wrong with the message, and it was not taken.
        CommandStatus.ESME_RINVBNDSTS: (SubmitOutcome.NOT_SENT, StatusReason.NETWORK_FAILURE),
        CommandStatus.ESME_RINVPRTFLG: _REFUSED,
        CommandStatus.ESME_RINVREGDLVFLG: _REFUSED,
        CommandStatus.ESME_RSYSERR: _FAILED_SOMEHOW,
        CommandStatus.ESME_RINVSRCADR: _REFUSED,
        CommandStatus.ESME_RMSGQFUL: _NOT_NOW,
        CommandStatus.ESME_RINVSERTYP: _REFUSED,
        CommandStatus.ESME_RINVESMCLASS: _REFUSED,
        CommandStatus.ESME_RSUBMITFAIL: _FAILED,
        CommandStatus.ESME_RINVSRCTON: _REFUSED,
        CommandStatus.ESME_RINVSRCNPI: _REFUSED,
        CommandStatus.ESME_RINVDSTTON: _REFUSED,
        CommandStatus.ESME_RINVDSTNPI: _REFUSED,
        CommandStatus.ESME_RINVSYSTYP: _REFUSED,
        CommandStatus.ESME_RINVREPFLAG: _REFUSED,
        CommandStatus.ESME_RTHROTTLED: _NOT_NOW,
        CommandStatus.ESME_RINVSCHED: _REFUSED,
        CommandStatus.ESME_RINVEXPIRY: _REFUSED,
        CommandStatus.ESME_RINVDFTMSGID: _REFUSED,
        CommandStatus.ESME_RX_T_APPN: _FAILED_SOMEHOW,
        CommandStatus.ESME_RX_P_APPN: _REFUSED,
        CommandStatus.ESME_RX_R_APPN: _REFUSED,
        CommandStatus.ESME_RINVOPTPARSTREAM: _REFUSED,
        CommandStatus.ESME_ROPTPARNOTALLWD: _REFUSED,
        CommandStatus.ESME_RINVPARLEN: _REFUSED,
        CommandStatus.ESME_RMISSINGOPTPARAM: _REFUSED,
        CommandStatus.ESME_RINVOPTPARAMVAL: _REFUSED,
        CommandStatus.ESME_RDELIVERYFAILURE: _FAILED,
        CommandStatus.ESME_RUNKNOWNERR: _FAILED_SOMEHOW,
    }
)
# Nobody knows whether a code that stands in no table means "not taken", so nobody says so.
UNHEARD_OF: Verdict = (SubmitOutcome.UNKNOWN, None)


def printed_status(command_status: int) -> str:
    """Return a command_status as it is kept in the trail: ``0x0401``."""
    return f"0x{command_status:04X}"
