"""The address of an SMSC: ``smpp://system_id:password@host:port``."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

# IANA's port for SMPP.
DEFAULT_PORT = 2775


@dataclass(frozen=True, slots=True)
class SmppAddress:
    """Where an SMSC listens and how we log in there."""

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)


def parse_smpp_url(url: str) -> SmppAddress:
    """Read ``smpp://system_id:password@host:port``; both parts of the login are percent-encoded.

    Raises ``ValueError`` that never quotes the URL, since it holds the password.
    """
    parts = urlsplit(url)
    if parts.scheme != "smpp":
        raise ValueError("an SMPP URL starts with smpp://")
    try:
        port = parts.port or DEFAULT_PORT
    except ValueError:
        # urllib's own words quote what it read as the port, possibly a piece of the password.
        raise ValueError("the port of an SMPP URL is 1-65535; percent-encode :/@ in the login") from None
    if not parts.hostname or not parts.username:
        raise ValueError("an SMPP URL needs system_id and host")
    return SmppAddress(
        host=parts.hostname,
        port=port,
        system_id=unquote(parts.username),
        password=unquote(parts.password or ""),
    )
