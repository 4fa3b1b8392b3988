"""The mail catcher: takes mails, shows them on pages, keeps them over a restart."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest_asyncio

from simulator.mail.catcher import MailCatcher
from simulator.mail.settings import Settings


@pytest_asyncio.fixture(loop_scope="session")
async def catcher(tmp_path: Path) -> AsyncIterator[MailCatcher]:
    made = MailCatcher(Settings(smtp_port=0, http_port=0, data_dir=tmp_path, mails_kept=3))
    await made.start()
    yield made
    await made.stop()


def mail(subject: str, message_id: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@portal.example", "b@company.example", subject
    if message_id:
        message["Message-ID"] = message_id
    message.set_content("本文 <script>alert(1)</script>\n")
    return message


async def deliver(catcher: MailCatcher, *mails: EmailMessage) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", catcher.smtp_port, timeout=10) as client:
            for message in mails:
                client.send_message(message)

    await asyncio.to_thread(send)


async def test_mails_are_shown_and_nothing_of_them_runs(catcher: MailCatcher) -> None:
    await deliver(catcher, mail("<b>件名</b>"))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{catcher.http_port}") as client:
        listed = await client.get("/")
        assert "&lt;b&gt;件名&lt;/b&gt;" in listed.text
        shown = await client.get("/mails/1")
        assert "本文 &lt;script&gt;" in shown.text
        assert "default-src 'none'" in shown.headers["content-security-policy"]
        assert (await client.get("/mails/99")).status_code == 404
        (told,) = (await client.get("/mails.json")).json()["mails"]
        assert (told["recipient"], told["copies"]) == ("b@company.example", 1)
        assert (await client.get("/health")).json() == {"status": "ok", "mails": 1}


async def test_a_mail_that_comes_twice_is_one_and_says_so(catcher: MailCatcher) -> None:
    await deliver(catcher, mail("同じ", "<7@portal.example>"), mail("同じ", "<7@portal.example>"))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{catcher.http_port}") as client:
        assert "同じメールを2回受信" in (await client.get("/")).text


async def test_the_newest_mails_survive_a_restart(catcher: MailCatcher) -> None:
    await deliver(catcher, *(mail(f"{number}通目", f"<{number}@p.example>") for number in range(5)))
    again = MailCatcher(Settings(smtp_port=0, http_port=0, data_dir=catcher.settings.data_dir, mails_kept=3))
    await again.start()
    assert [caught.subject for caught in again.mailbox.mails()] == ["4通目", "3通目", "2通目"]
    # Numbers go on: nothing that was kept is overwritten.
    await deliver(again, mail("次", "<next@p.example>"))
    assert [caught.subject for caught in again.mailbox.mails()] == ["次", "4通目", "3通目"]
    third = MailCatcher(Settings(smtp_port=0, http_port=0, data_dir=catcher.settings.data_dir, mails_kept=3))
    third.mailbox.load()
    assert [caught.subject for caught in third.mailbox.mails()] == ["次", "4通目", "3通目"]
    await again.stop()
