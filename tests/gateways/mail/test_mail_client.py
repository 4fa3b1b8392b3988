"""Mails over SMTP to a real listener (C-2)."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from domain.mails import MailContent
from gateways.mail.client import MailClient, MailOutcome, build_message
from gateways.mail.urls import MailEncryption, parse_smtp_url
from simulator.mail.catcher import MailCatcher
from simulator.mail.settings import Settings

CONTENT = MailContent(
    "【ポータル】アカウント発行",
    "山田 花子 様\n\n仮パスワード: ABCD-EFGH\n" + "長い行" * 200 + "\n.\n終わり\n",
)
AT = datetime(2026, 12, 1, 3, 4, 5, tzinfo=UTC)
FROM = "no-reply@portal.example"


@pytest_asyncio.fixture(loop_scope="session")
async def catcher(tmp_path: Path) -> AsyncIterator[MailCatcher]:
    made = MailCatcher(Settings(smtp_port=0, http_port=0, data_dir=tmp_path))
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def client(catcher: MailCatcher) -> MailClient:
    return MailClient(f"smtp://127.0.0.1:{catcher.smtp_port}?encryption=none", FROM, timeout_seconds=5)


async def send(
    client: MailClient, address: str, mail_id: UUID | None = None
) -> tuple[MailOutcome, str | None]:
    answer = await client.send(mail_id or uuid4(), address, CONTENT, AT)
    return answer.outcome, answer.code


async def test_a_mail_arrives_as_it_was_written(catcher: MailCatcher, client: MailClient) -> None:
    """Japanese subject and text, long lines, a line that is only a dot."""
    assert await send(client, "hanako@sakura.example") == (MailOutcome.ACCEPTED, None)
    (mail,) = catcher.mailbox.mails()
    assert (mail.recipient, mail.subject, mail.text) == ("hanako@sakura.example", *vars_of(CONTENT))
    assert mail.sender == f"メッセージ配信ポータル <{FROM}>"


async def test_a_repeated_mail_has_the_same_id_and_is_read_once(
    catcher: MailCatcher, client: MailClient
) -> None:
    """At least once, but recognisable: whoever keeps Message-IDs shows one mail."""
    mail_id = uuid4()
    for _ in range(2):
        await send(client, "hanako@sakura.example", mail_id)
    (mail,) = catcher.mailbox.mails()
    assert (mail.message_id, mail.copies) == (f"<{mail_id}@portal.example>", 2)
    first, again = (build_message(mail_id, FROM, "a@b.jp", CONTENT, AT).as_bytes() for _ in range(2))
    assert first == again


async def test_what_the_relay_refuses_for_good_is_not_tried_again(client: MailClient) -> None:
    assert await send(client, "refused@sakura.example") == (MailOutcome.REFUSED, "550")


async def test_what_it_cannot_take_now_is_tried_again(client: MailClient) -> None:
    assert await send(client, "deferred@sakura.example") == (MailOutcome.FAILED, "451")
    assert await send(client, "deferred@sakura.example") == (MailOutcome.ACCEPTED, None)


async def test_a_relay_that_is_away_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = MailClient(f"smtp://127.0.0.1:{port}?encryption=none", FROM, timeout_seconds=2)
    outcome, code = await send(client, "a@b.example")
    assert outcome is MailOutcome.FAILED
    assert code is not None
    assert "b.example" not in code


async def test_a_relay_that_says_nothing_is_given_up_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = MailClient(f"smtp://127.0.0.1:{port}?encryption=none", FROM, timeout_seconds=0.3)
    async with asyncio.timeout(10):
        assert (await send(client, "a@b.example"))[0] is MailOutcome.FAILED
    server.close()


async def test_without_starttls_nothing_is_sent_in_the_clear(catcher: MailCatcher) -> None:
    """A relay, or somebody in between, that does not offer encryption gets no password to read."""
    client = MailClient(f"smtp://user:secret@127.0.0.1:{catcher.smtp_port}", FROM, timeout_seconds=5)
    assert (await send(client, "hanako@sakura.example"))[0] is MailOutcome.FAILED
    assert catcher.mailbox.mails() == []


@pytest.mark.parametrize(
    ("url", "port", "encryption"),
    [
        ("smtps://u:p%40ss@mail.example", 465, MailEncryption.TLS),
        ("smtp://u:p%40ss@mail.example", 587, MailEncryption.STARTTLS),
        ("smtp://u:p%40ss@mail.example:2525?encryption=none", 2525, MailEncryption.NONE),
    ],
)
def test_the_address_of_a_relay_is_read(url: str, port: int, encryption: MailEncryption) -> None:
    relay = parse_smtp_url(url)
    assert (relay.host, relay.port, relay.encryption) == ("mail.example", port, encryption)
    assert (relay.user, relay.password) == ("u", "p@ss")


@pytest.mark.parametrize(
    "url", ["", "mail.example:25", "http://mail.example", "smtp://", "smtp://h?encryption=x"]
)
def test_what_is_no_address_of_a_relay_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        MailClient(url, FROM)


def vars_of(content: MailContent) -> tuple[str, str]:
    return content.subject, content.text
