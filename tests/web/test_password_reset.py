"""A forgotten password, and answers that tell nothing about accounts: body and time (C-3, C-4)."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest_asyncio
from sqlalchemy import text

from domain.rate_limits import LIMITS, LimitKind
from services.rate_limits import take_token
from tests.web.conftest import Portal, make_portal
from tests.web.mails import mails_written, newest_mail, told
from tests.web.staff import Staff

NEW = "夜行列車の窓から見えた灯り"
# Long enough to hide the work on a slow machine, short enough for a test.
FLOOR = 0.3


@pytest_asyncio.fixture(loop_scope="session")
async def slow_portal(portal: Portal) -> AsyncIterator[Portal]:
    """The portal with a floor under the time of its failures, as in production."""
    made = make_portal(portal.database, portal.jobs_database)
    made.app.state.web_settings = replace(made.app.state.web_settings, failure_seconds=FLOOR)
    yield made


def shown(body: str, login_id: str) -> str:
    """A page without what was typed, and without its form's token, which looks anew each time."""
    return re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1", body.replace(login_id, ""))


async def test_a_code_from_the_mail_sets_a_new_password(portal: Portal, visitor: Staff) -> None:
    """C-3: with the login id in any case, the code without its dashes."""
    await visitor.open("/sign-in")
    assert "/password-reset" in visitor.page.links
    await visitor.open("/password-reset")
    await visitor.send("認証コードを送る", login_id="ADMIN@sakura.example")
    mail = await newest_mail(portal, "admin@sakura.example")
    assert mail.subject == "【メッセージ配信ポータル】パスワード再設定の認証コード"
    code = told(mail, "認証コード").replace("-", "").lower()
    await visitor.send(
        "パスワードを設定する", code=code, new_password="password1234", new_password_again="password1234"
    )
    assert "推測されやすい" in visitor.page.text
    await visitor.send("パスワードを設定する", code=code, new_password=NEW, new_password_again=NEW)
    assert "パスワードを設定しました" in visitor.page.text
    await visitor.open("/sign-in")
    await visitor.send("ログインする", login_id="admin@sakura.example", password=NEW)
    assert visitor.at == "/"
    assert "パスワード変更" in (await newest_mail(portal, "admin@sakura.example")).subject


async def test_asking_answers_the_same_whether_the_account_exists(portal: Portal, visitor: Staff) -> None:
    """C-3: byte for byte, but for the login id that was typed."""
    before = await mails_written(portal)
    bodies = []
    for login_id in ("senior@sakura.example", "nobody@sakura.example"):
        await visitor.open("/password-reset")
        answer = await visitor.send("認証コードを送る", login_id=login_id)
        assert answer.status_code == 200
        bodies.append(shown(answer.text, login_id))
    assert bodies[0] == bodies[1]
    assert await mails_written(portal) == before + 1


async def test_nobodys_mailbox_is_flooded(portal: Portal, visitor: Staff) -> None:
    """The fourth request within minutes answers as always and sends nothing."""
    before = await mails_written(portal)
    for _ in range(LIMITS[LimitKind.RESET_MAIL].burst + 2):
        await visitor.open("/password-reset")
        assert (await visitor.send("認証コードを送る", login_id="staff@midori.example")).status_code == 200
    assert await mails_written(portal) == before + LIMITS[LimitKind.RESET_MAIL].burst


async def lock(portal: Portal, login_id: str) -> None:
    """As five wrong passwords do."""
    statement = text(
        "UPDATE company_users SET locked_until = now() + interval '30 minutes' WHERE login_id = :id"
    )
    async with portal.jobs_database.transaction() as session:
        await session.execute(statement, {"id": login_id})


async def test_unknown_wrong_and_locked_sign_ins_are_alike_in_body_and_time(
    slow_portal: Portal,
) -> None:
    """C-4: with the right password on the locked account, too."""
    async with slow_portal.client() as client:
        staff = Staff(client)
        await staff.open("/sign-in")
        await lock(slow_portal, "admin@midori.example")
        pairs = {
            "unknown": ("nobody@midori.example", "wrong"),
            "wrong": ("senior@midori.example", "wrong"),
            "locked": ("admin@midori.example", "wrong"),
            "locked, right": ("admin@midori.example", "Demo-midori-admin-2026"),
        }
        bodies, times = set(), {}
        for kind, (login_id, password) in pairs.items():
            measured = []
            for _ in range(2):
                begun = time.perf_counter()
                answer = await staff.send("ログインする", login_id=login_id, password=password)
                measured.append(time.perf_counter() - begun)
                assert answer.status_code == 422
                bodies.add(shown(answer.text, login_id))
            times[kind] = min(measured)
    assert len(bodies) == 1
    assert min(times.values()) >= FLOOR
    assert max(times.values()) - min(times.values()) < 0.2, times


async def test_twenty_parallel_wrong_passwords_lock_after_five(portal: Portal, visitor: Staff) -> None:
    """C-4 through the whole portal: one notice, no other answer, no lock of anybody else."""
    await visitor.open("/sign-in")
    form = visitor.form_of("ログイン").filled(login_id="owner@midori.example", password="wrong")
    answers = await asyncio.gather(*(visitor.client.post("/sign-in", data=form) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {422}
    mail = await newest_mail(portal, "owner@midori.example")
    assert "アカウントロック" in mail.subject
    right: dict[str, Any] = {"login_id": "owner@midori.example", "password": "Demo-midori-owner-2026"}
    assert (await visitor.send("ログインする", **right)).status_code == 422
    await visitor.sign_in("senior", "midori")


async def test_who_tries_too_often_waits_and_is_told_how_long(
    portal: Portal, somebody: Callable[[], Staff]
) -> None:
    """429 with Retry-After before any password is looked at; another address goes on."""
    transport = httpx.ASGITransport(portal.app, client=("198.51.100.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://portal.test") as client:
        staff = Staff(client)
        await staff.open("/password-reset")
        form = staff.form_of("認証コードを送る").filled(login_id="a@b.example")
        async with portal.jobs_database.transaction() as session:
            for _ in range(LIMITS[LimitKind.RESET].burst):
                await take_token(session, LimitKind.RESET, "198.51.100.7", datetime.now(UTC))
        answer = await client.post("/password-reset", data=form)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= LIMITS[LimitKind.RESET].refill_seconds
        assert "あと" in answer.text
        assert "秒" in answer.text
    other = somebody()
    await other.open("/password-reset")
    assert (await other.send("認証コードを送る", login_id="c@d.example")).status_code == 200
