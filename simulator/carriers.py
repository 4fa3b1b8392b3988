"""What differs between the four carriers.

Every value here is invented: the real dialects are under NDA. Error codes follow the numbers of the
GSM MAP errors (1 unknown subscriber, 13 call barred, 27 absent subscriber) because that is what
SMSCs usually pass through.
"""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How the network ended with a short message."""

    DELIVERED = "delivered"
    ABSENT = "absent"
    UNKNOWN_SUBSCRIBER = "unknown_subscriber"
    BARRED = "barred"
    EXPIRED = "expired"
    WRONG_CARRIER = "wrong_carrier"
    UNDECIDED = "undecided"
    ENROUTE = "enroute"  # an intermediate notification: not decided yet


@dataclass(frozen=True, slots=True)
class ReceiptCode:
    """The three ways a receipt says the same thing: stat word, err text, message_state number."""

    stat: str
    err: str
    state: int


RECEIPT_CODES = {
    Outcome.DELIVERED: ReceiptCode("DELIVRD", "000", 2),
    Outcome.ABSENT: ReceiptCode("UNDELIV", "027", 5),
    Outcome.UNKNOWN_SUBSCRIBER: ReceiptCode("UNDELIV", "001", 5),
    Outcome.BARRED: ReceiptCode("REJECTD", "013", 8),
    Outcome.EXPIRED: ReceiptCode("EXPIRED", "027", 3),
    Outcome.UNDECIDED: ReceiptCode("UNKNOWN", "000", 7),
    Outcome.ENROUTE: ReceiptCode("ENROUTE", "000", 1),
}
_UNDELIVERED_00B = ReceiptCode("UNDELIV", "00B", 5)
_REJECTED_E01 = ReceiptCode("REJECTD", "E01", 8)


@dataclass(frozen=True, slots=True)
class Carrier:
    """One carrier's dialect.

    refuses_at_once: this carrier's habit when asked for a stranger; both codes exist for every
    carrier because a scenario can ask for the other way. hold_seconds: how long a message for a
    switched-off handset waits (0 = not at all). date_digits: 10 or 12, receipts' date form.
    error_body: whether a refused submit_sm_resp still carries a (empty) message id.
    """

    name: str
    letter: str
    refuses_at_once: bool
    wrong_status: int
    wrong_receipt: ReceiptCode
    hold_seconds: float
    date_digits: int
    error_body: bool
    has_maap: bool

    def receipt_code(self, outcome: Outcome) -> ReceiptCode:
        """The code this carrier writes into a receipt for the outcome."""
        return self.wrong_receipt if outcome is Outcome.WRONG_CARRIER else RECEIPT_CODES[outcome]


CARRIERS = {
    carrier.name: carrier
    for carrier in (
        Carrier("docomo", "d", True, 0x0B, _UNDELIVERED_00B, 3600.0, 10, False, True),
        Carrier("au", "a", True, 0x0401, _REJECTED_E01, 0.0, 12, True, True),
        Carrier("softbank", "s", False, 0x0B, _UNDELIVERED_00B, 0.0, 10, False, True),
        Carrier("rakuten", "r", False, 0x0B, _REJECTED_E01, 0.0, 12, True, False),
    )
}
MAAP_CARRIERS = tuple(name for name, carrier in CARRIERS.items() if carrier.has_maap)

RCS_HOLD_SECONDS = 72 * 3600.0  # how long a +Message waits for a handset that is off or without the app

# Ordinary numbers whose block public numbering data assigns to nobody: by the fifth digit of 0x0-YXXX-XXXX.
BY_FIFTH_DIGIT = (
    ("docomo",) * 3 + ("au",) * 3 + ("softbank",) * 2 + ("rakuten",) * 2
)  # 0-2 docomo, 3-5 au, 6-7 softbank, 8-9 rakuten
