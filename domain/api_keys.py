"""What an API key may do, and from where (C-1)."""

import ipaddress
from collections.abc import Iterable
from enum import StrEnum

MAX_KEY_NAME_CHARACTERS = 50
MAX_NETWORKS = 50
_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class KeyScope(StrEnum):
    """What a program may do with its key. ``SEND`` may also read."""

    READ = "read"
    SEND = "send"


class KeyRefusal(StrEnum):
    """Why a known key does not open this door."""

    SCOPE = "scope"
    ADDRESS = "address"


def scope_needed(method: str) -> KeyScope:
    """Return what a request takes: all but plain reading can send, so a new route is safe by default."""
    return KeyScope.READ if method in _READING_METHODS else KeyScope.SEND


def key_refusal(
    scope: KeyScope, networks: Iterable[str], method: str, address: str | None
) -> KeyRefusal | None:
    """Return why a request with a key is refused, ``None`` if it is not. No networks: from anywhere."""
    allowed = [_network(network) for network in networks]
    found = _address(address)
    if allowed and (found is None or not any(found in network for network in allowed)):
        return KeyRefusal.ADDRESS
    if scope_needed(method) is KeyScope.SEND and scope is not KeyScope.SEND:
        return KeyRefusal.SCOPE
    return None


def read_networks(text: str) -> tuple[list[str], list[str]]:
    """Return the networks of a text, one a line or with commas between, and what is none.

    A single address is a network of one; host bits are dropped, so 192.0.2.7/24 is 192.0.2.0/24, and so is
    ::ffff:192.0.2.7/120.
    """
    networks: list[str] = []
    wrong: list[str] = []
    for word in text.replace(",", " ").replace("、", " ").split():
        try:
            network = str(_network(word))
        except ValueError:
            wrong.append(word)
        else:
            if network not in networks:
                networks.append(network)
    return networks, wrong


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Return a network; IPv4 written as IPv6 is IPv4, as ``_address`` has it. Raises ``ValueError``."""
    network = ipaddress.ip_network(text, strict=False)
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= 96:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return ipaddress.IPv4Network((mapped, network.prefixlen - 96))
    return network


def _address(address: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
