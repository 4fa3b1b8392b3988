"""Japanese mobile numbers: the one form used inside the simulator is 11 national digits."""

import re

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
