"""How often somebody may try or ask: token buckets for strangers, and for programs with a key."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket of ``burst`` tokens that gets a new one every ``refill_seconds``."""

    burst: int
    refill_seconds: float


class LimitKind(StrEnum):
    """What is counted. Each kind of each key has a bucket of its own."""

    # Of one network address; sign-ins that succeed are given back, so an office behind one address can work.
    SIGN_IN = "sign_in"
    # Asking for a reset, and trying its code, from one address.
    RESET = "reset"
    # Reset mails to one login id, whether or not it exists, asked for from one address.
    RESET_MAIL = "reset_mail"
    # The same from all addresses but those its owner signed in from: nobody's mailbox is flooded. Whenever it
    # is empty, a code that was mailed minutes ago is good.
    RESET_MAIL_OF_ALL = "reset_mail_of_all"
    # Tries of one code from one address (C-3). It never fills up while the code lives.
    RESET_CODE = "reset_code"
    # Notices of one kind to one user; codes an administrator sends to one user; invitations of one company.
    NOTICE_MAIL = "notice_mail"
    ISSUER_MAIL = "issuer_mail"
    INVITATION = "invitation"
    # Pages a person's role may not open: entries of the trail, and one for all further ones of the hour.
    REFUSED_PAGE = "refused_page"
    REFUSED_PAGES = "refused_pages"
    # Wrong API keys and wrong tokens of callbacks, from one address; right ones are never counted.
    WRONG_KEY = "wrong_key"
    # Requests of a company's programs, all of its keys together.
    API_REQUEST = "api_request"


LIMITS: dict[LimitKind, Limit] = {
    LimitKind.SIGN_IN: Limit(60, 6),
    LimitKind.RESET: Limit(20, 30),
    LimitKind.RESET_MAIL: Limit(3, 10 * 60),
    LimitKind.RESET_MAIL_OF_ALL: Limit(10, 5 * 60),
    LimitKind.RESET_CODE: Limit(5, 24 * 60 * 60),
    LimitKind.NOTICE_MAIL: Limit(5, 10 * 60),
    LimitKind.ISSUER_MAIL: Limit(3, 10 * 60),
    LimitKind.INVITATION: Limit(100, 30),
    LimitKind.REFUSED_PAGE: Limit(20, 3 * 60),
    LimitKind.REFUSED_PAGES: Limit(1, 60 * 60),
    LimitKind.WRONG_KEY: Limit(60, 2),
    # 20 a second all day: a message for each request would fill the largest contract almost twice.
    LimitKind.API_REQUEST: Limit(1_200, 0.05),
}

REGISTRATIONS_AT_ONCE = 8
"""Registrations of one company that one process works on at a time; each holds one of its connections."""

REGISTRATIONS_WAITING = 100
"""Further ones of that company that wait for their turn, before anything of them is read."""

# Of sign-ins with login ids nobody has, our own staff's trail takes so many an hour: a flood fills no trail.
UNKNOWN_LOGINS_NOTED = 100
UNKNOWN_LOGINS_NOTED_OF_ADDRESS = 10


def is_unknown_login_noted(address: str | None, noted_from: Sequence[str | None]) -> bool:
    """Whether one more belongs into the trail, given the addresses of those of the last hour.

    One address cannot use up what is there for all, so that others are still seen beside it.
    """
    if len(noted_from) >= UNKNOWN_LOGINS_NOTED:
        return False
    own = address_key(address)
    return sum(address_key(other) == own for other in noted_from) < UNKNOWN_LOGINS_NOTED_OF_ADDRESS


def address_key(address: str | None) -> str:
    """Return what one customer of a network is known by: an IPv4 address, the /64 of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
