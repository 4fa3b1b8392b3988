"""What the check of a campaign found, and the word by which a later check tells what has changed since."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from domain.campaigns import CampaignContent, ProblemFound
from domain.prices import PriceLine
from domain.recipient_files import RowErrorCode
from services.check_samples import SampleRow
from services.recipient_uploads import ErrorRow

_PIECE = 12


class CheckChange(StrEnum):
    """What is another one than when a check was shown."""

    NAME = "name"
    TEXT = "text"
    SETTINGS = "settings"
    LIST = "list"
    RECIPIENTS = "recipients"
    PRICE = "price"


class CheckWarning(StrEnum):
    """Something to think about that does not stop the registration."""

    # More than 10,000 messages: the carriers want to know beforehand (S-7, R-11).
    NOTICE_THRESHOLD = "notice_threshold"
    # Some of it goes out between 21:00 and 08:00 JST.
    NIGHT = "night"
    ROWS_REJECTED = "rows_rejected"
    # Rows that a sheet hides, by a filter or by hand, and that nobody asked to take (P-11).
    ROWS_HIDDEN = "rows_hidden"
    RECIPIENTS_OPTED_OUT = "recipients_opted_out"


@dataclass(frozen=True, slots=True)
class CampaignCheck:
    """Everything the check page shows.

    ``valid_rows`` are registered as messages; ``recipients`` of them would be sent to as things stand
    (without opted-out ones, if those are excluded); the opt-out list may still grow until the send
    (O-3). ``parts_total`` are SMS parts of these recipients, ``second_parts_total`` those of their second
    messages if all are set off (P-7, P-8), ``max_yen`` what it costs at most, without tax, rounded
    down. ``token`` stands for all of it: registration wants it back.
    ``needs_check``: the rows have not been checked against these texts, so there are no numbers.
    """

    content: CampaignContent
    upload_id: UUID | None
    problems: tuple[ProblemFound, ...]
    needs_check: bool = True
    checked_at: datetime | None = None
    valid_rows: int = 0
    rejected_rows: int = 0
    rejected: Mapping[RowErrorCode, int] | None = None
    repairs: Mapping[str, int] | None = None
    rows_left: int = 0
    hidden_rows: int = 0
    opted_out: int = 0
    recipients: int = 0
    parts_total: int = 0
    second_parts_total: int = 0
    longest_characters: int = 0
    price_lines: tuple[PriceLine, ...] = ()
    max_yen: int = 0
    samples: tuple[SampleRow, ...] = ()
    errors: tuple[ErrorRow, ...] = ()
    warnings: tuple[CheckWarning, ...] = ()
    starts_at: datetime | None = None
    earliest_end: datetime | None = None
    fingerprint: str = ""

    @property
    def can_be_registered(self) -> bool:
        """Whether nothing stands against it."""
        return not self.problems and not self.needs_check

    @property
    def token(self) -> str:
        """A word that is another one as soon as content, rows, exclusions or price are others.

        It has a piece for every ``CheckChange``, so that a check can tell what differs from an older one.
        """
        pieces = [
            repr(part).encode("utf-8", "replace") for part in (*self._parts().values(), self.fingerprint)
        ]
        return "".join(hashlib.sha256(piece).hexdigest()[:_PIECE] for piece in pieces)

    def changes_since(self, token: str) -> tuple[CheckChange, ...]:
        """Return what is another one than when ``token`` was shown; everything, if it never was."""
        pieces = [slice(at, at + _PIECE) for at in range(0, len(self.token), _PIECE)]
        differs = [self.token[piece] != token[piece] for piece in pieces]
        found = [change for change, is_other in zip(self._parts(), differs, strict=False) if is_other]
        # Rows are checked against the texts; with the same ones, it is the list that is read in another way.
        if differs[-1] and not {CheckChange.TEXT, CheckChange.LIST} & {*found}:
            found.append(CheckChange.LIST)
        return tuple(found)

    def _parts(self) -> dict[CheckChange, object]:
        content, send_at = self.content, self.content.send_at
        settings = (send_at and send_at.astimezone(UTC), content.carriers, content.exclude_opt_outs)
        return {
            CheckChange.NAME: content.name,
            CheckChange.TEXT: (content.channel_plan, content.sms_text, content.rcs_text, content.follow_up),
            CheckChange.SETTINGS: (*settings, content.recycling_reference_on, content.unread),
            CheckChange.LIST: self.upload_id,
            CheckChange.RECIPIENTS: self.recipients,
            CheckChange.PRICE: self.max_yen,
        }
