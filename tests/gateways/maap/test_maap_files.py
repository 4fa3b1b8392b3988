"""Media on a platform: upload, what became of it, and away with it (R-2, docs/carriers.md §2)."""

from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest

from domain.rcs_contents import MediaType
from domain.rcs_files import FileAnswer, FileState, FileUpload, MediaFile
from gateways.maap import MaapClient
from tests.gateways.maap.scripted_server import BreakOff, HangUp, Reply, Reset, ScriptedServer, Silence, Step

UNTIL = datetime(2026, 12, 1, 9, 0, tzinfo=timezone(timedelta(hours=9)))
PICTURE = FileUpload(MediaType.PNG, b"\x89PNG\r\n--x--\r\n\x00", UNTIL)
TAKEN = {"fileId": "f1", "fileSize": 15, "validity": "2026-12-01T00:00:00Z", "status": "pending"}
FIVE_MEGABYTES = 5 * 1024 * 1024


def parts(maap: ScriptedServer) -> dict[str, Message]:
    """The parts of the upload, by name, as Python's own MIME parser reads them."""
    request = maap.seen("/files")[0]
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + request.body)
    found: dict[str, Message] = {}
    for part in message.walk():
        if not part.is_multipart():
            found[str(part.get_param("name", header="content-disposition"))] = part
    return found


async def test_an_upload_is_a_multipart_form(maap: ScriptedServer, client: MaapClient) -> None:
    maap.on("POST", "/files", Reply(202, TAKEN))
    answer = await client.upload_file("bot/1", PICTURE)
    assert answer == FileAnswer(
        MediaFile("f1", FileState.PENDING, size=15, valid_until=datetime(2026, 12, 1, tzinfo=UTC))
    )
    assert maap.seen("/files")[0].target == "/maap/docomo/rcs/bot/v1/bot%2F1/files"
    sent = parts(maap)
    assert list(sent) == ["fileType", "until", "fileContent"]
    assert sent["fileType"].get_payload() == "image/png"
    assert sent["until"].get_payload() == "2026-12-01T00:00:00Z"
    assert sent["fileContent"].get_payload(decode=True) == PICTURE.content
    assert (sent["fileContent"].get_content_type(), sent["fileContent"].get_filename()) == (
        "image/png",
        "file.png",
    )


@pytest.mark.parametrize("content", [b"", b"x" * (FIVE_MEGABYTES + 1)])
async def test_a_file_of_a_size_nobody_takes_does_not_leave(
    maap: ScriptedServer, client: MaapClient, content: bytes
) -> None:
    """R-2: at most 5 MB."""
    answer = await client.upload_file("bot", FileUpload(MediaType.MP4, content, UNTIL))
    assert answer == FileAnswer(None, "CONTENT_INVALID")
    assert maap.requests == []


@pytest.mark.parametrize(
    ("step", "code", "retryable"),
    [
        (Reply(400, {"reason": {"code": 400, "text": "fileType"}}), "400", False),
        (Reply(403), "403", False),
        (Reply(413), "413", False),
        (Reply(401), "401", True),
        (Reply(429, {"reason": {"code": 42901}}), "42901", True),
        (Reply(503), "503", True),
        (Reply(202, {}), "NO_FILE_ID", True),
        (Reply(202, b"<html>"), "NO_FILE_ID", True),
        (Reply(202, {"fileId": "x" * 256}), "NO_FILE_ID", True),
        (BreakOff(202), "NO_FILE_ID", True),
        (Silence(), "ReadTimeout", True),
        (Reset(), "ReadError", True),
        (HangUp(), "RemoteProtocolError", True),
    ],
)
async def test_an_upload_that_failed_may_be_repeated_unless_it_was_refused(
    maap: ScriptedServer, client: MaapClient, step: Step, code: str, retryable: bool
) -> None:
    """Unlike a message: nobody ever sees a second copy of a file."""
    maap.on("POST", "/files", step)
    assert await client.upload_file("bot", PICTURE) == FileAnswer(None, code, retryable)


@pytest.mark.parametrize(
    ("described", "file"),
    [
        (TAKEN | {"status": "READY", "fileUrl": "https://m/f1"}, ("ready", "https://m/f1", None)),
        ({"file": TAKEN | {"status": "ready", "fileUrl": "https://m/f1"}}, ("ready", "https://m/f1", None)),
        (TAKEN | {"status": "failed", "reason": {"code": 415, "text": "no"}}, ("failed", None, "415")),
        (TAKEN | {"status": "failed", "reason": "virus"}, ("failed", None, "virus")),
        (TAKEN | {"status": "failed"}, ("failed", None, "failed")),
        (TAKEN | {"status": "ready"}, ("unknown", None, "ready")),
        (TAKEN | {"status": "ready", "fileUrl": "javascript:x"}, ("unknown", None, "ready")),
        (TAKEN | {"status": "ready", "fileUrl": "https://[x"}, ("unknown", None, "ready")),
        (TAKEN | {"status": "evaporated"}, ("unknown", None, "evaporated")),
        ({"fileId": "f1", "fileSize": -1, "validity": "soon"}, ("unknown", None, None)),
    ],
)
async def test_what_a_platform_says_of_a_file(
    maap: ScriptedServer,
    client: MaapClient,
    described: dict[str, Any],
    file: tuple[str, str | None, str | None],
) -> None:
    maap.on("GET", "/files/f1", Reply(200, described))
    answer = await client.ask_file("bot", "f1")
    assert answer.file is not None
    assert (answer.file.state.value, answer.file.url, answer.file.carrier_code) == file


async def test_a_file_nobody_knows(maap: ScriptedServer, client: MaapClient) -> None:
    maap.on("GET", "/files/f1", Reply(404, {"reason": {"code": 404, "text": "no"}}))
    assert await client.ask_file("bot", "f1") == FileAnswer(None, "404")


@pytest.mark.parametrize(
    ("step", "gone"), [(Reply(204), True), (Reply(404), True), (Reply(500), False), (Reset(), False)]
)
async def test_a_file_is_deleted(maap: ScriptedServer, client: MaapClient, step: Step, gone: bool) -> None:
    maap.on("DELETE", "/files/f%2F1", step)
    assert await client.delete_file("bot", "f/1") is gone


async def test_a_date_without_a_time_zone_is_a_callers_bug(client: MaapClient) -> None:
    naive = datetime(2026, 12, 1)  # noqa: DTZ001  # on purpose
    with pytest.raises(ValueError, match="time zone"):
        await client.upload_file("bot", FileUpload(MediaType.PNG, b"x", naive))


async def test_a_file_is_not_shown_in_logs() -> None:
    assert "PNG\\r" not in repr(PICTURE)
