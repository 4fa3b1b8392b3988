"""Temporary passwords, resets, changes (C-2, C-3)."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import pytest

from domain.callers import Caller
from domain.mails import MailKind
from domain.passwords import PasswordProblem, password_problem
from domain.permissions import Role
from domain.rate_limits import LIMITS, LimitKind
from domain.sign_in_steps import SignInStep
from services.company_users import reset_by_issuer
from services.mails import queue_mail
from services.password_changes import (
    PasswordChange,
    change_password,
    replace_temporary_password,
    request_reset,
    reset_password,
)
from services.sessions import Device, own_sessions
from services.sign_in import SignedIn, SignInFailed, TemporaryPasswordExpired, sign_in
from tests.services.accounts import BOX, PASSWORD, Account, Accounts
from tests.services.support import now

NEW = "古い地図と木漏れ日と珈琲豆"


async def reset(
    accounts: Accounts, login_id: str, code: str, new: str = NEW, address: str | None = None
) -> PasswordChange | PasswordProblem:
    async with accounts.transaction() as session:
        return await reset_password(session, login_id, code, new, BOX, now(), address)


async def asked(accounts: Accounts, account: Account) -> str:
    async with accounts.transaction() as session:
        await request_reset(session, account.login_id.upper(), BOX, now())
    return await accounts.told_secret(account)


async def test_the_temporary_password_only_leads_to_an_own_one(accounts: Accounts) -> None:
    """C-2: from the mail to the first own password."""
    newcomer = await accounts.invited(await accounts.administrator())
    temporary = await accounts.told_secret(newcomer)
    user = await accounts.signs_in(newcomer, temporary)
    assert user.state.step is SignInStep.NEW_PASSWORD
    async with accounts.transaction() as session:
        same = await replace_temporary_password(session, user, temporary, now())
        assert same is PasswordChange.SAME_AS_BEFORE
        assert await replace_temporary_password(session, user, NEW, now()) is PasswordChange.DONE
    assert (await accounts.signs_in(newcomer, NEW)).state.step is SignInStep.DONE


async def test_the_temporary_password_lives_fourteen_days(accounts: Accounts) -> None:
    """C-2: only who has it learns that it is over; a wrong one is a wrong one."""
    newcomer = await accounts.invited(await accounts.administrator(), at=now() - timedelta(days=13, hours=23))
    temporary = await accounts.told_secret(newcomer)
    async with accounts.transaction() as session:
        late = now() + timedelta(hours=2)
        over = await sign_in(session, newcomer.login_id, temporary, late)
        assert isinstance(over, TemporaryPasswordExpired)
        assert isinstance(await sign_in(session, newcomer.login_id, "x" * 12, late), SignInFailed)
        assert isinstance(await sign_in(session, newcomer.login_id, temporary, now()), SignedIn)


async def test_after_that_only_the_issuer_resets_it(accounts: Accounts) -> None:
    """C-2: an old invitation in a mailbox opens nothing by itself."""
    admin = await accounts.administrator()
    newcomer = await accounts.invited(admin, at=now() - timedelta(days=15))
    async with accounts.transaction() as session:
        await request_reset(session, newcomer.login_id, BOX, now())
    assert await accounts.mails(newcomer) == ["account_issued"]
    async with accounts.transaction() as session:
        caller = Caller(admin.company_id, admin.user_id, Role.COMPANY_ADMIN)
        await reset_by_issuer(session, caller, newcomer.user_id, BOX, now())
    assert await reset(accounts, newcomer.login_id, await accounts.told_secret(newcomer)) == "done"
    assert (await accounts.signs_in(newcomer, NEW)).state.step is SignInStep.DONE


async def test_a_code_resets_once_ends_sessions_and_lifts_the_lock(accounts: Accounts) -> None:
    """C-3, C-4."""
    admin = await accounts.administrator()
    before = await accounts.signs_in(admin)
    for _ in range(5):
        async with accounts.transaction() as session:
            await sign_in(session, admin.login_id, "wrong", now())
    code = await asked(accounts, admin)
    assert await reset(accounts, admin.login_id, code.lower().replace("-", " ")) is PasswordChange.DONE
    assert await reset(accounts, admin.login_id, code) is PasswordChange.NOT_PROVEN
    async with accounts.transaction() as session:
        assert await own_sessions(session, before, now()) == []
    await accounts.signs_in(admin, NEW)
    assert await accounts.mails(admin) == ["account_locked", "password_reset", "password_changed"]


async def test_only_the_newest_code_lives_and_for_one_hour(accounts: Accounts) -> None:
    """C-3."""
    admin = await accounts.administrator()
    old = await asked(accounts, admin)
    new = await asked(accounts, admin)
    assert await reset(accounts, admin.login_id, old) is PasswordChange.NOT_PROVEN
    async with accounts.transaction() as session:
        late = now() + timedelta(minutes=61)
        assert await reset_password(session, admin.login_id, new, NEW, BOX, late) == "not_proven"
    assert await reset(accounts, admin.login_id, new) is PasswordChange.DONE


async def test_five_wrong_tries_at_once_use_a_code_up(accounts: Accounts) -> None:
    """C-3: 20 parallel guesses are 5 tries, and then the right code is worth nothing there."""
    admin = await accounts.administrator()
    code = await asked(accounts, admin)
    guesses = (reset(accounts, admin.login_id, "0000-0000-0000-0") for _ in range(20))
    assert set(await asyncio.gather(*guesses)) == {PasswordChange.NOT_PROVEN}
    assert await reset(accounts, admin.login_id, code) is PasswordChange.NOT_PROVEN
    new = await asked(accounts, admin)
    assert await reset(accounts, admin.login_id, new) is PasswordChange.DONE


@pytest.mark.parametrize("tried_before", [4, 5])
async def test_a_code_has_five_tries_at_each_place(accounts: Accounts, tried_before: int) -> None:
    """C-3: strangers use up their own, not the owner's."""
    admin = await accounts.administrator()
    code = await asked(accounts, admin)
    for stranger in ("192.0.2.1", "198.51.100.2", "2001:db8:1::1", "2001:db8:2::1"):
        for _ in range(tried_before):
            refused = await reset(accounts, admin.login_id, "0000-0000-0000", address=stranger)
            assert refused is PasswordChange.NOT_PROVEN
    if tried_before == 5:
        refused = await reset(accounts, admin.login_id, code, address="192.0.2.1")
        assert refused is PasswordChange.NOT_PROVEN
    assert await reset(accounts, admin.login_id, code, address="203.0.113.9") is PasswordChange.DONE


