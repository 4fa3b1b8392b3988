"""Passkeys in Chromium with a virtual authenticator: made, then used to sign in; no word of the policy."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from sqlalchemy import text

from tests.web.browser import portal_in_browser
from tests.web.conftest import Portal

pytestmark = pytest.mark.browser
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Visitor:
    """A page of a browser, and what it complained of."""

    address: str
    page: Page
    complaints: list[str]

    async def signs_in(self) -> None:
        await self.page.goto(f"{self.address}/sign-in")
        await self.page.fill("#login_id", "admin@sakura.example")
        await self.page.fill("#password", "Demo-sakura-admin-2026")
        await self.page.click("text=ログインする")


@pytest_asyncio.fixture(loop_scope="session")
async def visitor_in_browser(portal: Portal) -> AsyncIterator[Visitor]:
    """The portal at `localhost`: passkeys need a name, and over plain HTTP only this one will do."""
    async with portal_in_browser(portal) as (address, browser):
        page = await (await browser.new_context(locale="ja-JP")).new_page()
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("WebAuthn.enable")
        options: dict[str, Any] = {"options": AUTHENTICATOR}
        await devtools.send("WebAuthn.addVirtualAuthenticator", options)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield Visitor(address, page, complaints)


async def test_a_passkey_is_made_and_signs_in(portal: Portal, visitor_in_browser: Visitor) -> None:
    """The second factor without typing; a name of one's own; removed like any other."""
    visitor, page = visitor_in_browser, visitor_in_browser.page
    await visitor.signs_in()
    await page.goto(f"{visitor.address}/account/passkeys/new")
    await page.fill("#name", "会社のパソコン")
    await page.click("button:has-text('パスキーを登録する')")
    await expect(page.get_by_role("heading", name="2段階認証を設定しました")).to_be_visible(timeout=15_000)
    await page.click("text=ログアウト")
    await visitor.signs_in()
    await expect(page).to_have_url(f"{visitor.address}/sign-in/second-factor")
    await expect(page.locator("[data-passkey-error]")).to_be_hidden()
    await page.click("text=パスキーで確認する")
    await expect(page).to_have_url(f"{visitor.address}/", timeout=15_000)
    await page.goto(f"{visitor.address}/account/second-factor")
    await expect(page.get_by_text("会社のパソコン", exact=True)).to_be_visible()
    assert [words for words in visitor.complaints if "Content Security Policy" in words] == []
    async with portal.jobs_database.transaction() as session:
        noted = await session.execute(text("SELECT action, after FROM audit_entries ORDER BY id"))
        passkeys = [(row.action, row.after) for row in noted if "passkey" in (row.after or {}).values()]
    assert passkeys == [
        ("second_factor_added", {"factor": "passkey", "name": "会社のパソコン"}),
        ("second_factor_given", {"factor": "passkey"}),
    ]
