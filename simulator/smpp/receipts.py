"""Delivery receipts: the deliver_sm that says how a short message ended."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from simulator.carriers import Carrier, Outcome
from simulator.scripts import ReceiptForm
from simulator.smpp.dialects import Written, body_of, is_dialect
from simulator.smpp.pdu import (
    DATA_SM,
    DELIVER_SM,
    TLV_MESSAGE_STATE,
    TLV_RECEIPTED_MESSAGE_ID,
    Address,
    c_string,
    deliver_body,
    tlv,
)

_JST_SECONDS = 9 * 3600
# Octets no decoder of ours or theirs makes sense of; no TLVs either.
_GARBLED = b"\xff\xfe id=?;stat done:\x00\x9f 99/99/99"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt to be sent; plain values only, so that it can be written to disk.

    source and destination are the submit's; times are epoch seconds. other_date: in the date form the
    carrier does not use (12 digits for 10). fate: key of the message's fate.
    """

    system_id: str
    message_id: str
    source: tuple[int, int, str]
    destination: tuple[int, int, str]
    submitted_at: float
    done_at: float
    outcome: str
    form: str = ReceiptForm.FULL.value
    err: str | None = None
    other_date: bool = False
    fate: str = ""

    def as_json(self) -> dict[str, Any]:
        """Fields by name, for the state file."""
        return asdict(self)

    def body(self, carrier: Carrier) -> bytes:
        """The body in this carrier's dialect, for `command`."""
        return receipt_body(self, carrier)

    @property
    def command(self) -> int:
        """The PDU it comes in."""
        return DATA_SM if self.form == ReceiptForm.DATA_SM else DELIVER_SM

    @staticmethod
    def from_json(row: dict[str, Any]) -> "Receipt":
        """The inverse of `as_json`, after JSON turned tuples into lists."""
        return Receipt(**row | {"source": tuple(row["source"]), "destination": tuple(row["destination"])})


def _date(epoch: float, digits: int) -> str:
    moment = time.gmtime(epoch + _JST_SECONDS)  # SMSCs write their local time
    return time.strftime("%y%m%d%H%M%S" if digits == 12 else "%y%m%d%H%M", moment)


def receipt_body(receipt: Receipt, carrier: Carrier) -> bytes:
    """The deliver_sm body in this carrier's dialect and the asked-for form."""
    code = carrier.receipt_code(Outcome(receipt.outcome))
    form = ReceiptForm(receipt.form)
    message_id = receipt.message_id
    if form is ReceiptForm.FOREIGN_ID:
        message_id = "nobodys" + message_id[-6:]
    digits = 22 - carrier.date_digits if receipt.other_date else carrier.date_digits
    delivered = 1 if code.stat == "DELIVRD" else 0
    rest = (
        f"sub:001 dlvrd:{delivered:03d} submit date:{_date(receipt.submitted_at, digits)}"
        f" done date:{_date(receipt.done_at, digits)} "
    )
    err = receipt.err or code.err
    # A receipt travels the other way: from the handset to the sender.
    source, destination = Address(*receipt.destination), Address(*receipt.source)
    if is_dialect(form):
        written = Written(message_id, code.stat, rest, err, bytes((code.state,)), c_string(message_id))
        return body_of(written, form, source, destination)
    text = f"id:{message_id} {rest}stat:{code.stat} err:{err} text:".encode("ascii")
    tlvs = tlv(TLV_RECEIPTED_MESSAGE_ID, c_string(message_id)) + tlv(TLV_MESSAGE_STATE, bytes((code.state,)))
    if form is ReceiptForm.TEXT_ONLY:
        tlvs = b""
    elif form is ReceiptForm.TLV_ONLY:
        text = b""
    elif form is ReceiptForm.GARBLED:
        text, tlvs = _GARBLED, b""
    return deliver_body(source, destination, text, tlvs)
