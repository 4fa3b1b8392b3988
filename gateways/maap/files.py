"""Files on a MaaP: the body of an upload, and what the platform says of a file (docs/carriers.md §2)."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from domain.carrier_exchange import LONGEST_MESSAGE_ID
from domain.rcs_content_limits import MAX_MEDIA_BYTES
from domain.rcs_contents import MediaType
from domain.rcs_files import FileAnswer, FileState, FileUpload, MediaFile
from gateways.maap.bodies import utc_text
from gateways.maap.readings import storable_text, utc_time
from gateways.maap.transport import Answer, CallError

_STATES = {
    "pending": FileState.PENDING,
    "ready": FileState.READY,
    "failed": FileState.FAILED,
}
_EXTENSIONS = {MediaType.GIF: "gif", MediaType.JPEG: "jpg", MediaType.PNG: "png", MediaType.MP4: "mp4"}
_MAX_CODE_LENGTH = 64
_MAX_URL_LENGTH = 2_048


def is_uploadable(upload: FileUpload) -> bool:
    """Whether the file has a size that platforms take (R-2)."""
    return 0 < len(upload.content) <= MAX_MEDIA_BYTES


def upload_body(upload: FileUpload) -> tuple[str, bytes]:
    """Return content type and body of ``POST …/files``: ``fileType``, ``until``, ``fileContent``.

    Raises ``ValueError`` for a ``keep_until`` without a time zone (a bug of the caller).
    """
    # 128 random bits: no file holds them by accident.
    boundary = secrets.token_hex(16)
    fields = {"fileType": upload.media_type.value, "until": utc_text(upload.keep_until)}
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    name = f"file.{_EXTENSIONS[upload.media_type]}"
    head += (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="fileContent"; filename="{name}"\r\n'
        f"Content-Type: {upload.media_type.value}\r\n\r\n"
    )
    body = head.encode() + upload.content + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body


def file_answer(answer: Answer) -> FileAnswer:
    """Read the answer to an upload or to a question about a file."""
    if answer.status in (200, 201, 202):
        file = media_file(answer.content)
        # Without an id nothing can be said about the file again: uploaded once more, it gets one.
        return FileAnswer(file) if file else FileAnswer(None, "NO_FILE_ID", retryable=True)
    retryable = answer.status in (401, 408, 429) or answer.status >= 500
    return FileAnswer(None, answer.reason_code or str(answer.status), retryable)


def failed_file_call(failure: CallError) -> FileAnswer:
    """A request about a file without an answer."""
    return FileAnswer(None, failure.code, retryable=True)


def media_file(content: dict[str, Any]) -> MediaFile | None:
    """Read ``{"fileId","status","fileUrl","fileSize","validity"}``, also one level down in ``file``."""
    inner = content.get("file")
    described: dict[str, Any] = content | inner if isinstance(inner, dict) else content
    file_id = storable_text(described.get("fileId"))
    if file_id is None or len(file_id) > LONGEST_MESSAGE_ID:
        return None
    word = storable_text(described.get("status")) or ""
    state = _STATES.get(word.strip().casefold(), FileState.UNKNOWN)
    url = _web_url(described.get("fileUrl"))
    if state is FileState.READY and url is None:
        state = FileState.UNKNOWN
    size = described.get("fileSize")
    return MediaFile(
        file_id=file_id,
        state=state,
        url=url,
        size=size if type(size) is int and 0 < size <= MAX_MEDIA_BYTES else None,
        valid_until=utc_time(described.get("validity")),
        carrier_code=_code(described, word) if state in (FileState.FAILED, FileState.UNKNOWN) else None,
    )


def _code(described: dict[str, Any], word: str) -> str | None:
    reason = described.get("reason")
    code = storable_text(reason.get("code")) if isinstance(reason, dict) else storable_text(reason)
    return (code or word)[:_MAX_CODE_LENGTH] or None


def _web_url(value: Any) -> str | None:
    url = storable_text(value)
    if url is None or len(url) > _MAX_URL_LENGTH or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None