async def test_a_password_is_judged_only_for_whoever_has_the_code(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The estimate takes time: strangers cannot have us make it, however often they ask."""
    judged: list[str] = []

    def counted(password: str, context: Iterable[str] = ()) -> PasswordProblem | None:
        judged.append(password)
        return password_problem(password, context)

    monkeypatch.setattr("services.password_changes.password_problem", counted)
    admin = await accounts.administrator()
    code = await asked(accounts, admin)
    heavy = "4@8({[<3691$57" * 4
    strangers = (reset(accounts, admin.login_id, "1111-1111-1111", heavy, f"192.0.2.{n}") for n in range(40))
    assert set(await asyncio.gather(*strangers)) == {PasswordChange.NOT_PROVEN}
    assert judged == []
    assert await reset(accounts, admin.login_id, code, "password1234") is PasswordProblem.TOO_COMMON
    assert judged == ["password1234"]
    assert await reset(accounts, admin.login_id, code, "x" * 100_000) is PasswordProblem.TOO_LONG
    assert judged == ["password1234"]
    assert await reset(accounts, admin.login_id, code) is PasswordChange.DONE


async def test_strangers_cannot_keep_the_owner_from_a_code(accounts: Accounts) -> None:
    """Nor flood the mailbox; a place the owner signed in from gets a code whatever others asked for (C-3)."""
    admin = await accounts.administrator()
    async with accounts.transaction() as session:
        await sign_in(session, admin.login_id, PASSWORD, now(), Device(address="203.0.113.9"))

    async def ask(address: str) -> None:
        async with accounts.transaction() as session:
            await request_reset(session, admin.login_id, BOX, now(), address)

    async def mails() -> int:
        (row,) = await accounts.rows(
            "SELECT count(*) AS n FROM mails WHERE user_id = :user AND kind = 'password_reset'", **one(admin)
        )
        return int(row.n)

    most = LIMITS[LimitKind.RESET_MAIL_OF_ALL].burst
    for number in range(most + 5):
        await ask(f"198.51.100.{number}")
    assert await mails() == most
    # Whoever is somewhere else has the last of them in the mailbox, and it is good.
    last = await accounts.told_secret(admin)
    await ask("192.0.2.77")
    assert await mails() == most
    await ask("203.0.113.9")
    assert await mails() == most + 1
    newest = await accounts.told_secret(admin)
    assert newest != last
    assert await reset(accounts, admin.login_id, newest, address="192.0.2.77") is PasswordChange.DONE


async def test_notices_do_not_flood_a_mailbox(accounts: Accounts) -> None:
    """Whatever somebody inside does again and again; other kinds of notices still come."""
    admin = await accounts.administrator()
    most = LIMITS[LimitKind.NOTICE_MAIL].burst
    async with accounts.transaction() as session:
        for _ in range(most + 3):
            await queue_mail(session, admin.company_id, admin.user_id, MailKind.PASSWORD_CHANGED)
        await queue_mail(session, admin.company_id, admin.user_id, MailKind.ACCOUNT_LOCKED, expires_at=now())
    rows = await accounts.rows(
        "SELECT kind, count(*) AS n FROM mails WHERE user_id = :user"
        " AND kind IN ('password_changed', 'account_locked') GROUP BY 1 ORDER BY 1",
        **one(admin),
    )
    assert [(row.kind, row.n) for row in rows] == [("account_locked", 1), ("password_changed", most)]


async def test_a_refused_password_does_not_use_the_code_up(accounts: Accounts) -> None:
    """The company's name is only judged with the right code, which would tell it otherwise."""
    admin = await accounts.administrator()
    code = await asked(accounts, admin)
    for _ in range(6):
        refused = await reset(accounts, admin.login_id, code, "かえで物産かえで物産2026")
        assert refused is PasswordProblem.TELLS_THE_ACCOUNT
    assert await reset(accounts, admin.login_id, code) is PasswordChange.DONE


@pytest.mark.parametrize("login_id", ["nobody@kaede.example", "", "a\x00b"])
async def test_strangers_get_no_mail_and_no_password(accounts: Accounts, login_id: str) -> None:
    (before,) = await accounts.rows("SELECT count(*) AS mails FROM mails")
    async with accounts.transaction() as session:
        await request_reset(session, login_id, BOX, now())
    assert await reset(accounts, login_id, "ABCD-EFGH-JKMN-P") is PasswordChange.NOT_PROVEN
    (after,) = await accounts.rows("SELECT count(*) AS mails FROM mails")
    assert before == after


async def test_neither_codes_nor_passwords_lie_in_the_database(accounts: Accounts) -> None:
    """A copy of the tables opens no account."""
    admin = await accounts.administrator()
    newcomer = await accounts.invited(admin)
    temporary, code = await accounts.told_secret(newcomer), await asked(accounts, admin)
    dump = ""
    for table in ("mails", "password_resets", "company_users"):
        dump += str(await accounts.rows(f"SELECT {table}::text FROM {table}"))  # noqa: S608
    for secret in (temporary, code, code.replace("-", "")):
        assert secret not in dump
        assert secret.encode().hex() not in dump


async def test_an_own_change_asks_for_the_current_password_and_counts_wrong_ones(
    accounts: Accounts,
) -> None:
    """C-4: the form is no way around the lock; other sessions end with a change."""
    admin = await accounts.administrator()
    other, here = await accounts.signs_in(admin), await accounts.signs_in(admin)
    async with accounts.transaction() as session:
        assert await change_password(session, here, "wrong", NEW, now()) is PasswordChange.NOT_PROVEN
        assert await change_password(session, here, PASSWORD, PASSWORD, now()) == "same_as_before"
        assert await change_password(session, here, PASSWORD, NEW, now()) is PasswordChange.DONE
        left = await own_sessions(session, other, now())
    assert [session.id for session in left] == [here.session_id]
    for _ in range(5):
        async with accounts.transaction() as session:
            await change_password(session, here, "wrong", NEW, now())
    async with accounts.transaction() as session:
        assert await change_password(session, here, NEW, PASSWORD, now()) is PasswordChange.NOT_PROVEN


def one(account: Account) -> dict[str, object]:
    return {"user": account.user_id}
