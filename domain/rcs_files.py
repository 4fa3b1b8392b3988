"""Media put on a carrier's platform, for cards and file messages to point at (R-2)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.carriers import Carrier
from domain.rcs_contents import MediaType


class FileState(StrEnum):
    """What a platform says of a file. Only a ``READY`` one has an address."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"
    # A word we do not know, or "ready" without an address.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FileUpload:
    """A file to put on a platform, which keeps it until ``keep_until`` (with a time zone)."""

    media_type: MediaType
    content: bytes = field(repr=False)
    keep_until: datetime


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file as a platform tells of it. ``size`` in bytes; ``carrier_code`` is its own word for a failure."""

    file_id: str
    state: FileState
    url: str | None = None
    size: int | None = None
    valid_until: datetime | None = None
    carrier_code: str | None = None


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """The answer to a request about a file: the file, or why there is none.

    ``retryable``: asking again may help. It does no harm: a second copy of a file is never seen by anybody.
    """

    file: MediaFile | None
    carrier_code: str | None = None
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class MediaFileEvent:
    """A platform's report on a file that was uploaded: usable from now on, or refused."""

    carrier: Carrier
    bot_id: str | None
    file: MediaFile
    raw: str = field(default="", repr=False)
