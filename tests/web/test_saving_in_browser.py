"""Pages that save themselves, warn before the session ends, and take back what a button put in (X-8)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect
from sqlalchemy import text

from tests.web.browser import portal_in_browser
from tests.web.conftest import Portal
from tests.web.staff import Staff, make_draft

pytestmark = pytest.mark.browser
LINE = "[data-autosave-line]"
Opened = tuple[str, BrowserContext]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def served(portal: Portal) -> AsyncIterator[tuple[str, Browser]]:
    async with portal_in_browser(portal) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def signed_in(served: tuple[str, Browser]) -> AsyncIterator[Opened]:
    address, browser = served
    context = await browser.new_context(locale="ja-JP")
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    page = await context.new_page()
    await page.goto(f"{address}/sign-in")
    await page.fill("#login_id", "owner@sakura.example")
    await page.fill("#password", "Demo-sakura-owner-2026")
    await page.click("text=ログインする")
    await expect(page.locator("h1")).to_have_text("ホーム")
    yield address, context
    await context.close()
    assert [words for words in complaints if "Content Security Policy" in words] == []


async def saved(portal: Portal, campaign_id: str) -> Any:
    statement = text("SELECT * FROM campaigns WHERE id = CAST(:id AS uuid)")
    async with portal.jobs_database.transaction() as session:
        return (await session.execute(statement, {"id": campaign_id})).one()


async def content_page(opened: Opened, owner: Staff) -> tuple[Page, str, str]:
    address, context = opened
    campaign_id = await make_draft(owner)
    content = f"{address}/campaigns/{campaign_id}/content"
    page = context.pages[0]
    await page.goto(content)
    return page, content, campaign_id


async def test_a_page_saves_itself_and_the_button_goes_on_from_there(
    portal: Portal, signed_in: Opened, owner: Staff
) -> None:
    """While one types, when a link leads away, and without a conflict with one's own saving."""
    page, content, campaign_id = await content_page(signed_in, owner)
    await page.fill("#sms_text", "自動で保存")
    await expect(page.locator(LINE)).to_contain_text("保存済み")
    assert (await saved(portal, campaign_id)).sms_text == "自動で保存"
    await page.locator("#sms_text").press_sequentially("される文章")
    async with page.expect_response("**/autosave") as flushed:
        await page.click("nav >> text=案件一覧")
    assert (await flushed.value).status == 200
    await page.goto(content)
    await expect(page.locator("#sms_text")).to_have_value("自動で保存される文章")
    await page.fill("#sms_text", "自動で保存される文章。")
    await page.click("text=次へ進む")
    await expect(page.locator("h1")).to_have_text("配信の設定")
    assert (await saved(portal, campaign_id)).sms_text == "自動で保存される文章。"
    await page.click("text=戻る")
    await expect(page.locator("h1")).to_have_text("本文")


async def test_a_failure_is_told_and_made_up_for(signed_in: Opened, owner: Staff) -> None:
    """No connection: the line says so, and saving goes on by itself."""
    page, _, _ = await content_page(signed_in, owner)
    await page.clock.install()
    await page.context.set_offline(True)
    await page.fill("#sms_text", "つながらない")
    await page.clock.run_for(2_000)
    await expect(page.locator(LINE)).to_contain_text("保存できていません")
    await page.context.set_offline(False)
    await page.clock.run_for(11_000)
    await expect(page.locator(LINE)).to_contain_text("保存済み")


async def test_two_tabs_stop_at_the_conflict_and_show_both(
    portal: Portal, signed_in: Opened, owner: Staff
) -> None:
    """The second tab stops saving itself, says why, and its button shows both texts."""
    first, content, campaign_id = await content_page(signed_in, owner)
    second = await signed_in[1].new_page()
    await second.goto(content)
    await first.fill("#sms_text", "タブAの本文")
    await expect(first.locator(LINE)).to_contain_text("保存済み")
    await second.fill("#sms_text", "タブBの本文")
    await expect(second.locator(LINE)).to_contain_text("別の方か別のタブ")
    assert (await saved(portal, campaign_id)).sms_text == "タブAの本文"
    await second.click("text=次へ進む")
    for words in ("タブAの本文", "タブBの本文"):
        await expect(second.locator("[data-conflict]")).to_contain_text(words)
    await second.close()


async def test_an_ended_session_is_told_and_the_text_comes_back(
    portal: Portal, signed_in: Opened, owner: Staff
) -> None:
    page, content, _ = await content_page(signed_in, owner)
    await page.context.clear_cookies()
    await page.fill("#sms_text", "時間切れの文章")
    await expect(page.locator(LINE)).to_contain_text("時間が経過したためログアウトしました")
    await page.click("text=次へ進む")
    await expect(page.locator("main")).to_contain_text("入力内容は残っています")
    await page.fill("#login_id", "owner@sakura.example")
    await page.fill("#password", "Demo-sakura-owner-2026")
    await page.get_by_role("button", name="ログインする").click()
    await expect(page).to_have_url(content)
    await expect(page.locator("#sms_text")).to_have_value("時間切れの文章")
    # The sample beside it is of what is in the form, not of what is stored.
    await expect(page.locator(".phone__bubble")).to_have_text("時間切れの文章")


async def test_a_warning_comes_before_the_end_and_can_be_prolonged_by_keyboard(signed_in: Opened) -> None:
    """WCAG 2.2.1: five minutes before; Escape closes it; the focus stays where one was."""
    address, context = signed_in
    page = context.pages[0]
    await page.clock.install()
    await page.goto(f"{address}/campaigns/new")
    notice = page.locator("[data-session-notice]")
    await page.focus("#name")
    await page.clock.run_for(24 * 60_000)
    await expect(notice).not_to_contain_text("ログアウト")
    await page.clock.run_for(2 * 60_000)
    await expect(notice).to_contain_text("約5分後に自動でログアウトします")
    await expect(page.locator("#name")).to_be_focused()
    async with page.expect_response("**/account/stay") as stayed:
        await page.locator("[data-session-stay]").press("Enter")
    assert (await stayed.value).status == 204
    await expect(notice).not_to_contain_text("ログアウト")
    await expect(page.locator("#name")).to_be_focused()
    await page.clock.run_for(26 * 60_000)
    await expect(notice).to_contain_text("約5分後")
    await page.keyboard.press("Escape")
    await expect(notice).not_to_contain_text("約5分後")
    await page.clock.run_for(5 * 60_000)
    await expect(notice).to_contain_text("時間が経過したためログアウトしました")


async def test_what_a_button_put_in_is_taken_back_with_ctrl_z(signed_in: Opened, owner: Staff) -> None:
    page, _, _ = await content_page(signed_in, owner)
    field = page.locator("#sms_text")
    await field.fill("")
    await field.press_sequentially("こんにちは")
    await page.locator('[data-inserts-into="sms_text"] >> text=氏名').click()
    await expect(field).to_have_value("こんにちは{{氏名}}")
    await page.keyboard.press("Control+z")
    await expect(field).to_have_value("こんにちは")
    await expect(page.locator("#sms_text-count")).to_contain_text("5 / 660文字")
