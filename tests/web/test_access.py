"""Who may open what (C-1), whose data it is, and what happens without a sign-in."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.routing import APIRoute

from domain.permissions import Permission, Role, allows
from tests.web.conftest import Portal
from tests.web.routes import UNKNOWN_ID, address_of, methods_of, permission_of, web_routes
from tests.web.staff import Staff, make_check, make_draft
from web.public_routes import PUBLIC_ROUTES

LOGINS = {
    Role.COMPANY_ADMIN: "owner",
    Role.SENIOR_ADMIN: "senior",
    Role.ADMIN: "admin",
    Role.GENERAL_USER: "staff",
}
PROTECTED = [route for route in web_routes() if permission_of(route) is not None]


def name_of(route: APIRoute) -> str:
    return f"{'/'.join(methods_of(route))} {route.path}"


@pytest.mark.parametrize("route", web_routes(), ids=name_of)
def test_every_route_declares_its_permission_or_is_listed_public(route: APIRoute) -> None:
    """C-1: no page is open by oversight."""
    is_public = all((method, route.path) in PUBLIC_ROUTES for method in methods_of(route))
    assert is_public != (permission_of(route) is not None)


@pytest.mark.parametrize("role", Role)
async def test_a_role_gets_403_for_exactly_what_it_may_not_do(
    portal: Portal, visitor: Staff, role: Role
) -> None:
    """C-1, as the table says. An unknown id shows that permission is asked before existence."""
    await visitor.sign_in(LOGINS[role])
    token = dict(visitor.form_of("ログアウト").fields)
    for route in PROTECTED:
        permission = permission_of(route)
        assert permission is not None
        if route.path == "/sign-out":
            continue
        for method in methods_of(route):
            answer = await visitor.client.request(method, address_of(route), data=token)
            assert (answer.status_code == 403) != allows(role, permission), f"{method} {route.path}"


async def test_general_users_write_drafts_and_see_no_button_to_send(visitor: Staff) -> None:
    """C-1: what a role may not do is not shown, and its address answers 403."""
    await visitor.sign_in("staff")
    campaign_id = await make_check(visitor, name="一般利用者の下書き")
    assert "お使いのアカウントでは送信できません" in visitor.page.text
    assert not visitor.has_button("件を配信する")
    token = dict(visitor.form_of("ログアウト").fields)
    answer = await visitor.client.post(f"/campaigns/{campaign_id}/send", data=token)
    assert answer.status_code == 403
    assert "権限がありません" in answer.text
    assert "/log" not in visitor.page.links


async def test_reports_are_for_those_who_may_view_them(visitor: Staff) -> None:
    """C-1: 管理者 sends but has no reports."""
    await visitor.sign_in("admin")
    assert "/log" not in visitor.page.links
    assert (await visitor.open("/log")).status_code == 403


async def test_another_companys_campaign_does_not_exist(
    portal: Portal, owner: Staff, somebody: Callable[[], Staff]
) -> None:
    """I9: a foreign id answers like an unknown one, on every page and form."""
    draft = await make_draft(owner, name="さくらの下書き")
    await make_check(owner, name="さくらの案件")
    await owner.send("3件を配信する")
    registered = owner.campaign_id
    await owner.open("/log")
    message = next(link for link in owner.page.links if link.startswith("/messages/")).split("/")[2]
    stranger = await somebody().sign_in("owner", "midori")
    token = dict(stranger.form_of("ログアウト").fields)
    for route in PROTECTED:
        ids = [message] if "{message_id}" in route.path else [draft, registered]
        for identity in ids if "{" in route.path else []:
            for method in methods_of(route):
                answer = await stranger.client.request(method, address_of(route, identity), data=token)
                assert answer.status_code == 404, f"{method} {route.path}"
                assert "さくら" not in answer.text
    await stranger.open(f"/log?campaign={registered}")
    assert "条件に合う配信はありません" in stranger.page.text


async def test_without_a_sign_in_every_page_leads_to_the_form(portal: Portal, visitor: Staff) -> None:
    """C-1: and back to where one wanted to go."""
    for route in PROTECTED:
        for method in methods_of(route):
            answer = await visitor.client.request(method, address_of(route))
            assert answer.status_code == 303, f"{method} {route.path}"
            assert answer.headers["location"].startswith("/sign-in")
    await visitor.open("/campaigns?status=draft")
    login: dict[str, Any] = {"login_id": "owner@sakura.example", "password": "Demo-sakura-owner-2026"}
    await visitor.send("ログインする", **login)
    assert visitor.at == "/campaigns"


async def test_malformed_and_unknown_ids_are_the_same_page(owner: Staff) -> None:
    """An address that names nothing says so."""
    for address in ("/campaigns/1", f"/campaigns/{UNKNOWN_ID}", f"/messages/{UNKNOWN_ID}", "/nowhere"):
        assert (await owner.open(address)).status_code == 404
        assert "ページが見つかりません" in owner.page.text


def test_permissions_used_are_those_of_the_role_table() -> None:
    """C-1: sending needs its own permission, reports theirs."""
    used = {route.path: permission_of(route) for route in PROTECTED if "POST" in methods_of(route)}
    assert used["/campaigns/{campaign_id}/send"] is Permission.SEND_CAMPAIGNS
    assert used["/campaigns/{campaign_id}/cancel"] is Permission.SEND_CAMPAIGNS
    assert used["/campaigns/{campaign_id}/edit/confirm"] is Permission.SEND_CAMPAIGNS
    assert used["/log"] is Permission.VIEW_REPORTS
