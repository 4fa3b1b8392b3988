"""Every page of the running application, wide and narrow: axe-core, no overflow, no word of the policy."""

from collections.abc import Callable
from functools import partial

import httpx
import pytest
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser

from tests.e2e.axe import findings, needs_axe
from tests.e2e.every_page import Person, addresses_of, ids_of, make_campaigns, page_routes, people
from tests.e2e.faults import query
from tests.e2e.pages import FormClient, Visit, visit
from tests.e2e.posted_pages import NO_PAGE, PostedPage, PostedPages, send_forms
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(400), needs_axe]

WIDTHS = (1280, 320)
# Leads on to the first page of its side.
# Leads on, or answers a script that asks to stay signed in.
ALWAYS_ELSEWHERE = {"/operator", "/account/stay", "/operator/account/stay"}
# The error page, which no route has.
NOWHERE = "/nowhere"


def test_every_page_is_accessible_at_both_widths(stack: Stack, browser: Browser) -> None:
    """WCAG 2.2 AA, portal principle 6: as nobody, as a new 企業管理者 on the way in and inside, as operator.

    A page counts as opened when somebody got it; one that nobody gets fails, so that a new page, or a new
    state a page needs, is not left out. The same of forms whose answer is a page.
    """
    staff = FormClient(stack.run["portal_url"], stack.run["companies"][0]["users"][0])
    campaigns = make_campaigns(stack, staff)
    waiting, posted = page_routes(), PostedPages()
    assert len(waiting) > 40
    problems: list[str] = []
    opened: list[str] = []
    for person in people(stack, staff):
        posted.watch(person.http)
        ids = ids_of(stack, campaigns)
        pages: dict[str, str] = {}
        with visit(browser, stack.run["portal_url"]) as seen:
            seen.page.context.add_cookies(_cookies(person, seen.portal))
            for path in list(waiting):
                answers = {
                    address: person.http.get(address, follow_redirects=False)
                    for address in addresses_of(path, ids)
                }
                pages |= {address: answer.text for address, answer in answers.items() if _is_page(answer)}
                if any(answer.status_code == 200 for answer in answers.values()):
                    waiting.remove(path)
            for address in [*pages, NOWHERE if person.name != "operator" else f"/operator{NOWHERE}"]:
                opened.append(f"{person.name}: {address}")
                problems += _look(seen, partial(_opened, seen, address))
        send_forms(stack, person, pages, ids, posted)
    problems += _look_at_answers(stack, browser, posted)
    assert problems == []
    assert set(waiting) == ALWAYS_ELSEWHERE, "nobody could open these"
    assert len(opened) > 50
    assert posted.without() == NO_PAGE, "forms of which no page was seen, and which never answer with one"
    stopped = "SELECT link FROM links WHERE is_stopped"
    assert query(stack, stopped) == [], "what is left so for the tests that share the product"


def _opened(seen: Visit, address: str) -> str:
    seen.open(address)
    return address


def _look_at_answers(stack: Stack, browser: Browser, posted: PostedPages) -> list[str]:
    """What is wrong with pages that answered a form."""
    with visit(browser, stack.run["portal_url"]) as seen:
        return [
            problem for page in posted.found.values() for problem in _look(seen, partial(page.show, seen))
        ]


def test_what_is_wrong_would_be_found(stack: Stack, browser: Browser) -> None:
    """The test above would pass on a tool that finds nothing."""
    with visit(browser, stack.run["portal_url"]) as seen:
        seen.open("/sign-in")
        assert findings(seen.page) == []
        seen.page.evaluate("document.querySelector('main').append(document.createElement('textarea'))")
        assert [problem.split()[0] for problem in findings(seen.page)] == ["label"]
        broken = seen.page.content().replace("</main>", "<table></table></main>")
        PostedPage("/sign-in", 422, {"content-type": "text/html; charset=utf-8"}, broken).show(seen)
        assert seen.page.locator("main table").count() == 1
        assert [problem.split()[0] for problem in findings(seen.page)] == ["label"]


def _is_page(answer: httpx.Response) -> bool:
    """Not a file, a fragment of a page, or a way elsewhere."""
    is_html = answer.headers.get("content-type", "").startswith("text/html")
    return answer.status_code == 200 and is_html and answer.text.lstrip().startswith("<!doctype html>")


def _cookies(person: Person, portal: str) -> list[SetCookieParam]:
    return [
        {"name": cookie.name, "value": cookie.value or "", "url": portal}
        for cookie in person.http.cookies.jar
    ]


def _look(seen: Visit, show: Callable[[], str]) -> list[str]:
    """What is wrong with a page, at each width; ``show`` opens it and returns its name."""
    found = []
    seen.page.set_viewport_size({"width": WIDTHS[0], "height": 800})
    name = show()
    for width in WIDTHS:
        seen.page.set_viewport_size({"width": width, "height": 800})
        found += [f"{name} at {width}: {problem}" for problem in findings(seen.page)]
        beyond = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if beyond > 0:
            found.append(f"{name} is {beyond} pixels too wide at {width}")
    return found
