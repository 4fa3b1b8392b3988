"""The portal's pages in headless Chromium, and what has to hold on every one of them."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, expect

from tests.e2e.invariants import PHONE_NUMBER
from tests.web.html_forms import read_page

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_SCRIPTS = Path(__file__).parent / "page_checks.js"


def launch(playwright: Playwright) -> Browser:
    """Start Debian's Chromium."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@dataclass
class Visit:
    """One browser session: a page, the addresses it asked for, and what its console said."""

    page: Page
    portal: str
    addresses: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def open(self, path: str) -> int:
        """Open a page by its address; returns the status."""
        answer = self.page.goto(f"{self.portal}{path}")
        assert answer is not None
        return answer.status

    def press(self, button: str) -> None:
        """Press the button whose words contain ``button``."""
        self.page.get_by_role("button", name=button).click()

    def follow(self, link: str, *, exact: bool = False) -> None:
        """Follow the first link with these words."""
        self.page.get_by_role("link", name=link, exact=exact).first.click()

    def shows(self, *words: str) -> None:
        """Assert that the page comes to show all of ``words``."""
        for wanted in words:
            expect(self.page.locator("main")).to_contain_text(wanted)

    def arrives(self, heading: str) -> None:
        """Wait for the page with this first heading: a button may wait for what its page is saving."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    @property
    def path(self) -> str:
        """The path of the open page."""
        return urlsplit(self.page.url).path

    @property
    def path_id(self) -> str:
        """The id in the address of a campaign's or a message's page."""
        return self.path.split("/")[2]

    def sign_in(self, user: Mapping[str, str]) -> None:
        """Sign in by mouse."""
        self.open("/sign-in")
        self.page.get_by_label("ログインID").fill(user["login_id"])
        self.page.get_by_label("パスワード").fill(user["password"])
        self.press("ログインする")
        expect(self.page.get_by_role("heading", level=1)).to_have_text("ホーム")

    def look(self) -> None:
        """Assert labels, headings and names of the page, and that it fits a window 320 pixels wide."""
        self.page.wait_for_load_state()
        problems = self.page.evaluate(_SCRIPTS.read_text("utf-8"))
        assert problems == [], f"{self.path}: {problems}"
        self.page.set_viewport_size({"width": 320, "height": 700})
        beyond = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        self.page.set_viewport_size({"width": 1280, "height": 800})
        assert beyond <= 0, f"{self.path} is {beyond} pixels too wide at 320"

    def figures(self) -> dict[str, int]:
        """The big numbers of the page by their names."""
        boxes = self.page.locator(".figure")
        return {
            box.locator("dt").inner_text(): number_in(box.locator("dd").inner_text()) for box in boxes.all()
        }

    def tab_to(self, name: str) -> None:
        """Press Tab until the element with this name has the focus; its focus mark must be seen."""
        for _ in range(40):
            self.page.keyboard.press("Tab")
            here = self.page.evaluate(
                "(e => [e.labels?.[0]?.innerText ?? e.innerText ?? '', getComputedStyle(e).outlineStyle])"
                "(document.activeElement)"
            )
            if name in here[0]:
                assert here[1] != "none", f"no focus mark on {name}"
                return
        raise AssertionError(f"{name!r} cannot be reached with the Tab key at {self.path}")


@contextmanager
def visit(browser: Browser, portal: str, tolerates: str = r"4\d\d", **options: Any) -> Iterator[Visit]:
    """Open a session; at its end, no console error, no CSP violation, no phone number in an address.

    ``tolerates``: statuses whose answers are part of what is tested; Chromium notes them by itself.
    """
    own_note = re.compile(f"Failed to load resource: the server responded with a status of {tolerates}")
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="ja-JP", timezone_id="Asia/Tokyo", **options
    )
    context.set_default_timeout(15_000)
    expect.set_options(timeout=15_000)
    seen = Visit(context.new_page(), portal)

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not own_note.match(message.text):
            seen.console.append(f"{message.text} at {seen.page.url}")

    def remember(request: Request) -> None:
        seen.addresses.append(request.url)

    context.on("console", note)
    context.on("weberror", lambda error: seen.console.append(str(error.error)))
    context.on("request", remember)
    try:
        yield seen
    finally:
        context.close()
    assert seen.console == []
    assert [address for address in seen.addresses if PHONE_NUMBER.search(address)] == []
    assert all(address.startswith((portal, "data:", "blob:")) for address in seen.addresses)


def number_in(words: str) -> int:
    """The first number of a text, its thousands separated or not."""
    found = re.search(r"\d[\d,]*", words)
    assert found, words
    return int(found[0].replace(",", ""))


def csv_of(rows: Sequence[tuple[str, ...]], encoding: str) -> bytes:
    """A recipient list as Excel saves it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([("電話番号", "氏名", "予約日時"), *rows])
    return text.getvalue().encode(encoding)


class FormClient:
    """Fills in the portal's forms over plain HTTP, for a list too long to watch."""

    def __init__(self, portal: str, user: Mapping[str, str]) -> None:
        self.http = httpx.Client(base_url=portal, follow_redirects=True, timeout=60)
        self.answer = self.http.get("/sign-in")
        self.send("ログインする", login_id=user["login_id"], password=user["password"])

    def open(self, path: str) -> None:
        """Open a page."""
        self.answer = self.http.get(path)

    def send(self, button: str, *, file: tuple[str, bytes] | None = None, **values: str) -> None:
        """Press a button with some fields filled in; the page after it must not be an error."""
        for form in read_page(self.answer.text).forms:
            for label, name, value in form.buttons:
                if button in label:
                    fields = form.filled(**values, **({name: value} if name else {}))
                    address = form.action or self.answer.url.path
                    files = {"file": file} if file else None
                    self.answer = self.http.post(address, data=fields, files=files)
                    assert self.answer.status_code == 200, read_page(self.answer.text).text
                    return
        raise AssertionError(f"no button {button!r} at {self.answer.url.path}")

    @property
    def path_id(self) -> str:
        """The id in the address of a campaign's or a message's page."""
        return self.answer.url.path.split("/")[2]
