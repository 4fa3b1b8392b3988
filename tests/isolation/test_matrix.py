"""C-1, from the running application: every role against every route and method, keys and nobody included."""

from collections.abc import Mapping
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route

from api.headers import MACHINE_HEADERS, is_for_programs
from domain.permissions import ROLES_OF_PERMISSION, Permission, Role
from tests.architecture.test_routes import declared_access, routes_below
from tests.isolation.conftest import Whole
from tests.isolation.test_two_companies import LOGINS, RANDOM
from tests.web.staff import Staff
from web.security_headers import SECURITY_HEADERS

# The role table of the service as its contract has it; the code's must say the same (docs/requirements.md).
TABLE: Mapping[str, set[Role]] = {
    "sign_in": set(Role),
    "view_campaigns": set(Role),
    "save_drafts": set(Role),
    "view_address_book": set(Role),
    "use_support": set(Role),
    "send_campaigns": {Role.COMPANY_ADMIN, Role.SENIOR_ADMIN, Role.ADMIN},
    "edit_address_book": {Role.COMPANY_ADMIN, Role.SENIOR_ADMIN, Role.ADMIN},
    "view_reports": {Role.COMPANY_ADMIN, Role.SENIOR_ADMIN},
    "manage_opt_outs": {Role.COMPANY_ADMIN, Role.SENIOR_ADMIN},
    "manage_users": {Role.COMPANY_ADMIN},
}


def routes(whole: Whole) -> list[tuple[str, str, Route]]:
    """(method, address with an unknown id, route)."""
    found = []
    for path, route in routes_below(list(whole.app.routes)):
        address = path
        for part in path.split("/"):
            if part.startswith("{"):
                address = address.replace(part, "docomo" if part == "{carrier}" else str(RANDOM))
        found += [(method, address, route) for method in sorted(route.methods or ())]
    return found


def pages(whole: Whole) -> list[tuple[str, str, Permission]]:
    """The routes that name a permission of the role table."""
    listed = [(m, address, declared_access(address, route)) for m, address, route in routes(whole)]
    return [(m, address, access) for m, address, access in listed if isinstance(access, Permission)]


def test_the_codes_table_is_the_contracts() -> None:
    assert {permission.value: set(roles) for permission, roles in ROLES_OF_PERMISSION.items()} == TABLE


@pytest.mark.parametrize("role", Role)
async def test_a_role_is_let_in_exactly_where_the_table_says(whole: Whole, role: Role) -> None:
    async with whole.client() as client:
        staff = await Staff(client).sign_in(LOGINS[role])
        token = dict(staff.form_of("ログアウト").fields)
        tried = 0
        for method, address, permission in pages(whole):
            if address == "/sign-out":
                continue
            answer = await client.request(method, address, data=token if method != "GET" else None)
            assert answer.status_code < 500, f"{method} {address}"
            assert (answer.status_code == 403) == (role not in TABLE[permission]), f"{method} {address}"
            tried += 1
    assert tried > 25


async def test_no_form_counts_without_our_token(whole: Whole, staff: Staff) -> None:
    """CSRF: neither a missing token, nor a stranger's, nor a right one sent from another site."""
    await staff.open("/")
    right = dict(staff.form_of("ログアウト").fields)["csrf_token"]
    for method, address, _ in pages(whole):
        if method == "GET":
            continue
        for data, headers in (
            ({}, {}),
            ({"csrf_token": "0" * 64}, {}),
            ({"csrf_token": right}, {"Sec-Fetch-Site": "cross-site"}),
            ({"csrf_token": right}, {"Sec-Fetch-Site": "same-site"}),
            ({"csrf_token": right}, {"Origin": "https://evil.example"}),
            ({"csrf_token": right}, {"Origin": "null"}),
        ):
            answer = await staff.client.request(method, address, data=data, headers=headers)
            assert answer.status_code == 403, f"{method} {address} {data} {headers}"


async def test_nobody_and_wrong_keys_get_nowhere(whole: Whole) -> None:
    """Each route leads to the sign-in, asks for a key, or is public on purpose."""
    async with whole.client() as nobody, whole.client(Authorization="Bearer mdp_wrong") as wrong:
        for method, address, route in routes(whole):
            access = declared_access(route.path, route) or declared_access(address, route)
            for client in (nobody, wrong):
                answer = await client.request(method, address)
                if isinstance(access, Permission):
                    assert answer.status_code == 303, f"{method} {address}"
                    assert answer.headers["location"].startswith("/sign-in")
                elif str(access).startswith("operator: "):
                    assert answer.status_code == 303, f"{method} {address}"
                    assert answer.headers["location"].startswith("/operator/sign-in")
                elif access == "key":
                    assert answer.status_code == 401, f"{method} {address}"


async def test_a_companys_administrator_is_nobody_to_the_operators_pages(whole: Whole, staff: Staff) -> None:
    """The two kinds of sign-ins never mix."""
    for method, address, route in routes(whole):
        if str(declared_access(address, route)).startswith("operator: "):
            answer = await staff.client.request(method, address)
            assert answer.status_code == 303, f"{method} {address}"
            assert answer.headers["location"].startswith("/operator/sign-in")


async def test_reading_is_never_writing(whole: Whole, staff: Staff) -> None:
    """No state change on GET: no row of the company's is added, changed or removed by opening every page."""
    # A session's last use; the check of a list, which is kept so that it need not be made again.
    kept = {"user_sessions", "recipient_uploads", "recipient_upload_rows"}
    tables = await whole.companies.rows(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        " AND relname <> 'alembic_version'"
    )

    async def written() -> dict[str, Any]:
        digest = "SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {} t"
        names = sorted({name for (name,) in tables} - kept)
        return {name: await whole.companies.one(digest.format(name)) for name in names}

    campaigns, messages = (whole.sakura.ids[name] for name in ("campaign_id", "message_id"))
    before = await written()
    for method, address, _ in pages(whole):
        if method == "GET":
            for identity in (*campaigns, *messages):
                await staff.client.get(address.replace(str(RANDOM), str(identity)))
    assert await written() == before
    assert before["messages"]


async def test_every_answer_carries_the_strict_headers(whole: Whole, staff: Staff) -> None:
    """Pages, files, problems, redirects, refusals, wrong methods: all of them, on every route."""
    addresses = {address for _, address, _ in routes(whole) if address != "/sign-out"}
    addresses |= {"/nowhere", "/api/v1/nowhere", "/api/v2", "/callbacks/nowhere", "/static/css/base.css"}
    async with whole.program(whole.sakura) as program, whole.client() as nobody:
        for address in sorted(addresses):
            expected = MACHINE_HEADERS if is_for_programs(address) else SECURITY_HEADERS
            for client in (staff.client, program, nobody):
                for method in ("GET", "PUT"):
                    answer = await client.request(method, address)
                    for name, value in expected.items():
                        assert answer.headers.get(name) == value, f"{method} {address} {name}"
                    assert "server" not in answer.headers


async def test_an_error_nobody_foresaw_carries_them_too(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("api.campaigns.list_campaigns", broken)
    async with whole.program(whole.sakura) as program:
        answer = await program.get("/api/v1/campaigns")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert {name: answer.headers.get(name) for name in MACHINE_HEADERS} == dict(MACHINE_HEADERS)


def test_every_route_of_the_application_is_one_of_the_kinds(whole: Whole) -> None:
    """A new route without a permission fails."""
    for _, address, route in routes(whole):
        if isinstance(route, APIRoute):
            assert declared_access(route.path, route) or declared_access(address, route), address
