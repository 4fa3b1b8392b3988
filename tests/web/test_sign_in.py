"""Signing in and out, and the cookie in between (C-4)."""

from typing import Any

import httpx
import pytest

from services.database import Database
from tests.web.conftest import PORTAL, Portal, make_portal
from tests.web.staff import Staff

LOGIN = {"login_id": "senior@sakura.example", "password": "Demo-sakura-senior-2026"}


@pytest.mark.parametrize(
    "changed",
    [{"password": "wrong"}, {"login_id": "nobody@sakura.example"}, {"login_id": "", "password": ""}],
)
async def test_a_wrong_pair_gets_one_and_the_same_answer(visitor: Staff, changed: dict[str, Any]) -> None:
    """C-4: nothing tells which half was wrong."""
    await visitor.open("/sign-in")
    answer = await visitor.send("ログインする", **{**LOGIN, **changed})
    assert answer.status_code == 422
    assert "ログインIDまたはパスワードが違います" in visitor.page.text
    assert 'aria-invalid="true"' in answer.text
    assert 'aria-describedby="login_id-error"' in answer.text


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: Staff) -> None:
    """Sessions are server-side; the cookie is HttpOnly, Lax, for the whole portal."""
    await visitor.open("/sign-in")
    answer = await visitor.client.post("/sign-in", data=visitor.form_of("ログイン").filled(**LOGIN))
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("session="))
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie


async def test_over_https_the_cookies_are_bound_to_the_host(portal: Portal) -> None:
    """``__Host-`` and Secure wherever the portal is not on the own machine; HSTS with them."""
    secure = make_portal(portal.database, portal.jobs_database, cookie_secure=True)
    transport = httpx.ASGITransport(secure.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://portal.test") as client:
        staff = Staff(client)
        await staff.open("/sign-in")
        answer = await client.post("/sign-in", data=staff.form_of("ログイン").filled(**LOGIN))
        cookie = next(c for c in answer.headers.get_list("set-cookie") if "session=" in c)
        assert cookie.startswith("__Host-session=")
        assert "Secure" in cookie
        assert "max-age" in answer.headers["strict-transport-security"]


async def test_signing_out_ends_the_session_on_the_server(visitor: Staff) -> None:
    """A stolen cookie is worth nothing afterwards."""
    await visitor.sign_in("senior")
    token = visitor.client.cookies["session"]
    await visitor.send("ログアウト")
    assert visitor.at == "/sign-in"
    visitor.client.cookies.set("session", token, domain="portal.test")
    await visitor.open("/campaigns")
    assert visitor.at == "/sign-in"


@pytest.mark.parametrize(
    "address", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "/a\tb", ""]
)
async def test_after_signing_in_one_stays_in_the_portal(visitor: Staff, address: str) -> None:
    """No open redirect."""
    await visitor.open("/sign-in")
    form = visitor.form_of("ログイン").filled(**LOGIN, next=address)
    answer = await visitor.client.post("/sign-in", data=form)
    assert answer.headers["location"] == "/"


async def test_a_sign_in_form_from_elsewhere_is_refused(visitor: Staff) -> None:
    """Nobody is signed in to somebody else's account unawares."""
    await visitor.open("/sign-in")
    form = visitor.form_of("ログイン").filled(**LOGIN, csrf_token="x")
    answer = await visitor.client.post("/sign-in", data=form)
    assert answer.status_code == 403
    assert "session=" not in answer.headers.get("set-cookie", "")


async def test_a_fragment_without_a_session_sends_the_page_to_the_form(visitor: Staff) -> None:
    """A page left open overnight does not fill with a sign-in form."""
    answer = await visitor.client.get("/campaigns", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in"


async def test_hints_for_trying_out_are_a_setting(portal: Portal, visitor: Staff, database_url: str) -> None:
    """The local page names demo sign-ins; a production page never does."""
    await visitor.open("/sign-in")
    assert "お試し用のログイン" in visitor.page.text
    database = Database(database_url)
    production = make_portal(database, portal.jobs_database)
    settings = production.app.state.web_settings
    production.app.state.web_settings = type(settings)(portal_url=settings.portal_url)
    transport = httpx.ASGITransport(production.app)
    async with httpx.AsyncClient(transport=transport, base_url=PORTAL) as client:
        assert "お試し用" not in (await client.get("/sign-in")).text
    await database.close()
