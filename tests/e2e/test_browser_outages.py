"""Pages while something behind them is missing: the portal stays readable (§7, portal principles 3 and 7)."""

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.e2e.magic_numbers import numbers_of
from tests.e2e.pages import Visit, visit
from tests.e2e.stack import Stack
from tests.e2e.test_magic_numbers import register

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(120)]


def _watching(stack: Stack, staff: Visit, handset: int) -> None:
    """Open the page of a campaign that takes some seconds: its +Message never arrives.

    Signed in before: the first page under load may take as long as the campaign.
    """
    staff.sign_in(stack.run["companies"][0]["users"][0])
    with stack.api() as client:
        campaign_id = register(client, "rcs_with_sms_fallback", numbers_of("10", "0", handset))
    staff.open(f"/campaigns/{campaign_id}")


def test_a_failing_refresh_leaves_the_page_and_is_tried_again(stack: Stack, browser: Browser) -> None:
    """§7: while the portal answers 503 the last state stays; afterwards the page goes on by itself."""
    refused = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.fulfill(status=503, body="<h1>ただいま画面を表示できません</h1>", content_type="text/html")

    with visit(browser, stack.run["portal_url"], tolerates="503") as staff:
        staff.page.route("**/progress", refuse, times=2)
        _watching(stack, staff, handset=8)
        expect(staff.page.locator(".figure").first).to_be_visible()
        staff.page.wait_for_timeout(7_000)
        assert len(refused) == 2
        assert staff.page.get_by_text("ただいま画面を表示できません").count() == 0
        assert "到達" in staff.figures()
        expect(staff.page.locator("main")).to_contain_text("すべての宛先の結果が出ました", timeout=40_000)


def test_without_htmx_everything_is_a_link_or_a_form(stack: Stack, browser: Browser) -> None:
    """§1: the browser assets may be missing; nothing is lost but comfort."""
    with visit(browser, stack.run["portal_url"]) as staff:
        refused = []

        def refuse(route: Route) -> None:
            refused.append(route.request.url)
            route.fulfill(status=404)

        staff.page.route("**/htmx.min*.js", refuse)
        _watching(stack, staff, handset=8)
        assert refused, "the address of htmx has changed: this test would be one with it"
        expect(staff.page.get_by_role("link", name="最新の状態にする")).to_be_visible()
        staff.follow("最新の状態にする")
        staff.shows("1件中")
        staff.follow("案件を作る", exact=True)
        staff.page.get_by_label("案件名").fill("htmxなし")
        staff.page.get_by_label("電話番号を直接入力する").check()
        staff.page.get_by_role("textbox", name="電話番号").fill("080-1234-5670")
        staff.press("次へ進む")
        staff.page.get_by_label("SMSの本文").fill("お知らせです。")
        staff.press("文字数と見本を更新")
        staff.shows("7 / 660文字", "1通")
