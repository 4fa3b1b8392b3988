"""A form counts only with this session's token and from our own pages; looking changes nothing."""

from collections.abc import Callable

import pytest

from tests.web.conftest import PORTAL
from tests.web.routes import address_of, methods_of, permission_of, web_routes
from tests.web.staff import Staff, make_check

FORMS = [route for route in web_routes() if "POST" in methods_of(route) and permission_of(route)]


@pytest.mark.parametrize("sent", [{}, {"csrf_token": ""}, {"csrf_token": "0" * 64}, {"csrf_token": "日本"}])
async def test_every_form_without_the_sessions_token_is_refused(owner: Staff, sent: dict[str, str]) -> None:
    """CSRF: the page says that nothing has happened."""
    for route in FORMS:
        answer = await owner.client.post(address_of(route), data=sent)
        assert answer.status_code == 403, route.path
        assert "画面の有効期限が切れています" in answer.text


async def test_another_sessions_token_is_refused(owner: Staff, somebody: Callable[[], Staff]) -> None:
    """CSRF: the token is bound to the session."""
    other = await somebody().sign_in("senior")
    token = dict(other.form_of("ログアウト").fields)
    assert (await owner.client.post("/sign-out", data=token)).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_posted_from_another_site_is_refused(owner: Staff, headers: dict[str, str]) -> None:
    """CSRF: even with the right token."""
    token = dict(owner.form_of("ログアウト").fields)
    assert (await owner.client.post("/sign-out", data=token, headers=headers)).status_code == 403


async def test_our_own_pages_are_accepted(owner: Staff) -> None:
    """The headers browsers send with our forms."""
    token = dict(owner.form_of("ログアウト").fields)
    headers = {"Origin": PORTAL, "Sec-Fetch-Site": "same-origin"}
    assert (await owner.client.post("/sign-out", data=token, headers=headers)).status_code == 303


async def test_looking_at_every_page_changes_nothing(owner: Staff) -> None:
    """No state change on GET: a prefetching browser cannot send or delete."""
    campaign_id = await make_check(owner)
    for route in web_routes():
        if "GET" in methods_of(route) and "{campaign_id}" in route.path:
            await owner.client.get(address_of(route, campaign_id))
    await owner.open(f"/campaigns/{campaign_id}/check")
    assert owner.has_button("3件を配信する")
