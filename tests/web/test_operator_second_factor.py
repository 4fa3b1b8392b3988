"""Operators' second factor through the pages: required, set up, used, lost; and their own account."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from domain.sign_in_steps import MAX_FAILURES
from tests.web.conftest import Portal
from tests.web.operators import (
    PASSWORDS,
    forget_confirmation,
    make_operators,
    require_factor,
    sign_in_as,
)
from tests.web.staff import Staff
from tests.web.test_second_factor import code, forget_used_steps, secret_on, sets_up

SIDE = "/operator"
FACTOR_PAGE = "/operator/account/second-factor"


def login(role: str) -> dict[str, Any]:
    login_id, password = PASSWORDS[role]
    return {"login_id": login_id, "password": password}


async def takes_away(portal: Portal, role: str) -> None:
    """Leave the operator as it was, for the other tests."""
    async with portal.jobs_database.transaction() as session:
        for table in ("operator_totp_secrets", "operator_backup_codes"):
            of_operator = "operator_id = (SELECT id FROM operators WHERE login_id = :login_id)"
            await session.execute(
                text(f"DELETE FROM {table} WHERE {of_operator}"),  # noqa: S608
                {"login_id": PASSWORDS[role][0]},
            )


async def test_who_has_none_sets_one_up_before_anything_else(
    portal: Portal, somebody: Callable[[], Staff]
) -> None:
    """Right after the password; picture, text, backup codes once; nothing of the side opens before."""
    await make_operators(portal.jobs_database)
    await require_factor(portal.jobs_database, "operator")
    duty = somebody()
    await duty.open("/operator/sign-in")
    await duty.send("ログインする", **login("operator"))
    assert duty.at == FACTOR_PAGE
    assert "設定が必要です" in duty.page.text
    for address in ("/operator", "/operator/links", "/operator/account", "/operator/account/password"):
        await duty.open(address)
        assert duty.at == FACTOR_PAGE, address
        assert "回線" not in duty.page.text
    assert "パスキー" not in duty.page.text
    await duty.send("認証アプリを設定する")
    picture = await duty.client.get(f"{FACTOR_PAGE}/totp/qr")
    assert (picture.headers["content-type"], picture.text[:4]) == ("image/svg+xml", "<svg")
    before = duty.client.cookies["operator_session"]
    assert (await duty.send("確認して設定する", code="000000")).status_code == 422
    await duty.send("確認して設定する", code=code(secret_on(duty)))
    assert len(re.findall(r'class="secret">[0-9A-Z-]+<', duty.response.text)) == 10
    assert duty.client.cookies["operator_session"] != before
    assert SIDE in duty.page.links
    for address in (f"{FACTOR_PAGE}/totp/qr", f"{FACTOR_PAGE}/totp"):
        assert (await duty.client.get(address)).status_code in (303, 404), "shown once"
    await duty.open("/operator")
    assert duty.at == "/operator/links"
    await takes_away(portal, "operator")


async def test_a_code_leads_on_and_halfway_nothing_opens(
    portal: Portal, somebody: Callable[[], Staff]
) -> None:
    await make_operators(portal.jobs_database)
    duty = await sign_in_as(somebody(), "operator")
    secret, backup = await sets_up(duty, SIDE)
    # The page with the codes belongs to the session's new token already.
    await duty.send("ログアウト")
    assert duty.at == "/operator/sign-in"
    await forget_used_steps(portal)
    duty = somebody()
    await duty.open("/operator/links/sms-au")
    await duty.send("ログインする", **login("operator"))
    assert duty.at == "/operator/sign-in/second-factor"
    assert "運用者画面" in duty.page.text
    for address in ("/operator/links", "/operator/account", FACTOR_PAGE, "/operator/account/confirm"):
        await duty.open(address)
        assert duty.at == "/operator/sign-in/second-factor", address
        assert "ログアウト" not in duty.page.text
    fragment = await duty.client.get("/operator/links/state", headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment.headers["hx-redirect"]) == (401, "/operator/sign-in/second-factor")
    await duty.open("/operator/links/sms-au")
    halfway = duty.client.cookies["operator_session"]
    assert (await duty.send("確認する", code="000000")).status_code == 422
    assert "確認コードが違う" in duty.page.text
    await duty.send("確認する", code=code(secret))
    assert duty.at == "/operator/links/sms-au"
    assert duty.client.cookies["operator_session"] != halfway
    other = somebody()
    await other.open("/operator/sign-in")
    await other.send("ログインする", **login("operator"))
    await other.send("確認する", code=backup[0], next="https://evil.example")
    assert other.at == "/operator/links"
    await takes_away(portal, "operator")


async def test_five_wrong_codes_lock_and_the_sign_in_says_nothing_of_it(
    portal: Portal, somebody: Callable[[], Staff]
) -> None:
    await make_operators(portal.jobs_database)
    secret, _ = await sets_up(await sign_in_as(somebody(), "service_desk"), SIDE)
    await forget_used_steps(portal)
    desk = somebody()
    await desk.open("/operator/sign-in")
    await desk.send("ログインする", **login("service_desk"))
    for _ in range(5):
        await desk.send("確認する", code="000000")
    answer = await desk.send("確認する", code=code(secret))
    assert answer.status_code == 422
    assert "確認コードが違う" in desk.page.text
    await desk.send("最初からやり直す")
    assert desk.at == "/operator/sign-in"
    await desk.send("ログインする", **login("service_desk"))
    assert "ログインIDまたはパスワードが違います" in desk.page.text
    async with portal.jobs_database.transaction() as session:
        await session.execute(text("UPDATE operators SET locked_until = NULL, failed_sign_ins = 0"))
        await session.execute(text("UPDATE operator_sign_in_places SET locked_until = NULL, failures = 0"))
    await takes_away(portal, "service_desk")


async def test_the_administrator_takes_a_lost_one_away(portal: Portal, somebody: Callable[[], Staff]) -> None:
    """After being asked for the password again; the other is signed out, and it is on record."""
    await make_operators(portal.jobs_database)
    await require_factor(portal.jobs_database, "operator")
    lost = somebody()
    await lost.open("/operator/sign-in")
    await lost.send("ログインする", **login("operator"))
    await sets_up(lost, SIDE)
    chief = await sign_in_as(somebody(), "operator_admin")
    await chief.open("/operator/operators")
    assert "運用 当番" in chief.page.text
    (address,) = [link for link in chief.page.links if link.endswith("/second-factor")]
    await forget_confirmation(portal.database)
    await chief.open(address)
    assert chief.at == "/operator/account/confirm"
    assert (await chief.send("確認して進む", current_password="wrong")).status_code == 422
    await chief.send("確認して進む", current_password=login("operator_admin")["password"])
    assert chief.at == address
    assert "ご本人からの依頼" in chief.page.text
    await chief.send("2段階認証を解除する")
    assert chief.at == "/operator/operators"
    assert not [link for link in chief.page.links if link.endswith("/second-factor")]
    await chief.open(address)
    assert "設定されていません" in chief.page.text
    await lost.open("/operator/links")
    assert lost.at == "/operator/sign-in"
    await lost.send("ログインする", **login("operator"))
    assert lost.at == FACTOR_PAGE
    await chief.open("/operator/audit?action=second_factor_reset")
    table = chief.response.text.partition("<tbody")[2]
    assert "運用 責任" in table
    assert "運用者 運用 当番" in table


async def test_nobody_takes_the_own_one_away_there(portal: Portal, somebody: Callable[[], Staff]) -> None:
    await make_operators(portal.jobs_database)
    chief = await sign_in_as(somebody(), "operator_admin")
    await sets_up(chief, SIDE)
    async with portal.jobs_database.transaction() as session:
        statement = text("SELECT id FROM operators WHERE login_id = :login_id")
        found = await session.execute(statement, {"login_id": PASSWORDS["operator_admin"][0]})
        address = f"/operator/operators/{found.scalar_one()}/second-factor"
    await chief.open(address)
    assert not chief.has_button("2段階認証を解除する")
    token = dict(chief.form_of("ログアウト").fields)
    assert (await chief.client.post(address, data=token)).status_code == 422
    await chief.open(FACTOR_PAGE)
    assert "残りは10個" in chief.page.text
    await chief.open(f"{FACTOR_PAGE}/backup-codes")
    await chief.send("新しいコードを作る")
    assert "新しいバックアップコード" in chief.page.text
    await chief.open(f"{FACTOR_PAGE}/totp/remove")
    await chief.send("認証アプリの登録を解除する")
    assert chief.at == FACTOR_PAGE
    assert chief.has_button("認証アプリを設定する")


async def test_the_own_account_lists_and_ends_sessions_and_changes_the_password(
    portal: Portal, somebody: Callable[[], Staff]
) -> None:
    await make_operators(portal.jobs_database)
    elsewhere = [await sign_in_as(somebody(), "service_desk") for _ in range(3)]
    desk = await sign_in_as(somebody(), "service_desk")
    await desk.open("/operator/account")
    assert "窓口 担当" in desk.page.text
    assert "今お使いの端末" in desk.page.text
    await desk.send("終了する")
    assert desk.at == "/operator/account"
    await desk.send("ほかの端末をすべて終了する")
    assert not desk.has_button("終了する")
    for other in elsewhere:
        await other.open("/operator/account")
        assert other.at == "/operator/sign-in"
    old, new = login("service_desk")["password"], "amber kettle 7 wharves"
    await desk.open("/operator/account/password")
    refused: dict[str, Any] = {"current_password": "wrong", "new_password": new, "new_password_again": new}
    assert (await desk.send("パスワードを変更する", **refused)).status_code == 422
    await desk.send("パスワードを変更する", **{**refused, "current_password": old})
    assert desk.at == "/operator/account"
    again = somebody()
    await again.open("/operator/sign-in")
    await again.send("ログインする", login_id=PASSWORDS["service_desk"][0], password=new)
    assert again.at == "/operator/links"
    await again.open("/operator/account/password")
    back: dict[str, Any] = {"current_password": new, "new_password": old, "new_password_again": old}
    await again.send("パスワードを変更する", **back)


async def test_a_colleague_lifts_an_operators_lock(portal: Portal, somebody: Callable[[], Staff]) -> None:
    """A way back for who has no mail to reset a password by; it is on record."""
    await make_operators(portal.jobs_database)
    login_id, password = PASSWORDS["operator"]
    duty = somebody()
    for _ in range(MAX_FAILURES):
        await duty.open("/operator/sign-in")
        await duty.send("ログインする", login_id=login_id, password="wrong")
    await duty.send("ログインする", login_id=login_id, password=password)
    assert "違います" in duty.page.text
    chief = await sign_in_as(somebody(), "operator_admin")
    await chief.open("/operator/operators")
    (unlock,) = (link for link in chief.page.links if link.endswith("/unlock"))
    await chief.open(unlock)
    await chief.send("ロックを解除する")
    assert "ロックを解除しました" in chief.page.text
    assert "ロック中" not in chief.page.text
    await duty.send("ログインする", login_id=login_id, password=password)
    assert duty.at == "/operator/links"
    await chief.open(unlock)
    assert not chief.has_button("ロックを解除する")


@pytest.mark.parametrize(
    "address",
    [
        "/operator/account",
        "/operator/account/password",
        "/operator/account/confirm",
        FACTOR_PAGE,
        f"{FACTOR_PAGE}/totp/remove",
        "/operator/sign-in",
        "/operator/login-ids",
        "/operator/operators",
    ],
)
async def test_pages_both_sides_share_lead_nowhere_else_from_here(
    portal: Portal, somebody: Callable[[], Staff], address: str
) -> None:
    """Every link and form of these pages stays on the operators' side."""
    await make_operators(portal.jobs_database)
    chief = somebody() if address == "/operator/sign-in" else await sign_in_as(somebody(), "operator_admin")
    await chief.open(address)
    assert chief.at == address
    ends = [link for link in chief.page.links if not link.startswith("#")]
    ends += [form.action for form in chief.page.forms]
    strangers = {end for end in ends if not end.startswith("/operator")}
    # Who came to the wrong door is shown the other one.
    assert strangers <= ({"/sign-in"} if address == "/operator/sign-in" else set())
    assert ends
