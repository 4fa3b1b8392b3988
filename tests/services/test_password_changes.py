"""Temporary passwords, resets, changes (C-2, C-3)."""

import asyncio
from datetime import timedelta

import pytest

from domain.callers import Caller
from domain.permissions import Role
from domain.sign_in_steps import SignInStep
from services.company_users import reset_by_issuer
from services.password_changes import (
    PasswordChange,
    change_password,
    replace_temporary_password,
    request_reset,
    reset_password,
)
from services.sessions import own_sessions
from services.sign_in import SignedIn, SignInFailed, TemporaryPasswordExpired, sign_in
from tests.services.accounts import BOX, PASSWORD, Account, Accounts
from tests.services.support import now

NEW = "古い地図と木漏れ日と珈琲豆"


async def reset(accounts: Accounts, login_id: str, code: str, new: str = NEW) -> PasswordChange:
    async with accounts.transaction() as session:
        return await reset_password(session, login_id, code, new, BOX, now())


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
    """C-3: 20 parallel guesses are 5 tries, and then the right code is worth nothing."""
    admin = await accounts.administrator()
    code = await asked(accounts, admin)
    guesses = (reset(accounts, admin.login_id, "0000-0000-0000-0") for _ in range(20))
    assert set(await asyncio.gather(*guesses)) == {PasswordChange.NOT_PROVEN}
    (row,) = await accounts.rows("SELECT tries FROM password_resets WHERE user_id = :user", **one(admin))
    assert row.tries == 5
    assert await reset(accounts, admin.login_id, code) is PasswordChange.NOT_PROVEN


async def test_a_refused_password_does_not_use_the_code_up(accounts: Accounts) -> None:
    """The company's name is only judged with the right code, which would tell it otherwise."""
    admin = await accounts.administrator()
    code = await asked(accounts, admin)
    for _ in range(6):
        refused = await reset(accounts, admin.login_id, code, "かえで物産かえで物産2026")
        assert refused is PasswordChange.REFUSED
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
