"""C-5: the service desk frees the login id of a deleted user, and the company registers it again."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from tests.web.conftest import Portal
from tests.web.operators import make_operators, sign_in_as
from tests.web.staff import Staff

LOGIN_ID = "kaeru@sakura.example"
INVITATION: dict[str, Any] = {"login_id": LOGIN_ID, "name": "帰る 四郎", "role": "admin"}


async def user_id(portal: Portal) -> str:
    async with portal.jobs_database.transaction() as session:
        statement = text("SELECT id FROM company_users WHERE login_id = :login_id AND deleted_at IS NULL")
        return str((await session.execute(statement, {"login_id": LOGIN_ID})).scalar_one())


async def test_a_deleted_user_is_registered_again_by_way_of_the_service_desk(
    portal: Portal, owner: Staff, somebody: Callable[[], Staff]
) -> None:
    """Refused with the hint whom to ask; found by the whole login id; freed after a page that explains it."""
    await make_operators(portal.jobs_database)
    await owner.open("/users/new")
    await owner.send("追加してメールを送る", **INVITATION)
    await owner.open(f"/users/{await user_id(portal)}/delete")
    assert "お客様窓口へのご依頼が必要です" in owner.page.text
    await owner.send("このユーザーを削除する")
    await owner.open("/users/new")
    assert (await owner.send("追加してメールを送る", **INVITATION)).status_code == 422
    assert "お客様窓口へご依頼ください" in owner.page.text

    desk = await sign_in_as(somebody(), "service_desk")
    assert "/operator/login-ids" in desk.page.links
    await desk.open("/operator/login-ids")
    await desk.send("探す", login_id=f" {LOGIN_ID.upper()} ")
    assert "さくら商事株式会社" in desk.page.text
    assert "帰る 四郎" in desk.page.text
    (address,) = [link for link in desk.page.links if link.startswith("/operator/login-ids/")]
    await desk.open(address)
    for words in (LOGIN_ID, "さくら商事株式会社", "取り消せません", "元に戻りません"):
        assert words in desk.page.text
    await desk.send("ログインIDを解放する")
    assert (desk.at, desk.response.status_code) == (address, 200)
    assert "もう一度登録できます" in desk.page.text
    assert not desk.has_button("ログインIDを解放する")
    assert not [visited for visited in desk.addresses if "kaeru" in visited.lower()]

    await owner.open("/users/new")
    await owner.send("追加してメールを送る", **INVITATION)
    assert owner.at == "/users"
    assert LOGIN_ID in owner.page.text


async def test_both_trails_tell_of_it(portal: Portal, owner: Staff, somebody: Callable[[], Staff]) -> None:
    """After the test above: the company sees that we did it, our own staff who did it for whom."""
    await owner.open("/audit?action=login_id_released")
    table = owner.response.text.partition("<tbody")[2]
    assert "サービス運用担当者" in table
    assert "k***@sakura.example" in table
    assert "窓口 担当" not in table
    chief = await sign_in_as(somebody(), "operator_admin")
    await chief.open("/operator/audit?action=login_id_released")
    table = chief.response.text.partition("<tbody")[2]
    for words in ("窓口 担当", "k***@sakura.example", "さくら商事株式会社"):
        assert words in table


async def test_what_is_not_deleted_is_not_found(portal: Portal, somebody: Callable[[], Staff]) -> None:
    """In use, unknown, a part of one, nothing, too much: told how to go on, and nothing about anybody."""
    await make_operators(portal.jobs_database)
    desk = await sign_in_as(somebody(), "service_desk")
    for login_id in ("owner@sakura.example", "nobody@nowhere.example", "kaeru", "%", "a" * 300):
        await desk.open("/operator/login-ids")
        assert (await desk.send("探す", login_id=login_id)).status_code == 422, login_id
        assert "削除されたユーザーはいません" in desk.page.text
    await desk.open("/operator/login-ids")
    await desk.send("探す", login_id="  ")
    assert "入力されていません" in desk.page.text


async def test_it_is_not_for_whoever_runs_the_links(portal: Portal, somebody: Callable[[], Staff]) -> None:
    await make_operators(portal.jobs_database)
    duty = await sign_in_as(somebody(), "operator")
    assert "/operator/login-ids" not in duty.page.links
    assert (await duty.open("/operator/login-ids")).status_code == 403
