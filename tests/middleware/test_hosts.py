"""The portal answers to its own names only, and repeats nobody else's."""

import httpx
import pytest
from pydantic import SecretStr

from middleware.hosts import allowed_hosts, host_of
from workers.portal import build_app
from workers.settings import Settings


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("portal.example.jp", "portal.example.jp"),
        ("Portal.Example.JP.:443", "portal.example.jp"),
        ("127.0.0.1:8000", "127.0.0.1"),
        ("[::1]:8000", "::1"),
        ("[0:0::1]", "::1"),
        ("", None),
        ("[", None),
        ("[zz]", None),
        ("[:::]", None),
        ("a b", None),
        ("user@portal.example.jp", None),
        ("portal.example.jp:port", None),
        ("portal.example.jp:", None),
        ("portal.example.jp, evil.example", None),
        ("ポータル", None),
        ("evil.example/portal.example.jp", None),
        ("\0", None),
    ],
)
def test_a_host_is_read_or_refused(header: str, host: str | None) -> None:
    assert host_of(header) == host


def test_names_come_from_the_portals_address_and_from_the_setting() -> None:
    allowed = allowed_hosts("https://Portal.example.jp:8443", "api.example.jp, Old.example.jp. 10.0.0.5")
    assert allowed == {
        "portal.example.jp",
        "api.example.jp",
        "old.example.jp",
        "10.0.0.5",
        "localhost",
        "127.0.0.1",
        "::1",
    }


@pytest.fixture(scope="module")
def browser() -> httpx.AsyncClient:
    app = build_app(
        Settings(
            database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none"),
            portal_url="https://portal.example.jp",
            allowed_hosts="api.example.jp",
        )
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="https://portal.example.jp")


@pytest.mark.parametrize("host", ["portal.example.jp", "api.example.jp:443", "127.0.0.1:8000", "localhost"])
async def test_own_names_are_answered(browser: httpx.AsyncClient, host: str) -> None:
    assert (await browser.get("/sign-in", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(("host", "status"), [("evil.example", 421), ("[", 400), ("a b", 400), ("", 400)])
@pytest.mark.parametrize(
    "path", ["/sign-in", "/campaigns/", "/api/v1/campaigns/", "/static/js/once.js", "/no"]
)
async def test_other_names_are_refused_and_not_repeated(
    browser: httpx.AsyncClient, host: str, status: int, path: str
) -> None:
    answer = await browser.get(path, headers={"Host": host})
    assert answer.status_code == status
    assert "evil" not in answer.text
    assert "evil" not in str(answer.headers)
    kind = "application/problem+json" if path.startswith("/api") else "text/html; charset=utf-8"
    assert answer.headers["Content-Type"] == kind


@pytest.mark.parametrize("path", ["/health/live", "/metrics"])
async def test_monitoring_reaches_the_process_by_any_name(browser: httpx.AsyncClient, path: str) -> None:
    """Health checks and Prometheus call a container's name or address."""
    assert (await browser.get(path, headers={"Host": "portal:8000"})).status_code == 200
    assert (await browser.get(path, headers={"Host": "10.0.0.7"})).status_code == 200


async def test_carriers_reach_the_callbacks_by_any_name(browser: httpx.AsyncClient) -> None:
    """Over a leased line we may be an address; the token tells who may post."""
    answer = await browser.get("/callbacks/maap/docomo", headers={"Host": "10.1.2.3"})
    assert answer.status_code == 405


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("/campaigns/", "/campaigns"),
        ("/campaigns//", "/campaigns"),
        ("/campaigns/?status=draft&x=%2F%2Fevil.example", "/campaigns?status=draft&x=%2F%2Fevil.example"),
        ("/api/v1/campaigns/", "/api/v1/campaigns"),
        ("/operator/links/", "/operator/links"),
    ],
)
async def test_a_slash_too_many_leads_to_the_page_without_naming_a_host(
    browser: httpx.AsyncClient, address: str, location: str
) -> None:
    answer = await browser.get(address)
    assert (answer.status_code, answer.headers["Location"]) == (307, location)


@pytest.mark.parametrize("address", ["//evil.example/", "/\\evil.example/", "/%2Fevil.example/", "/no/such/"])
async def test_other_slashes_lead_nowhere(browser: httpx.AsyncClient, address: str) -> None:
    answer = await browser.get(f"https://portal.example.jp{address}")
    assert answer.status_code == 404
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/sign-in", "/health/live", "/static/js/once.js", "/api/v1/openapi.json", "/no"]
)
async def test_head_is_get_without_a_body(browser: httpx.AsyncClient, path: str) -> None:
    got, head = await browser.get(path), await browser.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    # Pages hold a token of their own each time; files are the same.
    length = ("Content-Length",) if path.startswith("/static/") else ()
    for name in ("Content-Type", "Cache-Control", "Content-Security-Policy", *length):
        assert head.headers.get(name) == got.headers.get(name), name


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/sign-in", "GET, HEAD, POST"),
        ("PUT", "/password-reset", "GET, HEAD, POST"),
        ("GET", "/sign-out", "POST"),
        ("POST", "/", "GET, HEAD"),
        ("DELETE", "/operator/sign-in", "GET, HEAD, POST"),
        ("POST", "/static/js/once.js", "GET, HEAD"),
        ("DELETE", "/api/v1/campaigns", "GET, HEAD, POST"),
        ("GET", "/callbacks/maap/docomo", "POST"),
        ("POST", "/health/live", "GET, HEAD"),
        ("OPTIONS", "/campaigns/new", "GET, HEAD, POST"),
    ],
)
async def test_405_names_every_method_the_address_takes(
    browser: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await browser.request(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
