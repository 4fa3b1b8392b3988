"""deliver_sm to ``DeliveryReceipt`` or ``InboundMessage``, leniently: no input raises.

The text form is SMPP v3.4 Appendix B (``id:… sub:… dlvrd:… submit date:… done date:… stat:… err:…
text:…``); all values are strings to us. The TLVs receipted_message_id, message_state and
network_error_code win over the text (docs/carriers.md §1.1).
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from domain.carrier_exchange import DeliveryReceipt, InboundMessage, ReceiptState
from domain.carriers import Channel
from gateways.smpp.bodies import ShortMessage, Tag
from gateways.smpp.numbers import national_number
from gateways.smpp.profiles import SmppProfile
from gateways.smpp.segments import ESM_CLASS_UDHI
from gateways.smpp.statuses import STATE_NAMES, plain_id, receipt_verdict

# esm_class bits 5-2 (§5.2.12).
_MESSAGE_TYPE = 0x3C
_RECEIPT_TYPES = frozenset({0x04, 0x20})  # SMSC delivery receipt, intermediate notification
_UCS2 = 8
_FIELD = re.compile(r"(?<![a-z])(id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat|err|text):", re.IGNORECASE)
# Carriers hold a message for days at most; clocks differ, and zones are guessed wrong, by hours.
_OLDEST = timedelta(days=30)
_AHEAD = timedelta(days=1)
_NOT_PRINTABLE = re.compile(r"[^\x20-\x7e\x80-\U0010ffff]|[\x80-\x9f\ud800-\udfff]")


def is_receipt(message: ShortMessage) -> bool:
    """Tell a receipt from a text a person sent.

    Only what a handset cannot write counts: esm_class or the receipt's own TLV. A person may well
    text ``id:1 stat:DELIVRD``.
    """
    return message.esm_class & _MESSAGE_TYPE in _RECEIPT_TYPES or Tag.RECEIPTED_MESSAGE_ID in message.tlvs


def parse_receipt(message: ShortMessage, profile: SmppProfile) -> DeliveryReceipt:
    """Read a receipt; what cannot be read is ``None`` or UNKNOWN, and ``raw`` has all of it."""
    text = _decoded(message.user_data, message.data_coding)
    fields = receipt_fields(text)
    message_id = _message_id(message, fields, profile)
    stat = _tlv_stat(message) or printable(fields.get("stat", ""))
    error = _tlv_error(message) or printable(fields.get("err", "")) or None
    state, reason = receipt_verdict(stat, error, profile) if stat else (ReceiptState.UNKNOWN, None)
    return DeliveryReceipt(
        channel=Channel.SMS,
        carrier=profile.carrier,
        carrier_message_id=message_id or None,
        state=state,
        reason=reason,
        carrier_code=f"{stat}/{error}" if stat and error else stat or error,
        occurred_at=receipt_date(fields.get("donedate", ""), profile.receipt_timezone),
        phone_number=national_number(message.source.addr),
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
    octets = message.user_data
    if message.esm_class & ESM_CLASS_UDHI and octets:
        octets = octets[1 + octets[0] :]
    text = _decoded(octets, message.data_coding)
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


def receipt_fields(text: str) -> dict[str, str]:
    """Return the fields of a receipt's text by name (``donedate`` for ``done date``), values stripped.

    Nothing after ``text:`` is a field, whatever it looks like; of a repeated field the first counts.
    """
    fields: dict[str, str] = {}
    matches = list(_FIELD.finditer(text))
    for index, match in enumerate(matches):
        name = match[1].lower().replace(" ", "").replace("_", "")
        end = matches[index + 1].start() if index + 1 < len(matches) else len(text)
        if name == "text":
            break
        fields.setdefault(name, text[match.end() : end].strip())
    return fields


def receipt_date(value: str, zone: tzinfo) -> datetime | None:
    """Read YYMMDDhhmm, YYMMDDhhmmss, YYYYMMDDhhmm or YYYYMMDDhhmmss in ``zone``, else ``None``."""
    digits = re.sub(r"[^0-9]", "", value)
    if len(digits) in (10, 12) and (moment := _moment("20" + digits, zone)):
        return moment
    return _moment(digits, zone) if len(digits) in (12, 14) else None


def printable(value: str) -> str:
    """Return ``value`` with control characters and lone surrogates escaped, fit for a database and a log."""
    return _NOT_PRINTABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", value)


def raw_words(message: ShortMessage, text: str) -> str:
    """Return a receipt as received for the service desk: its text, then its TLVs in hexadecimal."""
    tlvs = (f"{tag:04x}={value.hex()}" for tag, value in message.tlvs.items())
    return " ".join((printable(text), *tlvs)).strip()


def _moment(digits: str, zone: tzinfo) -> datetime | None:
    """Read YYYYMMDDhhmm[ss]; ``None`` when it is no date."""
    month, day, hour, minute = (int(digits[at : at + 2]) for at in (4, 6, 8, 10))
    try:
        return datetime(int(digits[:4]), month, day, hour, minute, int(digits[12:] or 0), tzinfo=zone)
    except ValueError:
        return None


def _decoded(octets: bytes, data_coding: int) -> str:
    # SMSCs write receipts in their default alphabet, for digits and Latin letters the same as Latin-1.
    if data_coding == _UCS2:
        return octets.decode("utf-16-be", "replace")
    return octets.decode("latin-1")


def _message_id(message: ShortMessage, fields: dict[str, str], profile: SmppProfile) -> str:
    """Return the id as the submit_sm_resp gave it; the TLV has its form, the text may have another."""
    if told := _tlv_text(message, Tag.RECEIPTED_MESSAGE_ID):
        return plain_id(told, profile.submit_id_base)
    return plain_id(printable(fields.get("id", "")), profile.receipt_id_base)


def _tlv_text(message: ShortMessage, tag: int) -> str:
    return printable(message.tlvs.get(tag, b"").split(b"\0", 1)[0].decode("latin-1").strip())


def _tlv_stat(message: ShortMessage) -> str:
    value = message.tlvs.get(Tag.MESSAGE_STATE, b"")
    return STATE_NAMES.get(value[0], str(value[0])) if len(value) == 1 else ""


def _tlv_error(message: ShortMessage) -> str:
    """Return network_error_code (§5.3.2.31: network type, two octets of code) like ``err`` is printed.

    Code 0 says "no error known" and leaves the word to the text.
    """
    value = message.tlvs.get(Tag.NETWORK_ERROR_CODE, b"")
    code = int.from_bytes(value[1:], "big") if len(value) == 3 else 0
    return f"{code:03X}" if code else ""
