"""Phone numbers and senders as SMPP addresses, and back."""

import re

from gateways.smpp.bodies import Address
from gateways.smpp.profiles import DestinationForm, SmppProfile

_NATIONAL = re.compile(r"0[0-9]{9,10}")
_INTERNATIONAL = re.compile(r"\+?81([1-9][0-9]{8,9})")
_NUMERIC_SENDER = re.compile(r"[0-9]{1,20}")
_INTERNATIONAL_SENDER = re.compile(r"\+[0-9]{1,20}")
# GSM 03.40 allows 11 seven-bit characters in an alphanumeric originating address.
_ALPHANUMERIC_SENDER = re.compile(r"[\x20-\x7e]{1,11}")


class InvalidAddress(ValueError):
    """A number or sender that no SMSC would take; the message tells no digits."""


def destination_address(phone_number: str, form: DestinationForm) -> Address:
    """Return destination_addr for a national number (11 digits). Raises ``InvalidAddress``."""
    if not _NATIONAL.fullmatch(phone_number):
        raise InvalidAddress("not a national phone number")
    if form is DestinationForm.NATIONAL:
        return Address(2, 1, phone_number)
    return Address(1, 1, "81" + phone_number[1:])


def sender_address(sender: str, profile: SmppProfile) -> Address:
    """Return source_addr: digits are numeric, +digits international, all else alphanumeric.

    Raises ``InvalidAddress`` for an empty sender, one over 11 characters or not ASCII.
    """
    if _NUMERIC_SENDER.fullmatch(sender):
        return Address(*profile.numeric_sender, sender)
    if _INTERNATIONAL_SENDER.fullmatch(sender):
        return Address(1, 1, sender[1:])
    if _ALPHANUMERIC_SENDER.fullmatch(sender):
        return Address(*profile.alphanumeric_sender, sender)
    raise InvalidAddress("a sender is 1-20 digits or 1-11 ASCII characters")


def national_number(addr: str) -> str | None:
    """Return a received address (``8190…``, ``+8190…``, ``090…``) as a national number, else ``None``."""
    if match := _INTERNATIONAL.fullmatch(addr):
        return "0" + match[1]
    return addr if _NATIONAL.fullmatch(addr) else None
