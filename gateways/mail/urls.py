"""The address of a mail relay as one setting."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit


class MailEncryption(StrEnum):
    """How the way to the relay is encrypted."""

    TLS = "tls"
    STARTTLS = "starttls"
    # For a relay on the own machine and for catchers.
    NONE = "none"


_PORTS = {MailEncryption.TLS: 465, MailEncryption.STARTTLS: 587, MailEncryption.NONE: 25}


@dataclass(frozen=True, slots=True)
class MailRelay:
    """Where mails are handed in, and as whom."""

    host: str
    port: int
    encryption: MailEncryption
    user: str | None
    password: str | None


def parse_smtp_url(url: str) -> MailRelay:
    """Read ``smtps://user:password@host:465`` (TLS from the start) or ``smtp://…:587`` (STARTTLS, required).

    ``?encryption=none`` sends in the clear. Raises ``ValueError`` for anything else.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("SMTP_URL must look like smtps://user:password@host:port")
    usual = MailEncryption.TLS if parts.scheme == "smtps" else MailEncryption.STARTTLS
    encryption = MailEncryption(parse_qs(parts.query).get("encryption", [usual.value])[0])
    return MailRelay(
        parts.hostname,
        parts.port or _PORTS[encryption],
        encryption,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )
