"""The pages in a browser: without JavaScript, refreshed with it, by keyboard, on a narrow screen."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from simulator import Simulator
from tests.simulator.conftest import Maap
from tests.simulator.webhook_server import WebhookServer

pytestmark = pytest.mark.browser
PHONE = "09000000002"
CHIPS = {"suggestions": [{"reply": {"displayText": "確認しました", "postback": {"data": "rsv:ok"}}}]}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        await chromium.close()


async def visit(context: BrowserContext, simulator: Simulator, complaints: list[str]) -> Page:
    page = await context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{simulator.http_url}/handsets/{PHONE}?app=rcs")
    return page


async def carousel(maap: Maap, hooks: WebhookServer) -> None:
    cards = [{"title": f"{n}枚目のカード", "description": "説明" * 20} for n in range(1, 5)]
    several = {"layout": {"cardWidth": "MEDIUM_WIDTH"}, "content": cards}
    wish: dict[str, Any] = {"message": {"generalPurposeCardCarousel": several}}
    message_id = await maap.sent_id(PHONE, textMessage=None, richcardMessage=wish, suggestedChipList=CHIPS)
    await hooks.wait_for(message_id, "delivered")


async def scrolled(slides: Locator) -> None:
    async with asyncio.timeout(5):
        while await slides.evaluate("element => element.scrollLeft") <= 20:
            await slides.page.wait_for_timeout(20)


async def test_without_javascript(
    simulator: Simulator, maap: Maap, hooks: WebhookServer, browser: Browser
) -> None:
    await carousel(maap, hooks)
    complaints: list[str] = []
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    page = await visit(context, simulator, complaints)
    await page.get_by_role("button", name="確認しました").click()
    await expect(page.get_by_role("status")).to_have_text("ボタンの応答を送りました。")
    await page.get_by_role("button", name="電源を切る").click()
    await expect(page.get_by_text("電源が切れています。")).to_be_visible()
    await page.get_by_role("link", name="回線と故障").click()
    await expect(page.get_by_role("heading", name="回線と故障")).to_be_visible()
    await page.get_by_role("link", name="docomo だけの割合を 1 つずつ見る・変える").click()
    await page.get_by_label("答えが遅い").fill("0.5")
    await page.get_by_role("button", name="docomo だけの割合を変更").click()
    await expect(page.get_by_role("status")).to_contain_text("この会社だけの割合を変更しました。")
    await expect(page.get_by_label("答えが遅い")).to_have_value("0.5")
    assert complaints == []
    await context.close()


async def test_refreshes_itself_and_leaves_the_person_alone(
    simulator: Simulator, maap: Maap, hooks: WebhookServer, browser: Browser
) -> None:
    await carousel(maap, hooks)
    complaints: list[str] = []
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await visit(context, simulator, complaints)
    slides = page.locator(".carousel")
    await slides.focus()
    await page.keyboard.press("ArrowRight")
    await scrolled(slides)
    await page.get_by_label("返信の文章").fill("書きかけ")
    await hooks.wait_for(await maap.sent_id(PHONE, textMessage="あたらしい文章"), "delivered")
    await expect(page.get_by_text("あたらしい文章")).to_be_visible()
    assert await page.get_by_label("返信の文章").input_value() == "書きかけ"
    await scrolled(slides)
    assert complaints == []
    await context.close()


async def test_nothing_sticks_out_of_a_narrow_screen(
    simulator: Simulator, maap: Maap, hooks: WebhookServer, browser: Browser
) -> None:
    await carousel(maap, hooks)
    context = await browser.new_context(viewport={"width": 320, "height": 700})
    page = await visit(context, simulator, [])
    for path in ("/handsets", f"/handsets/{PHONE}", "/links", "/links/docomo/rates"):
        await page.goto(simulator.http_url + path)
        for summary in await page.locator("summary").all():
            await summary.click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
    await context.close()
