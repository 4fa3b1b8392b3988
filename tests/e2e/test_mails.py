"""A mail's whole way: page, outbox, Temporal, carrier worker, SMTP, catcher (C-2, I10)."""

import re
import time
from typing import Any

import httpx
import pytest

from tests.e2e.pages import FormClient
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]
LOGIN_ID = "shinjin@sakura.example"
OWN = "古い地図と木漏れ日と珈琲豆"


def mail_to(stack: Stack, address: str, subject: str = "") -> dict[str, Any]:
    """Wait for a mail; the newest one with ``subject`` in its subject."""
    deadline = time.monotonic() + 60
    while True:
        mails: list[dict[str, Any]] = httpx.get(f"{stack.run['mail_url']}/mails.json").json()["mails"]
        found = [mail for mail in mails if mail["recipient"] == address and subject in mail["subject"]]
        if found:
            return found[0]
        assert time.monotonic() < deadline, mails
        time.sleep(0.2)


def test_an_invited_user_reads_the_mail_and_signs_in(stack: Stack) -> None:
    """C-2; and neither address nor password in any log."""
    company = stack.run["companies"][0]
    owner = FormClient(stack.run["portal_url"], company["users"][0])
    owner.open("/users/new")
    owner.send("追加してメールを送る", login_id=LOGIN_ID, name="新人 三郎", role="admin")
    mail = mail_to(stack, LOGIN_ID)
    assert "アカウント発行" in mail["subject"]
    found = re.search(r"仮パスワード: (\S+)", mail["text"])
    assert found is not None
    newcomer = FormClient(stack.run["portal_url"], {"login_id": LOGIN_ID, "password": found[1]})
    assert newcomer.answer.url.path == "/sign-in/new-password"
    newcomer.send("このパスワードにする", new_password=OWN, new_password_again=OWN)
    assert newcomer.answer.url.path == "/"
    for log in (stack.var / "log").glob("*.log"):
        text = log.read_text("utf-8", "replace")
        assert LOGIN_ID not in text, log.name
        assert found[1] not in text, log.name
