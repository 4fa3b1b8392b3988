"""The mails that came in: one file each, the newest few hundred."""

import itertools
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path


@dataclass(frozen=True)
class CaughtMail:
    """A mail as a reader sees it; `copies` is how often it came under the same Message-ID."""

    number: int
    received_at: datetime
    message_id: str
    sender: str
    recipient: str
    subject: str
    text: str
    copies: int = 1


class Mailbox:
    """All mails by Message-ID: a mail that comes twice is shown once, as real programs do."""

    def __init__(self, folder: Path, kept: int) -> None:
        self._folder = folder
        self._kept = kept
        self._mails: OrderedDict[str, CaughtMail] = OrderedDict()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def load(self) -> None:
        """Read what an earlier run left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        number = 0
        for path in sorted(self._folder.glob("*.eml")):
            number = int(path.stem)
            self._note(number, path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC))
        self._numbers = itertools.count(number + 1)

    def take(self, content: bytes) -> None:
        """Keep a mail, on disk before anybody is told that it came."""
        with self._lock:
            mail = self._note(next(self._numbers), content, datetime.now(UTC))
            draft = self._folder / f"{mail.number:08d}.new"
            draft.write_bytes(content)
            draft.replace(draft.with_suffix(".eml"))
            for path in sorted(self._folder.glob("*.eml"))[: -self._kept]:
                path.unlink()

    def mails(self) -> list[CaughtMail]:
        """All of them, the newest first."""
        with self._lock:
            return list(reversed(self._mails.values()))

    def mail(self, number: int) -> CaughtMail | None:
        """One of them."""
        return next((mail for mail in self.mails() if mail.number == number), None)

    def _note(self, number: int, content: bytes, received_at: datetime) -> CaughtMail:
        message = message_from_bytes(content, policy=default)
        body = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
        message_id = str(message.get("Message-ID", f"none-{number}"))
        known = self._mails.pop(message_id, None)
        mail = CaughtMail(
            number,
            received_at,
            message_id,
            str(message.get("From", "")),
            str(message.get("To", "")),
            str(message.get("Subject", "")),
            str(body.get_content()) if body is not None else "",
            known.copies + 1 if known else 1,
        )
        self._mails[message_id] = mail
        while len(self._mails) > self._kept:
            self._mails.popitem(last=False)
        return mail
