"""Hands mails to a relay over SMTP, each under a Message-ID that never changes."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from enum import StrEnum
from uuid import UUID

import aiosmtplib

from domain.mails import MailContent
from gateways.mail.urls import MailEncryption, parse_smtp_url

# For one whole hand-over; less than the activity's own limit.
TIMEOUT_SECONDS = 30.0
SENDER_NAME = "メッセージ配信ポータル"


class MailOutcome(StrEnum):
    """What the relay said."""

    ACCEPTED = "accepted"
    # For good: the address or the mail is refused.
    REFUSED = "refused"
    # Not now, or nobody knows: it is tried again under the same Message-ID.
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class MailAnswer:
    """The relay's answer. ``code`` is SMTP's number or a word of ours; never an address."""

    outcome: MailOutcome
    code: str | None = None


class MailClient:
    """One relay. Mails are few: each is a connection of its own."""

    def __init__(self, smtp_url: str, mail_from: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._relay = parse_smtp_url(smtp_url)
        self._from = parseaddr(mail_from)[1]
        if "@" not in self._from:
            raise ValueError("MAIL_FROM must be a mail address")
        self._timeout_seconds = timeout_seconds

    async def send(
        self, mail_id: UUID, address: str, content: MailContent, written_at: datetime
    ) -> MailAnswer:
        """Hand one mail over; never raises for what the relay does.

        Repeating it is harmless as far as that is possible with SMTP: id, date and text stay the same, so
        receivers that know the Message-ID show the mail once.
        """
        relay = self._relay
        message = build_message(mail_id, self._from, address, content, written_at)
        try:
            await aiosmtplib.send(
                message,
                sender=self._from,
                recipients=[address],
                hostname=relay.host,
                port=relay.port,
                username=relay.user,
                password=relay.password,
                use_tls=relay.encryption is MailEncryption.TLS,
                start_tls=relay.encryption is MailEncryption.STARTTLS,
                timeout=self._timeout_seconds,
            )
        except aiosmtplib.SMTPException as error:
            return _answer_of(error)
        except (OSError, ValueError) as error:
            return MailAnswer(MailOutcome.FAILED, type(error).__name__)
        return MailAnswer(MailOutcome.ACCEPTED)


def build_message(
    mail_id: UUID, mail_from: str, address: str, content: MailContent, written_at: datetime
) -> EmailMessage:
    """Return the mail as it goes over the wire: the same bytes for the same row, whenever it is built."""
    message = EmailMessage()
    message["From"] = Address(SENDER_NAME, addr_spec=mail_from)
    message["To"] = Address(addr_spec=address)
    message["Subject"] = content.subject
    message["Date"] = format_datetime(written_at)
    message["Message-ID"] = f"<{mail_id}@{mail_from.rpartition('@')[2]}>"
    # No answers of absence assistants, please.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(content.text, cte="base64")
    return message


def _answer_of(error: aiosmtplib.SMTPException) -> MailAnswer:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    # Wrong credentials are ours to mend, and the mail goes out afterwards.
    if isinstance(error, aiosmtplib.SMTPAuthenticationError) or not isinstance(
        error, aiosmtplib.SMTPResponseException
    ):
        return MailAnswer(MailOutcome.FAILED, type(error).__name__)
    outcome = MailOutcome.REFUSED if 500 <= error.code < 600 else MailOutcome.FAILED
    return MailAnswer(outcome, str(error.code))
