"""Codes people type: TOTP of an authenticator (RFC 6238), backup codes, codes of mails (C-2, C-3)."""

import base64
import hashlib
import hmac
import struct
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

TOTP_DIGITS = 6
TOTP_STEP_SECONDS = 30
TOTP_SECRET_BYTES = 20
# A clock that is one step off, either way.
_TOTP_STEPS_AROUND = 1

# Crockford's alphabet: 32 signs, none of which looks like another.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKS_LIKE = str.maketrans("OIL", "011")
_GROUP = 4
RESET_CODE_SIGNS = 12  # of 5 bits each, three groups of four: 60 bits
BACKUP_CODE_SIGNS = 12
TEMPORARY_PASSWORD_SIGNS = 16
BACKUP_CODES = 10
# As people type them, with spaces and signs between.
MAX_CODE_CHARACTERS = 64

Choose = Callable[[int], int]


def new_code(signs: int, choose: Choose) -> str:
    """Return a random code in groups of four, ``ABCD-EFGH-JKMN``; ``choose`` is ``secrets.randbelow``."""
    drawn = "".join(_ALPHABET[choose(len(_ALPHABET))] for _ in range(signs))
    return "-".join(drawn[at : at + _GROUP] for at in range(0, signs, _GROUP))


def plain_code(typed: str) -> str:
    """Return what was meant: capitals, without groups and spaces, O read as 0, I and L as 1."""
    kept = "".join(sign for sign in typed.upper() if sign.isascii() and sign.isalnum())
    return kept.translate(_LOOKS_LIKE)


def totp_code(secret: bytes, step: int) -> str:
    """Return the code of one step (RFC 4226, SHA-1, six digits)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    offset = digest[-1] & 0x0F
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**TOTP_DIGITS:0{TOTP_DIGITS}d}"


def matching_step(secret: bytes, typed: str, now: datetime, last_step: int) -> int | None:
    """Return the step whose code was typed, ``None`` if it is wrong or not later than ``last_step``.

    Each step counts once: a code that somebody looked at over a shoulder is worth nothing afterwards.
    """
    digits = "".join(str(int(sign)) for sign in typed if sign.isdecimal())
    current = int(now.timestamp()) // TOTP_STEP_SECONDS
    found = None
    for step in range(current - _TOTP_STEPS_AROUND, current + _TOTP_STEPS_AROUND + 1):
        if hmac.compare_digest(totp_code(secret, step), digits) and step > last_step:
            found = step
    return found


def secret_in_text(secret: bytes) -> str:
    """Return an authenticator's secret as people type it: Base32 in groups of four."""
    plain = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(plain[at : at + _GROUP] for at in range(0, len(plain), _GROUP))


def provisioning_uri(secret: bytes, login_id: str, issuer: str) -> str:
    """Return what the QR code of an authenticator says."""
    plain = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{quote(login_id)}?secret={plain}&issuer={quote(issuer)}&digits={TOTP_DIGITS}&period=30"
