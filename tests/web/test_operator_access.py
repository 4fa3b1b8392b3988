"""The operators' side and the companies' side never open each other."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from fastapi.routing import APIRoute

from domain.operator_permissions import (
    ROLES_OF_OPERATOR_PERMISSION,
    OperatorPermission,
    OperatorRole,
)
from domain.rate_limits import LIMITS, LimitKind
from services.rate_limits import take_token
from tests.web.conftest import Portal
from tests.web.operators import PASSWORDS, make_operators, sign_in_as
from tests.web.routes import UNKNOWN_ID
from tests.web.staff import Staff
from web.operator.access import RequiresOperator
from web.operator.routes import OPERATOR_ROUTERS
from web.public_routes import PUBLIC_ROUTES


def _routes() -> list[APIRoute]:
    return [route for router in OPERATOR_ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def _guarded() -> list[tuple[str, str, OperatorPermission]]:
    found = []
    for route in _routes():
        for method in sorted(route.methods or ()):
            if (method, route.path) in PUBLIC_ROUTES:
                continue
            calls = [dependency.call for dependency in route.dependant.dependencies]
            guard = next(call for call in calls if isinstance(call, RequiresOperator))
            path = re.sub(r"\{\w+\}", UNKNOWN_ID, route.path.replace("{link}", "sms-au"))
            found.append((method, path, guard.permission))
    return found


GUARDED = _guarded()

# Who of our own side may do what; the code's table must say the same.
ADMIN, ENGINEER, DESK = OperatorRole.OPERATOR_ADMIN, OperatorRole.OPERATOR, OperatorRole.SERVICE_DESK
TABLE = {
    "sign_in": {ADMIN, ENGINEER, DESK},
    "view_links": {ADMIN, ENGINEER, DESK},
    "switch_links": {ADMIN, ENGINEER},
    "change_link_rates": {ADMIN},
    "view_audit": {ADMIN},
    "reset_second_factors": {ADMIN},
    "release_login_ids": {ADMIN, DESK},
}


def test_the_codes_table_is_what_was_agreed() -> None:
    found = {permission.value: set(roles) for permission, roles in ROLES_OF_OPERATOR_PERMISSION.items()}
    assert found == TABLE


async def test_nobody_is_led_to_the_operators_sign_in(visitor: Staff) -> None:
    await _only_sees_the_sign_in(visitor)


async def test_a_company_administrator_is_nobody_here(owner: Staff) -> None:
    await _only_sees_the_sign_in(owner)


async def _only_sees_the_sign_in(somebody: Staff) -> None:
    assert len(GUARDED) > 30
    for method, path, _ in GUARDED:
        answer = await somebody.client.request(method, path)
        assert answer.status_code == 303, path
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["location"].split("?")[0] == "/operator/sign-in"


async def test_who_guesses_at_the_operators_door_waits(portal: Portal) -> None:
    """429 with Retry-After before any password is looked at, from the same bucket as the companies' door."""
    transport = httpx.ASGITransport(portal.app, client=("198.51.100.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://portal.test") as client:
        staff = Staff(client)
        await staff.open("/operator/sign-in")
        form = staff.form_of("ログインする").filled(login_id="chief@operator.example", password="wrong")
        async with portal.jobs_database.transaction() as session:
            for _ in range(LIMITS[LimitKind.SIGN_IN].burst):
                await take_token(session, LimitKind.SIGN_IN, "198.51.100.9", datetime.now(UTC))
        answer = await client.post("/operator/sign-in", data=form)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= LIMITS[LimitKind.SIGN_IN].refill_seconds


@pytest.mark.parametrize("role", list(OperatorRole))
async def test_each_role_opens_what_it_may_and_nothing_else(
    portal: Portal, visitor: Staff, role: OperatorRole
) -> None:
    await make_operators(portal.jobs_database)
    await sign_in_as(visitor, role.value)
    for method, path, permission in GUARDED:
        if path == "/operator/sign-out":
            continue
        answer = await visitor.client.request(method, path)
        if role in TABLE[permission]:
            # A form without our token changes nothing, whoever sends it.
            # Nothing has the id in these addresses.
            expected = (200, 204, 303, 404) if method == "GET" else (403,)
            assert answer.status_code in expected, f"{method} {path}"
        else:
            assert answer.status_code == 403, f"{method} {path}"


async def test_an_operator_is_nobody_on_a_companys_pages(portal: Portal, visitor: Staff) -> None:
    await make_operators(portal.jobs_database)
    await sign_in_as(visitor, "operator_admin")
    for path in ("/", "/campaigns", "/log"):
        assert (await visitor.client.get(path)).headers["location"].startswith("/sign-in")


async def test_both_sides_can_be_open_in_one_browser(portal: Portal, owner: Staff) -> None:
    """Cookies of two names: signing out of one side leaves the other."""
    await make_operators(portal.jobs_database)
    await sign_in_as(owner, "operator")
    await owner.open("/campaigns")
    assert owner.at == "/campaigns"
    await owner.open("/operator/links")
    await owner.send("ログアウト")
    assert owner.at == "/operator/sign-in"
    await owner.open("/campaigns")
    assert owner.at == "/campaigns"


async def test_wrong_words_say_nothing_about_the_account(portal: Portal, visitor: Staff) -> None:
    await make_operators(portal.jobs_database)
    texts = []
    for login_id in (PASSWORDS["service_desk"][0], "nobody@operator.example"):
        await visitor.open("/operator/sign-in")
        await visitor.send("ログインする", login_id=login_id, password="wrong")
        assert visitor.response.status_code == 422
        texts.append(visitor.page.text.replace(login_id, ""))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("address", ["//evil.example", "/campaigns", "https://evil.example", "/operatorx"])
async def test_the_sign_in_leads_to_the_operators_side_only(
    portal: Portal, visitor: Staff, address: str
) -> None:
    await make_operators(portal.jobs_database)
    await visitor.open(f"/operator/sign-in?next={address}")
    login_id, password = PASSWORDS["operator"]
    await visitor.send("ログインする", login_id=login_id, password=password)
    assert visitor.at == "/operator/links"


async def test_the_pages_say_whose_side_this_is(portal: Portal, visitor: Staff) -> None:
    await visitor.open("/operator/sign-in")
    assert "運用者画面" in visitor.page.text
    assert "すべてのご利用企業の配信に影響します" in visitor.page.text
