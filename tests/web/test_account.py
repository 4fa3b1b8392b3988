"""The own account: password and open sessions."""

from collections.abc import Callable

from sqlalchemy import text

from tests.web.conftest import Portal
from tests.web.staff import Staff

NEW = "夜行列車の窓から見えた灯り"


async def test_sessions_are_listed_and_ended(owner: Staff, somebody: Callable[[], Staff]) -> None:
    """With what the browser calls itself and from where; another one is out at once."""
    other = somebody()
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0"
    other.client.headers["User-Agent"] = agent
    await other.sign_in("owner")
    await owner.open("/account")
    assert "Edge（Windows）" in owner.page.text
    assert "127.0.0.1" in owner.page.text
    assert owner.page.text.count("今お使いの端末") == 1
    await owner.send("終了する")
    await other.open("/campaigns")
    assert other.at == "/sign-in"
    await owner.open("/campaigns")
    assert owner.at == "/campaigns"


async def test_nobody_ends_somebody_elses_session(
    portal: Portal, owner: Staff, somebody: Callable[[], Staff]
) -> None:
    """I9: neither of a colleague nor of another company."""
    colleague = await somebody().sign_in("senior")
    statement = text("""
        SELECT s.id FROM user_sessions s JOIN company_users u ON u.id = s.user_id
        WHERE u.login_id = 'senior@sakura.example'
    """)
    async with portal.jobs_database.transaction() as session:
        foreign = (await session.execute(statement)).scalars().first()
    token = dict(owner.form_of("ログアウト").fields)
    assert (await owner.client.post(f"/account/sessions/{foreign}/end", data=token)).status_code == 404
    await colleague.open("/campaigns")
    assert colleague.at == "/campaigns"


async def test_a_new_password_ends_all_other_sessions(somebody: Callable[[], Staff]) -> None:
    here, other = await somebody().sign_in("staff", "midori"), await somebody().sign_in("staff", "midori")
    await here.open("/account/password")
    answer = await here.send(
        "パスワードを変更する", current_password="wrong", new_password=NEW, new_password_again=NEW
    )
    assert (answer.status_code, "現在のパスワードが違います" in here.page.text) == (422, True)
    await here.send(
        "パスワードを変更する",
        current_password="Demo-midori-staff-2026",
        new_password=NEW,
        new_password_again=NEW,
    )
    assert here.at == "/account"
    await other.open("/campaigns")
    assert other.at == "/sign-in"


async def test_passwords_may_be_pasted_and_managed(owner: Staff) -> None:
    """WCAG 2.2, OWASP ASVS 6.2.7: password managers find their fields, nothing blocks pasting."""
    await owner.open("/account/password")
    assert owner.response.text.count('autocomplete="new-password"') == 2
    assert owner.response.text.count('autocomplete="current-password"') == 1
    assert "onpaste" not in owner.response.text
