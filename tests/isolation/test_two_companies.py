"""I9: nothing one company is shown holds anything of another, and another's ids are like no ids at all."""

import re
from collections import deque
from uuid import UUID

import httpx
import pytest
from fastapi.routing import APIRoute

from domain.permissions import Role
from tests.architecture.test_routes import routes_below
from tests.isolation.conftest import Marked, Whole
from tests.web.html_forms import read_page
from tests.web.staff import Staff

LOGINS = {
    Role.COMPANY_ADMIN: "owner",
    Role.SENIOR_ADMIN: "senior",
    Role.ADMIN: "admin",
    Role.GENERAL_USER: "staff",
}
RANDOM = UUID("01920000-0000-7000-8000-00000000dead")


def assert_without(traces: list[str], answer: httpx.Response) -> None:
    for trace in traces:
        assert trace not in answer.text, f"{answer.request.method} {answer.request.url} shows {trace}"
        assert trace not in str(dict(answer.headers)), f"{answer.request.url}: headers show {trace}"


async def crawl(staff: Staff, traces: list[str]) -> list[str]:
    """Follow every link there is, as a page and as a fragment; return the addresses."""
    seen, waiting = {"/"}, deque(["/"])
    while waiting:
        address = waiting.popleft()
        for headers in ({}, {"HX-Request": "true"}):
            answer = await staff.client.get(address, headers=headers, follow_redirects=True)
            assert answer.status_code < 500, address
            assert_without(traces, answer)
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            page = read_page(answer.text)
            forms = [form.action for form in page.forms if form.method == "get"]
            for link in [*page.links, *forms]:
                target = str(answer.url.join(link.partition("#")[0] or ".").raw_path, "ascii") if link else ""
                if link.startswith("/") and target not in seen:
                    seen.add(target)
                    waiting.append(target)
    return sorted(seen)


@pytest.mark.parametrize("role", Role)
async def test_a_crawl_of_everything_meets_no_mark_of_the_other_company(whole: Whole, role: Role) -> None:
    async with whole.client() as client:
        staff = await Staff(client).sign_in(LOGINS[role])
        addresses = await crawl(staff, whole.midori.traces())
        own = await client.get(f"/campaigns/{whole.sakura.ids['campaign_id'][0]}")
    assert whole.sakura.mark in own.text, "the marks are where they would be found"
    assert len(addresses) > 15
    if role is Role.COMPANY_ADMIN:
        for part in ("/audit", "/log", "/messages/", "/campaigns/"):
            assert any(address.startswith(part) for address in addresses), part


async def test_a_programs_answers_hold_no_mark_of_the_other_company(whole: Whole) -> None:
    async with whole.program(whole.sakura) as client:
        listed = await client.get("/api/v1/campaigns", params={"limit": 100})
        assert whole.sakura.mark in listed.text
        answers = [listed, await client.get("/api/v1/openapi.json")]
        for campaign in whole.sakura.ids["campaign_id"]:
            answers.append(await client.get(f"/api/v1/campaigns/{campaign}"))
            answers.append(await client.get(f"/api/v1/campaigns/{campaign}/messages"))
        messages = whole.sakura.ids["message_id"]
        answers += [await client.get(f"/api/v1/messages/{message}") for message in messages]
    for answer in answers:
        assert answer.status_code == 200, answer.request.url
        assert_without(whole.midori.traces(), answer)


def routes_with_ids(whole: Whole, prefix: str = "/") -> list[tuple[str, str, str]]:
    """(method, path, name of the id) of every route of the running application that has an id in it."""
    found = []
    for path, route in routes_below(list(whole.app.routes)):
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        # Carriers and links are no company's; company users do not get to the operators' pages at all.
        is_ours = "{carrier}" not in path and not path.startswith("/operator/")
        if isinstance(route, APIRoute) and names and path.startswith(prefix) and is_ours:
            found += [(method, path, names[0]) for method in sorted(route.methods or ())]
    return found


def ids_of(marked: Marked, name: str) -> list[UUID]:
    """A new kind of id in an address must be filled into both companies, or this fails."""
    return marked.ids[name]


def same_text(answer: httpx.Response) -> str:
    """The answer without the request's own number and its form's token, which differ each time."""
    text = answer.text.replace(answer.headers["X-Request-ID"], "NUMBER")
    return re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1", text)


async def test_every_page_answers_another_companys_id_like_a_random_one(whole: Whole, staff: Staff) -> None:
    """Every address, every method; the answer's body does not give existence away either."""
    await staff.open("/")
    token = dict(staff.form_of("ログアウト").fields)
    routes = [entry for entry in routes_with_ids(whole) if not entry[1].startswith("/api")]
    assert len(routes) > 20
    for method, path, name in routes:
        for foreign in ids_of(whole.midori, name):
            answers = []
            for identity in (foreign, RANDOM):
                address = path.replace(f"{{{name}}}", str(identity))
                answer = await staff.client.request(method, address, data=token)
                answers.append((answer.status_code, same_text(answer).replace(str(identity), "ID")))
                assert_without([whole.midori.mark, whole.midori.phone_number], answer)
            assert answers[0][0] == 404, f"{method} {path}"
            assert answers[0] == answers[1], f"{method} {path} tells which ids exist"


async def test_the_api_answers_another_companys_id_like_a_random_one(whole: Whole) -> None:
    routes = routes_with_ids(whole, "/api/v1")
    assert len(routes) >= 4
    async with whole.program(whole.sakura) as client:
        for method, path, name in routes:
            for foreign in ids_of(whole.midori, name):
                answers = [
                    await client.request(method, path.replace(f"{{{name}}}", str(identity)))
                    for identity in (foreign, RANDOM)
                ]
                assert [answer.status_code for answer in answers] == [404, 404], f"{method} {path}"
                assert same_text(answers[0]) == same_text(answers[1])


async def test_another_companys_id_in_a_form_or_a_search_finds_nothing(whole: Whole, staff: Staff) -> None:
    """Ids travel in fields as well: filters, cursors."""
    campaign, message = whole.midori.ids["campaign_id"][0], whole.midori.ids["message_id"][0]
    for address in (
        f"/log?campaign={campaign}",
        f"/log?cursor={message}",
        f"/campaigns?cursor={campaign}",
        f"/audit?person={campaign}",
    ):
        answer = await staff.open(address)
        assert answer.status_code == 200
        assert_without([whole.midori.mark], answer)
    await staff.open("/log")
    await staff.send("検索する", phone_number=whole.midori.phone_number)
    assert "条件に合う配信はありません" in staff.page.text
    async with whole.program(whole.sakura) as client:
        answer = await client.get("/api/v1/campaigns", params={"cursor": str(campaign)})
        assert_without([whole.midori.mark], answer)


async def test_what_was_tried_changed_nothing(whole: Whole) -> None:
    """After all the tests above: Midori has what it had."""
    statement = "SELECT count(*) FROM {} WHERE company_id = :company"
    for table, expected in (("campaigns", 3), ("messages", 2), ("billing_entries", 1)):
        found = await whole.companies.one(statement.format(table), company=whole.midori.company.company_id)
        assert found == expected, table
