"""The text of a receipt: found in whatever encoding it came, and cut into its fields.

SMSCs write receipts in ASCII and copy data_coding from the submit, or write UTF-16 and say nothing. So every
reading is tried, and the one with the most fields counts; data_coding only decides between equals.
The form is SMPP v3.4 Appendix B: ``id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…``.
"""

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo

from gateways.smpp.bodies import ShortMessage, Tag
from gateways.smpp.message_ids import PADDING
from gateways.smpp.segments import ESM_CLASS_UDHI

_UCS2 = 8
_GAP = r"[\s_,;-]{0,4}"
_FIELD = re.compile(
    rf"(?<![a-z])(?:(?:message|msg)[ _]?)?(id|sub|dlvrd|submit{_GAP}date|done{_GAP}date|stat|err|text) ?:",
    re.IGNORECASE,
)
_NOT_A_LETTER = re.compile("[^a-z]")
# What stands between fields where it is not a blank.
_SEPARATORS = ",;|"
_WORD = re.compile(r"[^\s,;|]+")
# Epoch seconds of this century's first decades; as a year of ours the first two digits are long past.
_EPOCH = re.compile("1[0-9]{9}(?:[0-9]{3})?")


def text_of(message: ShortMessage) -> str:
    """Return the text of a receipt in the reading that has the most of a receipt's fields."""
    best, most = "", -1
    for text in _readings(message):
        found = len(receipt_fields(text))
        if found > most:
            best, most = text, found
    return best


def receipt_fields(text: str) -> dict[str, str]:
    """Return the fields of a receipt's text by name (``donedate`` for ``done date``), values stripped.

    Nothing after ``text:`` is a field, whatever it looks like; of a repeated field the first counts.
    """
    fields: dict[str, str] = {}
    matches = list(_FIELD.finditer(text))
    for index, match in enumerate(matches):
        name = _NOT_A_LETTER.sub("", match[1].lower())
        end = matches[index + 1].start() if index + 1 < len(matches) else len(text)
        if name == "text":
            break
        fields.setdefault(name, text[match.end() : end].strip(PADDING + _SEPARATORS))
    return fields


def first_word(value: str) -> str:
    """Return what stands before the first blank or separator: no state and no code has one inside."""
    match = _WORD.search(value)
    return match[0] if match else ""


def receipt_date(value: str, zone: tzinfo) -> datetime | None:
    """Read YYMMDDhhmm, YYMMDDhhmmss, YYYYMMDDhhmm or YYYYMMDDhhmmss in ``zone``, or an epoch, else ``None``.

    Days and months the other way round are not guessed: which is which nobody can tell.
    """
    digits = re.sub(r"[^0-9]", "", value)
    if _EPOCH.fullmatch(digits):
        return datetime.fromtimestamp(int(digits[:10]), zone)
    if len(digits) in (10, 12) and (moment := _moment("20" + digits, zone)):
        return moment
    return _moment(digits, zone) if len(digits) in (12, 14) else None


def without_header(octets: bytes, esm_class: int) -> bytes:
    """Return the octets behind the user data header, if esm_class says that there is one (§5.2.12)."""
    return octets[1 + octets[0] :] if esm_class & ESM_CLASS_UDHI and octets else octets


def decoded(octets: bytes, data_coding: int) -> str:
    """Return octets as ``data_coding`` says: UTF-16BE, or an alphabet that has Latin letters like Latin-1."""
    return octets.decode("utf-16-be", "replace") if data_coding == _UCS2 else octets.decode("latin-1")


def _readings(message: ShortMessage) -> Iterator[str]:
    """Every text the octets can be, what data_coding says first."""
    encodings = ["latin-1", "utf-16-be", "utf-16-le"]
    if message.data_coding == _UCS2:
        encodings = ["utf-16-be", "latin-1", "utf-16-le"]
    for octets in (message.short_message, message.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")):
        if octets:
            bare = without_header(octets, message.esm_class)
            for encoding in encodings:
                yield bare.decode(encoding, "replace")
                if bare is not octets:
                    # The flag may be copied from the submit as well, without a header behind it.
                    yield octets.decode(encoding, "replace")


def _moment(digits: str, zone: tzinfo) -> datetime | None:
    """Read YYYYMMDDhhmm[ss]; ``None`` when it is no date."""
    month, day, hour, minute = (int(digits[at : at + 2]) for at in (4, 6, 8, 10))
    try:
        return datetime(int(digits[:4]), month, day, hour, minute, int(digits[12:] or 0), tzinfo=zone)
    except ValueError:
        return None
