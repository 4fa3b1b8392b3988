"""Japanese mobile numbers: the one form used inside the simulator is 11 national digits."""

import re
from functools import cache

import phonenumbers
from phonenumbers import carrier as number_blocks

_MOBILE = re.compile(r"0[5-9]0\d{8}", re.ASCII)
_SEPARATORS = str.maketrans("", "", " -()")


def national(raw: str) -> str | None:
    """Turn "+819012345678", "819012345678" or "090-1234-5678" into "09012345678"; else None."""
    digits = raw.translate(_SEPARATORS)
    if digits.startswith("+"):
        digits = digits[1:]
        if not digits.startswith("81"):
            return None
    if len(digits) == 12 and digits.startswith("81"):
        digits = "0" + digits[2:]
    return digits if _MOBILE.fullmatch(digits) else None


def international(number: str) -> str:
    """Turn the national form "09012345678" into E.164, "+819012345678"."""
    return "+81" + number[1:]


# How the public numbering data names the operators (English is the only language it has for Japan).
_OPERATORS = {
    "NTT Docomo": "docomo",
    "KDDI": "au",
    "Okinawa Cellular": "au",
    "Softbank": "softbank",
    "Rakuten Communications": "rakuten",
    "Rakuten Mobile": "rakuten",
}


def block_assignee(number: str) -> str | None:
    """Return the carrier that the number's block was given to by public numbering data, if known."""
    return _assignee(number[:7])


@cache  # one entry per block of 10,000 numbers
def _assignee(block: str) -> str | None:
    number = phonenumbers.PhoneNumber(country_code=81, national_number=int(block.ljust(11, "0")))
    return _OPERATORS.get(number_blocks.name_for_number(number, "en"))
