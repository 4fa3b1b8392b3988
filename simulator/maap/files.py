"""File upload of the MaaP: taken now, announced by a fileStatus event, served until it expires."""

import json
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from simulator.maap.errors import MaapError, bad_request
from simulator.maap.validation import MAX_MEDIA_BYTES, MEDIA_TYPES
from simulator.maap.webhooks import Webhooks
from simulator.messages import iso

# What a file of each type begins with (an MP4 has its mark four bytes later).
_MARKS = {
    "image/gif": (0, b"GIF8"),
    "image/jpeg": (0, b"\xff\xd8\xff"),
    "image/png": (0, b"\x89PNG"),
    "video/mp4": (4, b"ftyp"),
}
_DAY = 86_400.0
_LONGEST = 90 * _DAY


class Files:
    """Uploaded files of all carriers, on disk as <id>.bin with <id>.json beside it."""

    def __init__(self, folder: Path, webhooks: Webhooks, base_url: Callable[[], str]) -> None:
        self._folder = folder
        self._webhooks = webhooks
        self._base_url = base_url

    def add(self, carrier: str, bot_id: str, file_type: str, until: str, content: bytes) -> dict[str, object]:
        """Store a file; the JSON of the 202. Raises MaapError 400.

        until: RFC 3339, empty = one day. content: at most 5 MB.
        """
        if file_type not in MEDIA_TYPES:
            raise bad_request("fileType must be image/gif, image/jpeg, image/png or video/mp4")
        if not 0 < len(content) <= MAX_MEDIA_BYTES:
            raise bad_request(f"fileContent must be 1 to {MAX_MEDIA_BYTES} bytes")
        expires = _expiry(until)
        file_id = secrets.token_hex(12)
        known = {
            "carrier": carrier,
            "bot": bot_id,
            "type": file_type,
            "size": len(content),
            "expires": expires,
            "status": "ready" if _is_what_it_says(file_type, content) else "failed",
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{file_id}.bin").write_bytes(content)
        (self._folder / f"{file_id}.json").write_text(json.dumps(known))
        described = self._described(file_id, known)
        event = {"event": "fileStatus", "file": described, "botId": bot_id}
        self._webhooks.publish(carrier, file_id, json.dumps(event, separators=(",", ":")))
        return {"fileId": file_id, "fileSize": len(content), "validity": iso(expires), "status": "pending"}

    def describe(self, carrier: str, bot_id: str, file_id: str) -> dict[str, object]:
        """What `GET …/files/{fileId}` answers. Raises MaapError 404: unknown, expired, another bot's."""
        return self._described(file_id, self._of_bot(carrier, bot_id, file_id))

    def delete(self, carrier: str, bot_id: str, file_id: str) -> None:
        """Forget a file. Raises MaapError 404 as `describe`."""
        self._of_bot(carrier, bot_id, file_id)
        for suffix in ("json", "bin"):
            (self._folder / f"{file_id}.{suffix}").unlink(missing_ok=True)

    def get(self, file_id: str) -> tuple[str, bytes]:
        """Media type and content. Raises MaapError 404 when unknown, expired or not ready."""
        known = self._known(file_id)
        if known["status"] != "ready":
            raise MaapError(404, 404, "the file could not be read")
        return known["type"], (self._folder / f"{file_id}.bin").read_bytes()

    def _described(self, file_id: str, known: dict[str, Any]) -> dict[str, object]:
        described: dict[str, object] = {
            "fileId": file_id,
            "fileSize": known["size"],
            "validity": iso(known["expires"]),
            "status": known["status"],
        }
        if known["status"] == "ready":
            return described | {"fileUrl": f"{self._base_url()}/maap/{known['carrier']}/content/{file_id}"}
        return described | {"reason": {"code": 415, "text": "fileContent is not of the type fileType says"}}

    def _of_bot(self, carrier: str, bot_id: str, file_id: str) -> dict[str, Any]:
        known = self._known(file_id)
        if (known.get("carrier"), known.get("bot")) != (carrier, bot_id):
            raise MaapError(404, 404, "no such file")
        return known

    def _known(self, file_id: str) -> dict[str, Any]:
        facts = self._folder / f"{file_id}.json"
        if not file_id.isalnum() or not facts.exists():
            raise MaapError(404, 404, "no such file")
        known: dict[str, Any] = json.loads(facts.read_text())
        if known["expires"] < time.time():
            raise MaapError(404, 404, "the file has expired")
        return known


def _is_what_it_says(file_type: str, content: bytes) -> bool:
    start, mark = _MARKS[file_type]
    return content[start : start + len(mark)] == mark


def _expiry(until: str) -> float:
    if not until:
        return time.time() + _DAY
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        raise bad_request("until must be an RFC 3339 date-time") from None
    if moment.tzinfo is None or not 0 < moment.timestamp() - time.time() <= _LONGEST:
        raise bad_request("until must carry a time zone and lie within 90 days")
    return moment.timestamp()
