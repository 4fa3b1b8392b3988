"""Receipts in the dialects real SMSCs have: right in what they say, and odd in how they say it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from simulator.scripts import ReceiptForm
from simulator.smpp import pdu

_UCS2 = 8
_HEADER = bytes((5, 0, 3, 7, 1, 1))  # a user data header of one segment
_HEADER_FLAG = 0x40
_NO_STATE = b"\x0a"  # beyond the states SMPP has
_SPELLINGS = {
    "DELIVRD": "delivered",
    "UNDELIV": "Undeliverable",
    "EXPIRED": "expired",
    "REJECTD": "Rejected",
    "ENROUTE": "EN_ROUTE",
}


@dataclass(frozen=True, slots=True)
class Written:
    """A receipt before it becomes octets."""

    message_id: str
    stat: str
    rest: str  # the text between id and stat
    err: str
    state: bytes
    tlv_id: bytes
    esm_class: int = 0x04
    coding: int = 0
    encoding: str = "ascii"
    header: bytes = b""
    in_payload: bool = False
    tlvs: dict[int, bytes] = field(default_factory=dict)

    @property
    def text(self) -> bytes:
        """The text in its encoding; UTF-16 leaves out what no short message has room for."""
        words = f"id:{self.message_id} {self.rest}stat:{self.stat} err:{self.err} text:"
        if self.encoding != "ascii":
            words = f"id:{self.message_id} stat:{self.stat} err:{self.err}"
        return self.header + words.encode(self.encoding)


def _wrong_coding(written: Written) -> Written:
    """ASCII flagged as UCS-2 where the id is even, UTF-16 flagged as nothing where it is odd."""
    if int(written.message_id[-1], 16) % 2:
        return replace(written, encoding="utf-16-be", coding=0, state=b"", tlv_id=b"")
    return replace(written, coding=_UCS2, state=b"", tlv_id=b"")


def _with_header(written: Written) -> Written:
    return replace(written, header=_HEADER, esm_class=0x04 | _HEADER_FLAG, state=b"", tlv_id=b"")


def _payload(written: Written) -> Written:
    return replace(written, in_payload=True, state=b"", tlv_id=b"")


def _data_sm(written: Written) -> Written:
    return replace(written, in_payload=True)


def _unmarked(written: Written) -> Written:
    return replace(written, esm_class=0, tlv_id=b"")


def _unreadable_tlvs(written: Written) -> Written:
    return replace(written, state=_NO_STATE, tlv_id=b"  \0", tlvs={0x0423: b"\x03"})


def _loose_words(written: Written) -> Written:
    spelled = _SPELLINGS.get(written.stat, written.stat.lower())
    return replace(written, stat=spelled, rest=written.rest.replace(" ", "\r\n"), state=b"", tlv_id=b"")


def _other_id(written: Written) -> Written:
    """The id in capitals and with zeros in front."""
    return replace(written, message_id="000" + written.message_id.upper(), tlv_id=b"")


_DIALECTS: dict[ReceiptForm, Callable[[Written], Written]] = {
    ReceiptForm.WRONG_CODING: _wrong_coding,
    ReceiptForm.HEADER: _with_header,
    ReceiptForm.PAYLOAD: _payload,
    ReceiptForm.DATA_SM: _data_sm,
    ReceiptForm.UNMARKED: _unmarked,
    ReceiptForm.UNREADABLE_TLVS: _unreadable_tlvs,
    ReceiptForm.LOOSE_WORDS: _loose_words,
    ReceiptForm.OTHER_ID: _other_id,
}
# The rates that bring them about; the first that a receipt meets holds.
BY_RATE: dict[str, ReceiptForm] = {
    "wrong_coding_rate": ReceiptForm.WRONG_CODING,
    "header_rate": ReceiptForm.HEADER,
    "payload_rate": ReceiptForm.PAYLOAD,
    "data_sm_rate": ReceiptForm.DATA_SM,
    "unmarked_receipt_rate": ReceiptForm.UNMARKED,
    "unreadable_tlvs_rate": ReceiptForm.UNREADABLE_TLVS,
    "loose_words_rate": ReceiptForm.LOOSE_WORDS,
    "other_id_rate": ReceiptForm.OTHER_ID,
}


def is_dialect(form: ReceiptForm) -> bool:
    """Whether it is one of the odd forms; malformed PDUs on top would need to know its layout."""
    return form in _DIALECTS


def body_of(written: Written, form: ReceiptForm, source: pdu.Address, destination: pdu.Address) -> bytes:
    """The body of the deliver_sm, or of the data_sm, in a dialect; source is the handset."""
    written = _DIALECTS[form](written)
    tlvs = b"".join(
        pdu.tlv(tag, value)
        for tag, value in (
            (pdu.TLV_RECEIPTED_MESSAGE_ID, written.tlv_id),
            (pdu.TLV_MESSAGE_STATE, written.state),
            *written.tlvs.items(),
            (pdu.TLV_MESSAGE_PAYLOAD, written.text if written.in_payload else b""),
        )
        if value
    )
    if form is ReceiptForm.DATA_SM:
        return pdu.data_body(source, destination, tlvs, esm_class=written.esm_class, coding=written.coding)
    text = b"" if written.in_payload else written.text
    return pdu.deliver_body(
        source, destination, text, tlvs, esm_class=written.esm_class, coding=written.coding
    )
