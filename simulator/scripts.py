"""The vocabulary scenarios are written in: what an SMSC, a MaaP or the directory does for a number.

Waiting times count from the step before (the first from acceptance): `after` is seconds as they are
(None = the ordinary random 0.1-0.8 s); `late` is seconds on top, times SIMULATOR_TIME_SCALE.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from simulator.carriers import Outcome


class Answer(StrEnum):
    """What happens to the answer of a submit."""

    NORMAL = "normal"
    DROP_LINK = "drop_link"  # accepted and in the ledger, then the TCP connection is cut
    DROP_BEFORE = "drop_before_accept"  # cut before anything was accepted; not in the ledger
    SILENCE = "silence"  # accepted and in the ledger, no answer ever, connection kept
    SERVER_ERROR = "server_error"  # HTTP only: accepted and in the ledger, answered 500
    RECEIPT_FIRST = "receipt_first"  # the receipt overtakes the answer
    PADDED_ID = "padded_id"  # SMS only: blanks around the message id


class Strangers(StrEnum):
    """How the carriers a number does not belong to say so."""

    PRESET = "preset"
    AT_ONCE = "at_once"
    BY_RECEIPT = "by_receipt"


class ReceiptForm(StrEnum):
    """Shape of a delivery receipt."""

    FULL = "full"
    TEXT_ONLY = "text_only"
    TLV_ONLY = "tlv_only"
    GARBLED = "garbled"
    FOREIGN_ID = "foreign_id"  # a receipt for a message id nobody was given
    # Dialects, simulator/smpp/dialects.py
    WRONG_CODING = "wrong_coding"
    HEADER = "header"
    PAYLOAD = "payload"
    DATA_SM = "data_sm"
    UNMARKED = "unmarked"
    UNREADABLE_TLVS = "unreadable_tlvs"
    LOOSE_WORDS = "loose_words"
    OTHER_ID = "other_id"


class Capability(StrEnum):
    """What a capability check answers."""

    NORMAL = "normal"
    ERROR = "error"
    SILENCE = "silence"


class Revoke(StrEnum):
    """What cancelling a +Message does."""

    NORMAL = "normal"
    ALREADY_DELIVERED = "already_delivered"
    ERROR = "error"
    LOST = "lost"  # no answer and no effect
    LOST_EFFECTIVE = "lost_effective"  # no answer, but cancelled
    IGNORED = "ignored"  # answered 204, delivered all the same (known app defect)


class DirectoryAnswer(StrEnum):
    """What the number-recycling directory does."""

    TABLE = "table"
    ERROR = "error"
    UNAVAILABLE = "unavailable"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    UNPROCESSABLE = "unprocessable"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class ReceiptStep:
    """One receipt an SMSC sends."""

    outcome: Outcome = Outcome.DELIVERED
    after: float | None = None
    late: float = 0.0
    form: ReceiptForm = ReceiptForm.FULL
    err: str | None = None
    copies: int = 1


@dataclass(frozen=True, slots=True)
class SmsScript:
    """An SMSC's behaviour for a number that is its own subscriber."""

    first_statuses: tuple[int, ...] = ()  # answers to the first submits, then normal
    status: int = 0  # answer to every submit
    answer: Answer = Answer.NORMAL
    receipts: tuple[ReceiptStep, ...] = (ReceiptStep(),)


@dataclass(frozen=True, slots=True)
class EventStep:
    """One messageStatus event of a MaaP. reason_code: of a failed one, after HTTP (404, 408, 410, 500)."""

    status: str = "delivered"
    after: float | None = None
    late: float = 0.0
    copies: int = 1
    reason_code: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP error of a MaaP: status, reason.code, reason.text."""

    status: int
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class RcsScript:
    """A MaaP's behaviour for a number that is its own subscriber and has the app."""

    capability: Capability = Capability.NORMAL
    first_refusals: int = 0  # this many submits are refused with `refusal`; 0 = all, if set
    refusal: Refusal | None = None
    answer: Answer = Answer.NORMAL
    events: tuple[EventStep, ...] = (EventStep(),)
    revoke: Revoke = Revoke.NORMAL


@dataclass(frozen=True, slots=True)
class DirectoryScript:
    """The number-recycling directory; months_back: out-of-service months before the newest month."""

    answer: DirectoryAnswer = DirectoryAnswer.TABLE
    months_back: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named behaviour. code: the two digits SS of the magic number 090-0000-SSCN."""

    code: str
    name: str
    title: str
    sms: SmsScript = field(default_factory=SmsScript)
    rcs: RcsScript = field(default_factory=RcsScript)
    directory: DirectoryScript = field(default_factory=DirectoryScript)
    strangers: Strangers = Strangers.PRESET
    on: bool = True
    app: bool | None = None  # None: the number's digits decide
    nobody: bool = False  # belongs to no carrier at all


def sms_ends(*steps: ReceiptStep) -> SmsScript:
    """Accepted, then these receipts; none = none ever."""
    return SmsScript(receipts=steps)


def rcs_ends(*steps: EventStep, revoke: Revoke = Revoke.NORMAL) -> RcsScript:
    """Accepted, then these events; none = none ever."""
    return RcsScript(events=steps, revoke=revoke)


def rcs_late(seconds: float, revoke: Revoke = Revoke.NORMAL) -> RcsScript:
    """Delivered so many (scaled) seconds late."""
    return rcs_ends(EventStep(late=seconds), revoke=revoke)


def rcs_refused(status: int, code: int, text: str, first: int = 0) -> RcsScript:
    """Every submit, or the first few, refused with this HTTP error."""
    return RcsScript(refusal=Refusal(status, code, text), first_refusals=first)


def directory(answer: DirectoryAnswer, *months_back: int) -> DirectoryScript:
    """The directory's answer, or a table with these months before the newest."""
    return DirectoryScript(answer, months_back)
