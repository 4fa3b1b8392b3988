"""Japanese mobile numbers as people and spreadsheets write them (P-11, S-2).

The national form, 11 digits such as ``09012345678``, is the only one the platform keeps. Reading a
number never guesses digits: what a spreadsheet has rounded is refused, not completed, because a wrong
digit sends somebody's message to somebody else.
"""

import re
from enum import StrEnum
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import carrier as number_blocks

from domain.carriers import Carrier

# 0800 is free-phone, 0600 and 0700 belong to nobody; 0900 belongs to nobody either, but is where
# carriers' test numbers live.
_NATIONAL = re.compile(r"0(?:[678]0[1-9]|90[0-9])[0-9]{7}")
_ELEVEN_DIGITS = re.compile(r"0[0-9]{10}")
# The way most lists write it, worth a path of its own: 250,000 rows take half the time.
_HYPHENATED = re.compile(r"(0[678]0(?=-[1-9])|090)-([0-9]{4})-([0-9]{4})")
# Not NFKC, which also makes digits of ① and ².
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FULL_WIDTH_DIGITS = frozenset("０１２３４５６７８９")
_SEPARATORS = re.compile(
    r"[\s\-.()\[\]'’´`·・‐‑‒–—―⁃−─━ーｰ~〜˗﹘﹣ㅡ"
    "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+"
)
_DECIMAL = re.compile(r"([0-9]+)\.0*")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.0*)?")
# An amount, not a number to call: one decimal point; a minus before or behind, or brackets instead of it,
# where no zero leads. Taking those signs for separators would dial somebody.
_AMOUNT = re.compile(
    r"(?=\D*[0-9])[+]?[0-9\s]*\.[0-9\s]*"
    r"|['’\s]*[-‐‑‒–—―⁃−─━ーｰ˗﹘﹣]\s*[1-9].*"
    r"|[1-9][0-9]*\s*[-‐‑‒–—―⁃−─━ーｰ˗﹘﹣]"
    r"|\(\s*[1-9][0-9]*\s*\)",
    re.DOTALL,
)
_SCIENTIFIC = re.compile(r"([0-9])\.?([0-9]*)[eE]\+?([0-9]{1,2})")
_LONGEST_INPUT = 64

_CARRIER_NAMES = {
    "NTT Docomo": Carrier.DOCOMO,
    "KDDI": Carrier.AU,
    "Okinawa Cellular": Carrier.AU,
    "Softbank": Carrier.SOFTBANK,
    "Rakuten Communications": Carrier.RAKUTEN,
    "Rakuten Mobile": Carrier.RAKUTEN,
}


class Repair(StrEnum):
    """What was mended in a number (P-11)."""

    FULL_WIDTH = "full_width"
    SEPARATORS_REMOVED = "separators_removed"
    COUNTRY_CODE_REMOVED = "country_code_removed"
    LEADING_ZERO_RESTORED = "leading_zero_restored"
    SPREADSHEET_NUMBER = "spreadsheet_number"


