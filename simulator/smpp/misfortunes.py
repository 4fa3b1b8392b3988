"""What goes wrong with a submit by rate: refusals before acceptance, odd answers, links that suffer."""

from simulator.chance import Fate
from simulator.faults import Faults
from simulator.smpp import pdu
from simulator.smpp.session import SmppSession

_UNKNOWN_COMMAND = 0x00000042  # no request of SMPP 3.4
_UNKNOWN_ERROR = 0xFF
# What a submit is answered with instead of submit_sm_resp: another answer, an unknown one, a request.
_WRONG_COMMANDS = ("80000005", "800000ff", "00000112")
# command_length of a PDU that cannot be: nothing, less than a header, more than anybody sends.
_BAD_LENGTHS = ("00000000", "00000008", "7fffffff")


def refusal(fate: Fate, rates: Faults) -> int:
    """The command_status to refuse a submit with, 0 = do not."""
    if fate.meets("throttle_rate"):
        return pdu.ESME_RTHROTTLED
    if fate.meets("queue_full_rate"):
        return pdu.ESME_RMSGQFUL
    return rates.vendor_status if fate.meets("vendor_status_rate") else 0


def nack(session: SmppSession, sequence: int, fate: Fate) -> bool:
    """Answer a submit that is not accepted by generic_nack, if so fated."""
    if not fate.meets("nack_rate"):
        return False
    session.send(pdu.pack(pdu.GENERIC_NACK, pdu.ESME_RINVCMDID, sequence))
    return True


def patience(fate: Fate, rates: Faults) -> float:
    """Seconds an answer waits."""
    wait = rates.slow_seconds if fate.meets("slow_rate") else 0.0
    if fate.meets("reordered_answer_rate"):
        wait += fate.between(0.0, rates.reordered_answer_seconds, "reordered answer")
    return wait


def answer(session: SmppSession, sequence: int, message_id: str, fate: Fate, *, padded: bool = False) -> None:
    """Answer an accepted submit, properly or not; padded: with blanks around the id."""
    if fate.meets("unknown_command_rate"):
        session.send(pdu.pack(_UNKNOWN_COMMAND, 0, 0x7FFFFFFF, b"\0vendor\0"))
    if fate.meets("stray_nack_rate"):
        session.send(pdu.pack(pdu.GENERIC_NACK, _UNKNOWN_ERROR, 0))
    padded |= fate.meets("padded_id_rate")
    body = pdu.c_string(f" {message_id}  " if padded else message_id)
    if fate.meets("bad_length_rate"):
        length = bytes.fromhex(fate.pick(_BAD_LENGTHS, "bad length"))
        session.send(length + pdu.pack(pdu.SUBMIT_SM | pdu.RESPONSE, 0, sequence, body)[4:])
    elif fate.meets("wrong_command_rate"):
        command = int(fate.pick(_WRONG_COMMANDS, "wrong command"), 16)
        session.send(pdu.pack(command, 0, sequence, body))
    elif fate.meets("unterminated_answer_rate"):
        session.respond(pdu.SUBMIT_SM, pdu.ESME_ROK, sequence, body[:-1])
    else:
        session.respond(pdu.SUBMIT_SM, pdu.ESME_ROK, sequence, body)


def afterwards(session: SmppSession, fate: Fate, rates: Faults) -> None:
    """Let the link suffer after an accepted submit."""
    if fate.meets("drop_after_answer_rate"):
        session.close()
    elif fate.meets("unbind_rate"):
        session.request(pdu.UNBIND)
    elif fate.meets("silent_rate"):
        session.mute(rates.silent_seconds)
