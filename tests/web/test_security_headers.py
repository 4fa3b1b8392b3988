"""Every answer of the portal carries the strict headers, errors included."""

import httpx
import pytest

from services.database import Database
from tests.web.conftest import PORTAL, Portal, make_portal
from tests.web.routes import address_of, web_routes
from tests.web.staff import Staff, make_check
from web.security_headers import CONTENT_SECURITY_POLICY, SECURITY_HEADERS


def assert_strict(answer: httpx.Response) -> None:
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value
    stored = "no-cache" if answer.url.path.startswith("/static/") else "no-store"
    assert answer.headers["cache-control"] == stored


def test_the_policy_allows_our_own_files_only() -> None:
    """CSP: no inline code, no other origin."""
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY


async def test_every_route_answers_with_them(owner: Staff) -> None:
    """Pages, redirects, downloads, 404, 403 and 405 alike."""
    campaign_id = await make_check(owner)
    for route in web_routes():
        for identity in (campaign_id, "no-id"):
            for method in ("GET", "POST", "DELETE"):
                if route.path != "/sign-out":
                    assert_strict(await owner.client.request(method, address_of(route, identity)))
    for address in ("/nowhere", "/static/css/base.css", "/static/nothing.css"):
        assert_strict(await owner.client.get(address))


async def test_an_unexpected_error_is_a_page_with_them(
    portal: Portal, owner: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500: what happened and what to do, nothing of the inside."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("web.routes.home.home_numbers", broken)
    answer = await owner.open("/")
    assert answer.status_code == 500
    assert "画面を表示できませんでした" in answer.text
    assert "secret detail" not in answer.text
    assert_strict(answer)


async def test_without_the_database_the_portal_says_so(portal: Portal) -> None:
    """Database down is a plain 503 page; the form to sign in can still be read."""
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    app = make_portal(database, portal.jobs_database).app
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PORTAL) as client:
        assert (await client.get("/sign-in")).status_code == 200
        answer = await client.get("/campaigns", headers={"Cookie": "session=x"})
        assert answer.status_code == 503
        assert "登録済みの配信は失われません" in answer.text
        assert answer.headers["retry-after"]
        assert_strict(answer)
    await database.close()


async def test_addresses_for_programs_are_left_alone(portal: Portal) -> None:
    """The API answers its own errors."""
    async with portal.client() as client:
        answer = await client.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Not Found"}
    assert "content-security-policy" not in answer.headers
