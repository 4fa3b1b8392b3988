"""The address of an SMSC: ``smpp://system_id:password@host:port``, ``smpps://…`` with TLS around it."""

import ssl
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qs, unquote, urlsplit

# IANA's ports for SMPP and for SMPP with TLS.
DEFAULT_PORTS = {"smpp": 2775, "smpps": 3550}


@dataclass(frozen=True, slots=True)
class SmppAddress:
    """Where an SMSC listens and how we log in there.

    ``is_secure``: TLS from the first byte on; ``ca_file`` holds who may vouch for the SMSC, else those the
    system trusts do.
    """

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    is_secure: bool = False
    ca_file: str | None = None


def parse_smpp_url(url: str) -> SmppAddress:
    """Read ``smpp://system_id:password@host:port``; both parts of the login are percent-encoded.

    ``smpps://…`` asks for TLS, ``smpps://…?ca=/path/of/ca.pem`` with a certificate of the carrier's own.
    Raises ``ValueError`` that never quotes the URL, since it holds the password.
    """
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("an SMPP URL starts with smpp:// or smpps://")
    is_secure = parts.scheme == "smpps"
    if parts.query and not (is_secure and set(parse_qs(parts.query)) == {"ca"}):
        raise ValueError("the one option of an SMPP URL is smpps://…?ca=…")
    try:
        port = parts.port or DEFAULT_PORTS[parts.scheme]
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
        is_secure=is_secure,
        ca_file=parse_qs(parts.query)["ca"][0] if parts.query else None,
    )


@cache
def tls_context(address: SmppAddress) -> ssl.SSLContext | None:
    """Return what checks the SMSC's certificate and its host name; ``None`` for an address without TLS.

    Raises ``OSError`` where the file of the address cannot be read or holds no certificate.
    """
    return ssl.create_default_context(cafile=address.ca_file) if address.is_secure else None
