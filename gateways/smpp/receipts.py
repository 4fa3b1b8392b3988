"""deliver_sm or data_sm to ``DeliveryReceipt`` or ``InboundMessage``, leniently: no input raises.

Each field may be told twice: by a TLV (receipted_message_id, message_state, network_error_code) and in the
text (``gateways/smpp/receipt_text.py``). The TLV wins, unless it cannot be read, or says a state or an error
nobody knows, and the text says more (docs/carriers.md §1.1).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from domain.carrier_exchange import DeliveryReceipt, InboundMessage, ReceiptState
from domain.carriers import Channel
from domain.messages import StatusReason
from domain.phone_numbers import is_mobile_number
from gateways.smpp.bodies import ShortMessage, Tag
from gateways.smpp.message_ids import PADDING, is_readable, message_id, printable
from gateways.smpp.numbers import national_number
from gateways.smpp.profiles import SmppProfile
from gateways.smpp.receipt_text import (
    decoded,
    first_word,
    receipt_date,
    receipt_fields,
    text_of,
    without_header,
)
from gateways.smpp.statuses import STATE_NAMES, is_known_error, receipt_verdict

# esm_class bits 5-2 (§5.2.12): bit 2 is the SMSC delivery receipt, whatever stands beside it; bit 5 alone the
# intermediate notification.
_MESSAGE_TYPE = 0x3C
_RECEIPT_BIT = 0x04
_INTERMEDIATE = 0x20
# What only an SMSC adds to a message.
_RECEIPT_TAGS = frozenset({Tag.RECEIPTED_MESSAGE_ID, Tag.MESSAGE_STATE})
# Carriers hold a message for days at most; clocks differ, and zones are guessed wrong, by hours.
_OLDEST = timedelta(days=30)
_AHEAD = timedelta(days=1)


def is_receipt(message: ShortMessage) -> bool:
    """Tell a receipt from a text a person sent.

    Only what a handset cannot write counts: esm_class or a receipt's own TLVs. A person may well
    text ``id:1 stat:DELIVRD``.
    """
    kind = message.esm_class & _MESSAGE_TYPE
    return bool(kind & _RECEIPT_BIT) or kind == _INTERMEDIATE or not _RECEIPT_TAGS.isdisjoint(message.tlvs)


def looks_like_a_receipt(message: ShortMessage) -> bool:
    """Whether a text reads like a receipt: a person's joke, or a carrier whose receipts bear no mark."""
    return receipt_fields(text_of(message)).keys() >= {"id", "stat"}


def parse_receipt(message: ShortMessage, profile: SmppProfile) -> DeliveryReceipt:
    """Read a receipt; what cannot be read is ``None`` or UNKNOWN, and ``raw`` has all of it."""
    text = text_of(message)
    fields = receipt_fields(text)
    error = _error(message, fields, profile)
    stat, state, reason = _verdict(message, fields, error, profile)
    about = _message_id(message, fields, profile) or None
    if about and not stat:
        # It says nothing of its message, and as UNKNOWN it would end it.
        state = ReceiptState.SENT
    return DeliveryReceipt(
        channel=Channel.SMS,
        carrier=profile.carrier,
        carrier_message_id=about,
        state=state,
        reason=reason,
        carrier_code=f"{stat}/{error}" if stat and error else stat or error,
        occurred_at=receipt_date(fields.get("donedate", ""), profile.receipt_timezone),
        phone_number=_handset(message),
        raw=raw_words(message, text),
    )


def with_plausible_time(receipt: DeliveryReceipt, now: datetime) -> DeliveryReceipt:
    """Return the receipt without ``occurred_at`` where that cannot be: long ago, or still to come.

    An SMSC whose clock is wrong must not date an arrival; ``raw`` has what it said.
    """
    at = receipt.occurred_at
    if at is None or now - _OLDEST <= at <= now + _AHEAD:
        return receipt
    return replace(receipt, occurred_at=None)


def parse_inbound(message: ShortMessage, profile: SmppProfile) -> InboundMessage:
    """Read a text an end user sent. A part of a long text stays a part; its header is in ``raw``."""
    text = decoded(without_header(message.user_data, message.esm_class), message.data_coding)
    return InboundMessage(
        channel=Channel.SMS,
        carrier=profile.carrier,
        phone_number=national_number(message.source.addr) or printable(message.source.addr),
        bot_id=None,
        carrier_message_id=None,
        # PostgreSQL stores no NUL in a text.
        text=text.replace("\0", ""),
        postback_data=None,
        occurred_at=None,
        raw=message.user_data.hex(),
        destination=printable(message.destination.addr) or None,
    )


def raw_words(message: ShortMessage, text: str) -> str:
    """Return a receipt as received for the service desk: its text, then its TLVs in hexadecimal."""
    tlvs = (f"{tag:04x}={value.hex()}" for tag, value in message.tlvs.items())
    return " ".join((printable(text), *tlvs)).strip()


def _message_id(message: ShortMessage, fields: dict[str, str], profile: SmppProfile) -> str:
    """Return the id as the submit_sm_resp gave it; the TLV has its form, the text may have another."""
    told = message.tlvs.get(Tag.RECEIPTED_MESSAGE_ID, b"").decode("latin-1").strip(PADDING).split("\0", 1)[0]
    written = fields.get("id", "")
    if told and (is_readable(told) or not is_readable(written)):
        return message_id(told, profile.submit_id_base)
    return message_id(written, profile.receipt_id_base)


def _verdict(
    message: ShortMessage, fields: dict[str, str], error: str | None, profile: SmppProfile
) -> tuple[str, ReceiptState, StatusReason | None]:
    """Return the state's word as received and what it means: the first word that says something."""
    told = [stat for stat in (_tlv_stat(message), printable(first_word(fields.get("stat", "")))) if stat]
    verdicts = [(stat, *receipt_verdict(stat, error, profile)) for stat in told]
    saying = (verdict for verdict in verdicts if verdict[1] is not ReceiptState.UNKNOWN)
    return next(saying, verdicts[0] if verdicts else ("", ReceiptState.UNKNOWN, None))


def _error(message: ShortMessage, fields: dict[str, str], profile: SmppProfile) -> str | None:
    """Return the first error code the profile knows, else the first there is."""
    told = (_tlv_error(message), printable(first_word(fields.get("err", ""))))
    codes = [code for code in told if code]
    return next((code for code in codes if is_known_error(code, profile)), codes[0] if codes else None)


def _tlv_stat(message: ShortMessage) -> str:
    """Return message_state by its name, a state nobody knows as its number."""
    octets = message.tlvs.get(Tag.MESSAGE_STATE, b"")
    value = octets.strip(b"\0") or octets[:1]
    if len(value) != 1:
        return ""
    # Some write the digit instead of the number.
    state = int(value) if value.isdigit() else value[0]
    return STATE_NAMES.get(state, str(state))


def _tlv_error(message: ShortMessage) -> str:
    """Return network_error_code (§5.3.2.31: network type, two octets of code) like ``err`` is printed.

    Code 0 says "no error known" and leaves the word to the text.
    """
    value = message.tlvs.get(Tag.NETWORK_ERROR_CODE, b"")
    code = int.from_bytes(value[1:], "big") if len(value) == 3 else 0
    return f"{code:03X}" if code else ""


def _handset(message: ShortMessage) -> str | None:
    """Return the handset's number: the source; the destination where the submit's addresses were copied."""
    numbers = [national_number(address.addr) for address in (message.source, message.destination)]
    return next((number for number in numbers if number and is_mobile_number(number)), numbers[0])
