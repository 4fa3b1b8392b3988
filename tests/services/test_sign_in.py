"""Signing in, the lock after five wrong passwords, and how long a session lives (C-4)."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain.permissions import Role
from services.sign_in import SignedIn, SignInFailed, TemporaryPasswordExpired, sign_in
from services.user_sessions import session_for, sign_out
from tests.services.support import Companies, now, user_of


async def attempt(
    companies: Companies, login_id: str, password: str, at: datetime | None = None
) -> SignedIn | SignInFailed | TemporaryPasswordExpired:
    async with companies.transaction() as session:
        return await sign_in(session, login_id, password, at or now())


async def failures(companies: Companies, login_id: str) -> int:
    count = await companies.one(
        "SELECT sum(p.failures) FROM sign_in_places p JOIN company_users u ON u.id = p.user_id"
        " WHERE u.login_id = :login_id",
        login_id=login_id,
    )
    return int(count)


async def test_signs_in_whatever_the_case_of_the_login_id(companies: Companies) -> None:
    login_id, password = user_of(companies.first, Role.COMPANY_ADMIN)
    signed_in = await attempt(companies, login_id.upper(), password)
    assert isinstance(signed_in, SignedIn)
    async with companies.transaction() as session:
        user = await session_for(session, signed_in.token, now())
    assert user is not None
    assert (user.login_id, user.role) == (login_id, Role.COMPANY_ADMIN)
    assert user.caller.company_id == companies.first.company_id
    stored = await companies.rows("SELECT token_hash FROM user_sessions")
    assert signed_in.token.encode() not in [bytes(row.token_hash) for row in stored]


@pytest.mark.parametrize(
    ("login_id", "password"),
    [("nobody@nowhere.example", "x"), ("", ""), ("a\x00b", "\x00"), ("x", "あ" * 999)],
)
async def test_an_unknown_account_is_a_wrong_password(
    companies: Companies, login_id: str, password: str
) -> None:
    assert await attempt(companies, login_id, password) == SignInFailed()


async def test_twenty_wrong_passwords_at_once_lock_exactly_once(companies: Companies) -> None:
    """C-4: five in a row, however they come; the lock is not prolonged and answers like a wrong password."""
    login_id, password = user_of(companies.first, Role.SENIOR_ADMIN)
    start = now()
    answers = await asyncio.gather(*(attempt(companies, login_id, "wrong", start) for _ in range(20)))
    assert Counter(answers) == {SignInFailed(): 20}
    assert await failures(companies, login_id) == 5
    assert await attempt(companies, login_id, password, start + timedelta(minutes=29)) == SignInFailed()
    assert isinstance(await attempt(companies, login_id, password, start + timedelta(minutes=30)), SignedIn)
    assert await failures(companies, login_id) == 0


async def test_four_wrong_ones_and_a_right_one_start_the_count_again(companies: Companies) -> None:
    """C-4: in a row."""
    login_id, password = user_of(companies.first, Role.ADMIN)
    for wrong in ["wrong"] * 4:
        await attempt(companies, login_id, wrong)
    assert isinstance(await attempt(companies, login_id, password), SignedIn)
    for wrong in ["wrong"] * 4:
        await attempt(companies, login_id, wrong)
    assert isinstance(await attempt(companies, login_id, password), SignedIn)


async def test_after_a_lock_the_count_begins_anew(companies: Companies) -> None:
    """C-4."""
    login_id, password = user_of(companies.first, Role.GENERAL_USER)
    start = now()
    for _ in range(5):
        await attempt(companies, login_id, "wrong", start)
    after = start + timedelta(minutes=31)
    await attempt(companies, login_id, "wrong", after)
    assert await failures(companies, login_id) == 1
    assert isinstance(await attempt(companies, login_id, password, after), SignedIn)


async def test_a_session_ends_when_idle_and_after_twelve_hours(companies: Companies) -> None:
    login_id, password = user_of(companies.second, Role.ADMIN)
    start = now()

    async def seen(token: str, at: datetime, *, is_activity: bool = True) -> UUID | None:
        async with companies.transaction() as session:
            user = await session_for(session, token, at, is_activity=is_activity)
            return user.caller.user_id if user else None

    idle = await attempt(companies, login_id, password, start)
    assert isinstance(idle, SignedIn)
    # Polling does not keep an abandoned screen signed in.
    assert await seen(idle.token, start + timedelta(minutes=20), is_activity=False)
    assert await seen(idle.token, start + timedelta(minutes=31)) is None

    busy = await attempt(companies, login_id, password, start)
    assert isinstance(busy, SignedIn)
    at = start
    while at < start + timedelta(hours=11, minutes=50):
        at += timedelta(minutes=25)
        assert await seen(busy.token, at) or at >= start + timedelta(hours=12)
    assert await seen(busy.token, start + timedelta(hours=12)) is None


async def test_signing_out_ends_the_session(companies: Companies) -> None:
    login_id, password = user_of(companies.second, Role.COMPANY_ADMIN)
    signed_in = await attempt(companies, login_id, password)
    assert isinstance(signed_in, SignedIn)
    async with companies.transaction() as session:
        await sign_out(session, signed_in.token)
        assert await session_for(session, signed_in.token, now()) is None
        await sign_out(session, signed_in.token)
