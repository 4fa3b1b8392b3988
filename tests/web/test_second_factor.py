"""The second factor through the portal: required, set up, used, lost."""

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from sqlalchemy import text

from domain.one_time_codes import TOTP_STEP_SECONDS, totp_code
from tests.web.conftest import Portal
from tests.web.mails import newest_mail
from tests.web.staff import Staff


def secret_on(staff: Staff) -> bytes:
    """The key that stands on the page in text."""
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', staff.response.text)
    assert found is not None
    return base64.b32decode(unescape(found[1]).replace(" ", ""))


def code(secret: bytes, steps: int = 0) -> str:
    return totp_code(secret, int(datetime.now(UTC).timestamp()) // TOTP_STEP_SECONDS + steps)


async def forget_used_steps(portal: Portal) -> None:
    """As if half a minute had passed, for everybody."""
    async with portal.jobs_database.transaction() as session:
        await session.execute(text("UPDATE totp_secrets SET last_step = 0"))
        await session.execute(text("UPDATE operator_totp_secrets SET last_step = 0"))


async def sets_up(staff: Staff, side: str = "") -> tuple[bytes, list[str]]:
    """Set an authenticator up, on one side or the other; returns its secret and the backup codes."""
    await staff.open(f"{side}/account/second-factor")
    await staff.send("認証アプリを設定する")
    secret = secret_on(staff)
    await staff.send("確認して設定する", code=code(secret))
    assert "2段階認証を設定しました" in staff.page.text
    return secret, re.findall(r'class="secret">([0-9A-Z-]+)<', staff.response.text)


async def test_an_authenticator_is_set_up_by_picture_or_text(portal: Portal, owner: Staff) -> None:
    await owner.open("/account/second-factor")
    await owner.send("認証アプリを設定する")
    picture = await owner.client.get("/account/second-factor/totp/qr")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg")
    assert "style=" not in picture.text
    answer = await owner.send("確認して設定する", code="000000")
    assert answer.status_code == 422
    assert "確認コードが違う" in owner.page.text
    await owner.send("確認して設定する", code=code(secret_on(owner)))
    assert len(re.findall(r'class="secret">', owner.response.text)) == 10
    assert "2段階認証" in (await newest_mail(portal, "owner@sakura.example")).subject
    # Shown once: neither the secret nor its picture can be seen again.
    assert (await owner.client.get("/account/second-factor/totp/qr")).status_code == 404
    await owner.open("/account/second-factor/totp")
    assert owner.at == "/account/second-factor"
    await owner.open("/account/second-factor/totp/remove")
    await owner.send("認証アプリの登録を解除する")


async def test_signing_in_asks_for_a_code_and_then_leads_on(
    portal: Portal, visitor: Staff, somebody: Callable[[], Staff]
) -> None:
    """Halfway in, nothing of the portal opens; a backup code does once what the authenticator does."""
    await visitor.sign_in("senior")
    secret, backup = await sets_up(visitor)
    await forget_used_steps(portal)
    staff = somebody()
    await staff.open("/campaigns?status=draft")
    login: dict[str, Any] = {"login_id": "senior@sakura.example", "password": "Demo-sakura-senior-2026"}
    await staff.send("ログインする", **login)
    assert staff.at == "/sign-in/second-factor"
    assert "案件一覧" not in staff.page.text
    for address in ("/", "/campaigns", "/account", "/account/second-factor", "/account/password"):
        await staff.open(address)
        assert staff.at == "/sign-in/second-factor", address
    await staff.open("/campaigns")
    halfway = staff.client.cookies["session"]
    assert (await staff.send("確認する", code="000000")).status_code == 422
    await staff.send("確認する", code=code(secret))
    assert staff.at == "/campaigns"
    assert staff.client.cookies["session"] != halfway
    other = somebody()
    for expected in ("/", "/sign-in/second-factor"):
        await other.open("/sign-in")
        await other.send("ログインする", **login)
        await other.send("確認する", code=backup[0])
        assert other.at == expected
        other.client.cookies.clear()


async def test_a_company_can_require_it_and_who_has_none_sets_one_up(
    portal: Portal, owner: Staff, somebody: Callable[[], Staff]
) -> None:
    """From the next request on, also in sessions that are open; the setting up is the way in."""
    staff = await somebody().sign_in("staff")
    await owner.open("/users/second-factor")
    await owner.send("決まりを保存する", roles=["general_user"])
    assert "一般利用者" in owner.page.text
    await staff.open("/campaigns")
    assert staff.at == "/account/second-factor"
    assert "設定が必要です" in staff.page.text
    assert "案件一覧" not in staff.page.text
    await sets_up(staff)
    await staff.open("/campaigns")
    assert staff.at == "/campaigns"
    await owner.open("/users/second-factor")
    await owner.send("決まりを保存する", roles=[])


async def test_an_administrator_helps_who_has_lost_everything(
    portal: Portal, owner: Staff, somebody: Callable[[], Staff]
) -> None:
    """Signed out everywhere, told by mail, in again with the password alone."""
    lost = await somebody().sign_in("admin")
    await sets_up(lost)
    async with portal.jobs_database.transaction() as session:
        statement = text("SELECT id FROM company_users WHERE login_id = 'admin@sakura.example'")
        user_id = (await session.execute(statement)).scalar_one()
    await owner.open("/users")
    assert f"/users/{user_id}/second-factor" in owner.page.links
    await owner.open(f"/users/{user_id}/second-factor")
    await owner.send("2段階認証を解除する")
    await lost.open("/campaigns")
    assert lost.at == "/sign-in"
    await somebody().sign_in("admin")
    assert "解除されました" in (await newest_mail(portal, "admin@sakura.example")).text


async def test_passkeys_are_offered_where_browsers_allow_them(portal: Portal, owner: Staff) -> None:
    """At a bare address they do not exist; the question to a browser is bound to our host."""
    await owner.open("/account/passkeys/new")
    token = dict(owner.form_of("ログアウト").fields)
    options = (await owner.client.post("/account/passkeys/options", data=token)).json()
    assert options["rp"]["id"] == "portal.test"
    assert len(base64.urlsafe_b64decode(options["challenge"] + "==")) >= 16
    for credential in (
        "",
        "{}",
        "[]",
        '{"id": 1}',
        '{"id":"AA","rawId":"AA","type":"public-key","response":{}}',
    ):
        answer = await owner.client.post("/account/passkeys/new", data={**token, "credential": credential})
        assert answer.status_code == 422
        assert "パスキーを確認できませんでした" in answer.text


@pytest.mark.parametrize(
    ("portal_url", "opened_at", "says"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "IPアドレスのため"),
        ("http://127.0.0.1:8000", "localhost:8000", "（127.0.0.1）は名前ではなくIPアドレスのため"),
        ("http://[::1]:8000", "[::1]:8000", "IPアドレスのため"),
        ("http://localhost:8000", "127.0.0.1:8000", "http://localhost:8000"),
        ("http://localhost:8000", "[::1]:8000", "http://localhost:8000"),
        ("http://localhost:8000", "localhost:8000", None),
        # A proxy put an address in place of the name: nobody but it knows what the address bar says.
        ("https://portal.example.jp", "10.0.0.5:8000", None),
    ],
)
async def test_pages_say_truly_whether_and_where_there_are_passkeys(
    portal: Portal, owner: Staff, portal_url: str, opened_at: str, says: str | None
) -> None:
    settings = portal.app.state.web_settings
    portal.app.state.web_settings = replace(settings, portal_url=portal_url)
    try:
        for path in ("/account/second-factor", "/account/passkeys/new"):
            answer = await owner.client.get(path, headers={"Host": opened_at})
            assert ("パスキーを登録する" in answer.text) is (says is None), path
            assert says is None or says in answer.text
    finally:
        portal.app.state.web_settings = settings
