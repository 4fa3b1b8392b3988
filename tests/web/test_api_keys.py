"""API keys: shown once, limited by scope and address, revoked at once (C-1)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.app import ApiSettings, install_api
from domain.rate_limits import LIMITS, LimitKind
from services.rate_limits import take_token
from tests.web.conftest import Portal
from tests.web.staff import Staff


async def made(owner: Staff, **fields: Any) -> str:
    """Make a key; returns it."""
    await owner.open("/api-keys/new")
    usual: dict[str, Any] = {"name": "基幹システム", "scope": "send", "networks": ""}
    await owner.send("APIキーを作る", **{**usual, **fields})
    found = re.search(r"mdp_[\w-]+", owner.response.text)
    assert found is not None, owner.page.text
    return found[0]


async def call(portal: Portal, key: str, method: str = "GET", address: str = "192.0.2.7") -> httpx.Response:
    """Call the API from an address."""
    if not any(getattr(route, "path", "") == "/api/v1" for route in portal.app.routes):
        install_api(portal.app, ApiSettings(maap_webhook_token="token"))
    transport = httpx.ASGITransport(portal.app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://portal.test") as client:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        return await client.request(method, "/api/v1/campaigns", headers=headers, content=b"{}")


async def test_a_key_is_shown_once_and_stored_as_a_hash(portal: Portal, owner: Staff) -> None:
    key = await made(owner)
    await owner.open("/api-keys")
    assert key not in owner.response.text
    assert f"…{key[-4:]}" in owner.page.text
    async with portal.jobs_database.transaction() as session:
        dump = str((await session.execute(text("SELECT api_keys::text FROM api_keys"))).all())
    assert key not in dump
    assert (await call(portal, key)).status_code == 200
    await owner.open("/api-keys")
    assert re.search(r"最後の使用\"[^>]*>\d{4}/", owner.response.text)


async def test_a_key_for_reading_sends_nothing(portal: Portal, owner: Staff) -> None:
    """403 with a code programs can rely on, before the body is read."""
    key = await made(owner, scope="read")
    assert (await call(portal, key)).status_code == 200
    answer = await call(portal, key, "POST")
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


async def test_a_key_works_from_its_networks_only(portal: Portal, owner: Staff) -> None:
    key = await made(owner, networks="192.0.2.0/28\n2001:db8::/32")
    assert (await call(portal, key)).status_code == 200
    answer = await call(portal, key, address="192.0.2.99")
    assert (answer.status_code, answer.json()["code"]) == (403, "address_not_allowed")


async def test_a_revoked_key_is_worthless_at_once(portal: Portal, owner: Staff) -> None:
    key = await made(owner, name="古いキー")
    await owner.open("/api-keys")
    await owner.open(next(link for link in owner.page.links if link.endswith("/revoke")))
    assert "古いキー" in owner.page.text
    await owner.send("このキーを無効にする")
    assert (await call(portal, key)).status_code == 401


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "キーの名前が入力されていません"),
        ({"name": "長" * 51}, "キーの名前が長すぎます（51文字）。50文字以内にしてください。"),
        ({"scope": "everything"}, "できることが選ばれていません"),
        ({"networks": "192.0.2.1 office"}, "（office）"),
        ({"networks": "\n".join(f"192.0.2.{n}" for n in range(51))}, "IPアドレスは50個まで"),
    ],
)
async def test_what_cannot_be_made_says_why(owner: Staff, fields: dict[str, Any], words: str) -> None:
    await owner.open("/api-keys/new")
    usual: dict[str, Any] = {"name": "基幹システム", "scope": "send", "networks": ""}
    answer = await owner.send("APIキーを作る", **{**usual, **fields})
    assert answer.status_code == 422
    assert words in owner.page.text


async def test_another_companys_key_does_not_exist(portal: Portal, owner: Staff) -> None:
    """I9."""
    statement = text(
        "SELECT k.id FROM api_keys k JOIN companies c ON c.id = k.company_id WHERE c.name LIKE 'みどり%'"
    )
    async with portal.jobs_database.transaction() as session:
        foreign = (await session.execute(statement)).scalars().first()
    token = dict(owner.form_of("ログアウト").fields)
    for method in ("GET", "POST"):
        answer = await owner.client.request(method, f"/api-keys/{foreign}/revoke", data=token)
        assert answer.status_code == 404


async def test_guessing_keys_is_slowed_down_and_right_ones_are_never_counted(
    portal: Portal, owner: Staff
) -> None:
    """429 with Retry-After for the address that guesses."""
    key = await made(owner)
    address = "203.0.113.9"
    async with portal.jobs_database.transaction() as session:
        for _ in range(LIMITS[LimitKind.WRONG_KEY].burst):
            # A little ahead of the clock, so that nothing is refilled while the test runs.
            await take_token(session, LimitKind.WRONG_KEY, address, datetime.now(UTC) + timedelta(minutes=1))
    answer = await call(portal, "mdp_wrong", address=address)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert (await call(portal, "mdp_wrong", address="203.0.113.10")).status_code == 401
    assert int(answer.headers["retry-after"]) >= 1
    assert (await call(portal, key, address=address)).status_code == 200