class NumberRefusal(StrEnum):
    """Why something is not a Japanese mobile number (P-11)."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    # "9.01E+09": digits are gone, nobody can restore them.
    ROUNDED = "rounded"
    WRONG_LENGTH = "wrong_length"
    # A landline, IP phone, toll-free number, or a block that no mobile carrier has.
    NOT_MOBILE = "not_mobile"
    # 020: pagers and machines.
    MACHINE = "machine"
    FOREIGN = "foreign"


class NotAMobileNumber(ValueError):
    """Something that is not a Japanese mobile number; ``reason`` says why."""

    def __init__(self, reason: NumberRefusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class NormalizedNumber(NamedTuple):
    """A mobile number: ``national`` is 11 digits; ``repairs`` what had to be mended, in order."""

    national: str
    repairs: tuple[Repair, ...] = ()


def normalize_phone_number(raw: str) -> NormalizedNumber:
    """Return the number in ``raw``, or raise ``NotAMobileNumber`` (P-11)."""
    number = read_phone_number(raw)
    if isinstance(number, NumberRefusal):
        raise NotAMobileNumber(number)
    return number


def read_phone_number(raw: str) -> NormalizedNumber | NumberRefusal:
    """Return the number in ``raw``, or why it is none: for loops over many rows (P-11)."""
    if _NATIONAL.fullmatch(raw):
        return NormalizedNumber(raw)
    if hyphenated := _HYPHENATED.fullmatch(raw):
        return NormalizedNumber("".join(hyphenated.groups()), (Repair.SEPARATORS_REMOVED,))
    repairs: dict[Repair, None] = {}
    digits = _digits_of(raw, repairs)
    if isinstance(digits, NumberRefusal):
        return digits
    national = _national_of(digits, repairs)
    if isinstance(national, NumberRefusal):
        return national
    if _NATIONAL.fullmatch(national):
        return NormalizedNumber(national, tuple(repairs))
    return _refusal_of(national)


def is_mobile_number(raw: str) -> bool:
    """Whether ``raw`` can be read as a Japanese mobile number."""
    return isinstance(read_phone_number(raw), NormalizedNumber)


def original_carrier(national: str) -> Carrier | None:
    """Return the carrier that the block of an 11-digit number was given to, ``None`` if unknown (S-2).

    A first guess only: a number ported to another carrier keeps its block.
    """
    return _carrier_of_block(national[:7])


def international_number(national: str) -> str:
    """``09012345678`` → ``+819012345678`` (E.164), as carriers' HTTP interfaces want it.

    Raises ``ValueError``, without quoting the number, for anything but 11 national digits: a bug of the
    caller.
    """
    if not _ELEVEN_DIGITS.fullmatch(national):
        raise ValueError("The phone number is not national with 11 digits")
    return f"+81{national[1:]}"


def callable_number(raw: str) -> str | None:
    """Return a number to be dialled (R-4) as E.164, ``None`` for none: ``03-1234-5678`` → ``+81312345678``.

    Landlines, free-phone and foreign numbers (with +) count as well as mobiles. Emergency and other short
    numbers do not: E.164 cannot write them.
    """
    if len(raw) > _LONGEST_INPUT:
        return None
    try:
        number = phonenumbers.parse(raw, "JP")
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask_phone_number(number: str) -> str:
    """Return ``number`` for the screen, ``090****5678``; anything shorter shows no more than its end."""
    if len(number) < 9:
        return "*" * max(len(number) - 2, 0) + number[-2:] if len(number) > 4 else "*" * len(number)
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"


def _digits_of(raw: str, repairs: dict[Repair, None]) -> str | NumberRefusal:
    """Return digits with at most one leading +."""
    if len(raw) > _LONGEST_INPUT:
        return NumberRefusal.NOT_A_NUMBER
    text = raw.translate(_HALF_WIDTH)
    if any(c in _FULL_WIDTH_DIGITS for c in raw):
        repairs[Repair.FULL_WIDTH] = None
    text = text.strip()
    plain = _without_spreadsheet_form(text)
    if isinstance(plain, NumberRefusal):
        return plain
    if plain != text:
        repairs[Repair.SPREADSHEET_NUMBER] = None
    digits = _SEPARATORS.sub("", plain)
    if not digits:
        return NumberRefusal.EMPTY
    if digits != plain:
        repairs[Repair.SEPARATORS_REMOVED] = None
    bare = digits.removeprefix("+")
    return digits if bare.isascii() and bare.isdigit() else NumberRefusal.NOT_A_NUMBER


def _without_spreadsheet_form(text: str) -> str | NumberRefusal:
    """Undo "9012345678.0", "9,012,345,678" and "9.012345678E+09" where no digit is lost."""
    if decimal := _DECIMAL.fullmatch(text):
        return decimal[1]
    if _THOUSANDS.fullmatch(text):
        return text.partition(".")[0].replace(",", "")
    if scientific := _SCIENTIFIC.fullmatch(text):
        first, rest, exponent = scientific.groups()
        return first + rest if len(rest) == int(exponent) else NumberRefusal.ROUNDED
    return NumberRefusal.NOT_A_NUMBER if _AMOUNT.fullmatch(text) else text


def _national_of(digits: str, repairs: dict[Repair, None]) -> str | NumberRefusal:
    """Return the digits as dialled within Japan."""
    subscriber = _without_country_code(digits)
    if subscriber is None:
        return NumberRefusal.FOREIGN
    if subscriber != digits:
        repairs[Repair.COUNTRY_CODE_REMOVED] = None
        return subscriber if subscriber.startswith("0") else "0" + subscriber
    if len(digits) == 10 and _NATIONAL.fullmatch("0" + digits):
        repairs[Repair.LEADING_ZERO_RESTORED] = None
        return "0" + digits
    return digits


def _without_country_code(digits: str) -> str | None:
    """Return what follows Japan's code, the digits themselves if there is no code, ``None`` if foreign."""
    if digits.startswith("+"):
        return digits[3:] if digits.startswith("+81") else None
    # 010 is the way out of Japan, 00 that of most other countries.
    for way_out in ("010", "00"):
        if digits.startswith(way_out) and len(digits) >= 12:
            abroad = digits.removeprefix(way_out)
            return abroad.removeprefix("81") if abroad.startswith("81") else None
    # Without a + only what is then exactly a mobile number: 81… is also the start of a domestic number.
    if digits.startswith("81") and _NATIONAL.fullmatch("0" + digits[2:].removeprefix("0")):
        return digits[2:]
    return digits


def _refusal_of(national: str) -> NumberRefusal:
    if national.startswith("020") and len(national) in (11, 14):
        return NumberRefusal.MACHINE
    mobile_prefix = national[:3] in ("060", "070", "080", "090")
    if national.startswith("0") and len(national) in (10, 11):
        # Ten digits behind a mobile prefix lack one, eleven are a block nobody has (0800 is toll-free).
        short = mobile_prefix and len(national) == 10
        return NumberRefusal.WRONG_LENGTH if short else NumberRefusal.NOT_MOBILE
    if mobile_prefix:
        return NumberRefusal.WRONG_LENGTH
    try:
        number = phonenumbers.parse(national, "JP")
    except phonenumbers.NumberParseException:
        return NumberRefusal.WRONG_LENGTH
    # What is left is, for one, a landline that lost its zero.
    valid = phonenumbers.is_valid_number(number)
    return NumberRefusal.NOT_MOBILE if valid else NumberRefusal.WRONG_LENGTH


@cache  # at most 36,000 blocks of mobile numbers
def _carrier_of_block(block: str) -> Carrier | None:
    if not _NATIONAL.fullmatch(block.ljust(11, "0")):
        return None
    number = phonenumbers.PhoneNumber(country_code=81, national_number=int(block.ljust(11, "0")))
    return _CARRIER_NAMES.get(number_blocks.name_for_number(number, "en"))
