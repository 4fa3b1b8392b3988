"""Message ids as SMSCs write them, in the one form in which they are kept and looked up.

A submit_sm_resp, a receipt's TLV and a receipt's text name the same message; each may pad the id or write it
in another base. All three are read here, so that one id has one form (docs/carriers.md §1.1). Letters keep
their case and zeros stay in front unless the profile says that ids are numbers: elsewhere two ids that
differ in these may be two messages. Which of them are one after all is found out from what is on record
(``services/receipt_likeness.py``).
"""

import re

# Blanks, NULs and other control characters.
PADDING = "".join(map(chr, range(0x21))) + "\x7f\xa0\u3000\ufeff"
_NOT_PRINTABLE = re.compile(r"[^\x20-\x7e\x80-\U0010ffff]|[\x80-\x9f\ud800-\udfff]")


def message_id(written: str, base: int | None) -> str:
    """Return an id as it is kept: without padding, and in decimal if it is a number of ``base``.

    Nothing but plain digits is a number: no sign, no ``0x``, no blank, and no script but ASCII. Empty where
    nothing was written.
    """
    bare = printable(written.strip(PADDING))
    if base is None or not bare.isascii() or not bare.isalnum():
        return bare
    try:
        return str(int(bare, base))
    except ValueError:
        return bare


def is_readable(written: str) -> bool:
    """Whether an id consists of what ids are made of: printable ASCII, once its padding is off."""
    bare = written.strip(PADDING)
    return bool(bare) and bare.isascii() and bare.isprintable()


def printable(value: str) -> str:
    """Return ``value`` with control characters and lone surrogates escaped, fit for a database and a log."""
    return _NOT_PRINTABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", value)
