"""File upload of the MaaP: taken now, announced by a fileStatus event, served until it expires."""

import json
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from simulator.maap.errors import MaapError, bad_request
from simulator.maap.validation import MAX_MEDIA_BYTES
from simulator.maap.webhooks import Webhooks
from simulator.messages import iso

_TYPES = frozenset(("image/gif", "image/jpeg", "image/png", "video/mp4"))
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
        if file_type not in _TYPES:
            raise bad_request("fileType must be image/gif, image/jpeg, image/png or video/mp4")
        if not 0 < len(content) <= MAX_MEDIA_BYTES:
            raise bad_request(f"fileContent must be 1 to {MAX_MEDIA_BYTES} bytes")
        expires = _expiry(until)
        file_id = secrets.token_hex(12)
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{file_id}.bin").write_bytes(content)
        (self._folder / f"{file_id}.json").write_text(json.dumps({"type": file_type, "expires": expires}))
        described = {"fileId": file_id, "fileSize": len(content), "validity": iso(expires)}
        ready = described | {
            "status": "ready",
            "fileUrl": f"{self._base_url()}/maap/{carrier}/content/{file_id}",
        }
        event = {"event": "fileStatus", "file": ready, "botId": bot_id}
        self._webhooks.publish(carrier, file_id, json.dumps(event, separators=(",", ":")))
        return described | {"status": "pending"}

    def get(self, file_id: str) -> tuple[str, bytes]:
        """Media type and content. Raises MaapError 404 when unknown or expired."""
        facts = self._folder / f"{file_id}.json"
        if not file_id.isalnum() or not facts.exists():
            raise MaapError(404, 404, "no such file")
        known = json.loads(facts.read_text())
        if known["expires"] < time.time():
            raise MaapError(404, 404, "the file has expired")
        return known["type"], (self._folder / f"{file_id}.bin").read_bytes()


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
