"""How lists and marks are laid out in Chromium: dense rows, whole words, forced colours, paper."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page
from sqlalchemy import text

from domain.carrier_exchange import InboundMessage
from domain.carriers import Carrier, Channel
from services.database import NO_COMPANY
from services.inbound_messages import store_inbound
from tests.web.browser import portal_in_browser
from tests.web.conftest import Portal
from tests.web.staff import Staff, make_check, make_draft

pytestmark = pytest.mark.browser
HIGHEST_ROW = 44
NAME = "年末年始の営業時間変更と予約確認のお知らせ（関東エリア・会員様向け）"

# What people see of one list row: every cell's text on one line, and the row's height.
_ROWS = """() => [...document.querySelectorAll("tbody tr")].map((row) => ({
  height: row.getBoundingClientRect().height,
  top: row.getBoundingClientRect().top + scrollY,
  broken: [...row.querySelectorAll("th, td")].filter((cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell.querySelector("details:not([open]) > summary") ?? cell);
    const tops = [...range.getClientRects()].map((box) => Math.round(box.top / 12));
    return new Set(tops).size > 3;
  }).map((cell) => cell.innerText),
}))"""
_MARKS = """() => {
  const style = (selector, part) => getComputedStyle(document.querySelector(selector), part ?? null);
  const line = (selector) => style(selector).borderBottomColor;
  return {
    current: line(".site-header__nav a[aria-current]"),
    other: line(".site-header__nav a:not([aria-current])"),
    canvas: style("body").backgroundColor,
  };
}"""


@dataclass
class Screen:
    """A signed-in browser."""

    address: str
    page: Page

    async def opens(self, path: str, width: int = 1280) -> None:
        await self.page.set_viewport_size({"width": width, "height": 800})
        await self.page.goto(f"{self.address}{path}")

    async def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.page.evaluate(_ROWS)
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def screen(portal: Portal) -> AsyncIterator[Screen]:
    """The portal on a port, with a log of many kinds of rows."""
    async with portal.client() as client:
        await _fill(portal, await Staff(client).sign_in("owner"))
    async with portal_in_browser(portal) as (address, browser):
        page = await (await browser.new_context(locale="ja-JP")).new_page()
        await page.goto(f"{address}/sign-in")
        await page.fill("#login_id", "owner@sakura.example")
        await page.fill("#password", "Demo-sakura-owner-2026")
        await page.click("text=ログインする")
        await page.wait_for_url(f"{address}/")
        yield Screen(address, page)


async def _fill(portal: Portal, owner: Staff) -> None:
    async with portal.database.transaction(NO_COMPANY) as session:
        for number, words in enumerate(
            ("はい", "予約の時間を変えたいのですが、\n明日の午後は空いていますか。" * 4)
        ):
            await store_inbound(session, await _reply(portal, f"0907777000{number}", words))
    people = "電話番号,氏名\n" + "".join(f"0904000{number:04},客{number}\n" for number in range(60))
    await make_draft(owner, name="下書きのままの案件")
    await make_check(owner, name=NAME, people=people, sms_text="{{氏名}}様")
    await owner.send("件を配信する")
    async with portal.jobs_database.transaction() as session:
        for number, (status, reason, channel, carrier) in enumerate(
            (
                ("delivered", None, "rcs", "docomo"),
                ("undelivered", "absent", "sms", "softbank"),
                ("excluded", "lookup_failed", "sms", "rakuten"),
                ("carrier_undetermined", None, "sms", "au"),
            )
        ):
            await session.execute(
                text(
                    "UPDATE messages SET status = :status, reason = :reason, channel = :channel,"
                    " carrier = :carrier, fallback_reason = CASE WHEN :number = 1 THEN"
                    " 'not_delivered_in_time' END, parts = 1, closed_at = now(), delivered_at = now()"
                    " WHERE row_number % 4 = :number AND phone_number LIKE '0904000%'"
                ),
                {
                    "status": status,
                    "reason": reason,
                    "channel": channel,
                    "carrier": carrier,
                    "number": number,
                },
            )


_PICTURES = Path("var/pictures")
_IS_LOOKED_AT = _PICTURES.is_dir()


async def _reply(portal: Portal, number: str, words: str) -> InboundMessage:
    async with portal.jobs_database.transaction() as session:
        statement = text(
            "SELECT o.bot_id FROM official_accounts o JOIN companies c ON c.id = o.company_id"
            " WHERE c.name LIKE 'さくら%'"
        )
        bot_id = (await session.execute(statement)).scalar_one()
    return InboundMessage(
        channel=Channel.RCS,
        carrier=Carrier.AU,
        phone_number=number,
        bot_id=bot_id,
        carrier_message_id=f"layout-{number}",
        text=words,
        postback_data="reservation:2026-12-24:tokyo-shinjuku-nishi",
        occurred_at=None,
    )


async def _picture(screen: Screen, name: str) -> None:
    """For whoever wants to look, and has made the folder: pages of this test as pictures."""
    if _IS_LOOKED_AT:
        await screen.page.screenshot(path=_PICTURES / f"{name}.png")


@pytest.mark.parametrize(
    ("path", "least_above"), [("/log", 8), ("/log/received", 2), ("/campaigns", 2), ("/audit", 5)]
)
async def test_rows_are_dense_and_the_list_begins_near_the_top(
    screen: Screen, path: str, least_above: int
) -> None:
    """L-1: one line a row at 1280 pixels, no word broken, rows without scrolling at 800."""
    await screen.opens(path)
    await _picture(screen, f"wide{path.replace('/', '-')}")
    rows = await screen.rows()
    assert rows
    if path != "/audit":
        assert max(row["height"] for row in rows) <= HIGHEST_ROW
        assert [row["broken"] for row in rows if row["broken"]] == []
    assert sum(row["top"] + row["height"] <= 800 for row in rows) >= min(least_above, len(rows))


@pytest.mark.parametrize("path", ["/", "/log", "/log/received", "/campaigns", "/audit", "/users", "/help"])
async def test_nothing_is_wider_than_a_narrow_screen(screen: Screen, path: str) -> None:
    """WCAG 1.4.10: reflow at 320 pixels."""
    await screen.opens(path, width=320)
    await _picture(screen, f"narrow{path.replace('/', '-')}")
    assert await screen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


async def test_lists_in_cells_keep_their_words_whole(screen: Screen) -> None:
    """A cell that forbids breaks forbids them in what it holds, too (ユーザー: パスワード再設定)."""
    await screen.opens("/users")
    wraps = await screen.page.evaluate(
        "[...document.querySelectorAll('td.is-time li')].map((item) => getComputedStyle(item).whiteSpace)"
    )
    assert wraps
    assert set(wraps) == {"nowrap"}


async def test_forced_colours_show_where_one_is_and_how_far_it_is(screen: Screen) -> None:
    """WCAG 1.4.1, 1.4.11: lines and system colours say what backgrounds say otherwise."""
    await screen.page.emulate_media(forced_colors="active")
    try:
        await screen.opens("/campaigns")
        await _picture(screen, "forced-campaigns")
        marks = await screen.page.evaluate(_MARKS)
        assert marks["other"] == marks["canvas"] != marks["current"]
        bar = screen.page.locator("progress").first
        await bar.evaluate("(bar) => { bar.max = 2; bar.value = 1; bar.style.width = '200px'; }")
        assert await _colours_of(screen, bar) >= 2, "the part that is done is seen"
        await screen.opens("/campaigns/new")
        await _picture(screen, "forced-steps")
        steps = await screen.page.evaluate(
            "[...document.querySelectorAll('.steps li')].map((step) => [step.hasAttribute('aria-current'),"
            " getComputedStyle(step.querySelector('.steps__mark')).backgroundColor])"
        )
        current = {colour for is_current, colour in steps if is_current}
        assert current.isdisjoint({colour for is_current, colour in steps if not is_current})
    finally:
        await screen.page.emulate_media(forced_colors="none")


async def _colours_of(screen: Screen, bar: Any) -> int:
    """How many different colours lie along the middle of a bar."""
    picture = await bar.screenshot()
    return int(
        await screen.page.evaluate(
            """async (data) => {
              const image = new Image();
              image.src = `data:image/png;base64,${data}`;
              await image.decode();
              const canvas = new OffscreenCanvas(image.width, image.height);
              const context = canvas.getContext("2d");
              context.drawImage(image, 0, 0);
              const row = context.getImageData(4, Math.floor(image.height / 2), image.width - 8, 1).data;
              const colours = new Set();
              for (let at = 0; at < row.length; at += 4) colours.add(row.slice(at, at + 3).join());
              return colours.size;
            }""",
            base64.b64encode(picture).decode(),
        )
    )


async def test_on_paper_there_is_nothing_to_press(screen: Screen) -> None:
    """Printed: the rows, whole; no menus, forms and buttons."""
    await screen.page.emulate_media(media="print")
    try:
        await screen.opens("/log")
        await _picture(screen, "print-log")
        for hidden in (".site-header__nav", ".list-search", ".pagination .button"):
            assert await screen.page.locator(hidden).first.is_hidden()
        assert await screen.page.locator("tbody tr").first.is_visible()
        assert (
            await screen.page.locator(".table-scroll").first.evaluate("(e) => getComputedStyle(e).overflowX")
            == "visible"
        )
    finally:
        await screen.page.emulate_media(media="screen")
