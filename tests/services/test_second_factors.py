"""Authenticator and backup codes: each code once, sealed at rest, wrong ones counted (C-4)."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from domain.one_time_codes import TOTP_STEP_SECONDS, totp_code
from domain.sign_in_steps import SignInStep
from services.second_factors import (
    backup_codes_left,
    begin_totp,
    check_code,
    confirm_totp,
    new_backup_codes,
    pending_totp,
    remove_totp,
)
from services.secret_box import NoEncryptionKey, SecretBox, UnreadableSecret
from services.sessions import rotate_session
from services.sign_in import sign_in
from services.user_sessions import SessionUser, session_for
from tests.services.accounts import BOX, PASSWORD, Account, Accounts
from tests.services.support import now


def code_at(secret: bytes, at: datetime) -> str:
    return totp_code(secret, int(at.timestamp()) // TOTP_STEP_SECONDS)


async def enrolled(accounts: Accounts, account: Account) -> tuple[SessionUser, bytes]:
    """Set an authenticator up an hour ago, so that today's codes are unused."""
    user, at = await accounts.signs_in(account), now() - timedelta(hours=1)
    async with accounts.transaction() as session:
        await begin_totp(session, user, BOX, at)
        secret = await pending_totp(session, user, BOX)
        assert secret is not None
        assert await confirm_totp(session, user, code_at(secret, at), BOX, at)
    return await accounts.signs_in(account), secret


async def check(accounts: Accounts, user: SessionUser, typed: str, at: datetime | None = None) -> bool:
    async with accounts.transaction() as session:
        return await check_code(session, user, typed, BOX, at or now())


async def test_an_administrator_is_asked_to_set_one_up(accounts: Accounts) -> None:
    """The rule of the company holds from the sign-in on, and the password alone opens nothing."""
    admin = await accounts.administrator(second_factor=True)
    assert (await accounts.signs_in(admin)).state.step is SignInStep.ENROLMENT
    user, _ = await enrolled(accounts, admin)
    assert user.state.step is SignInStep.SECOND_FACTOR


async def test_a_code_lets_in_once(accounts: Accounts) -> None:
    admin = await accounts.administrator()
    user, secret = await enrolled(accounts, admin)
    at = now()
    tries = [check(accounts, user, code_at(secret, at), at) for _ in range(5)]
    assert sorted(await asyncio.gather(*tries)) == [False, False, False, False, True]


async def test_the_step_is_taken_with_a_new_token(accounts: Accounts) -> None:
    """Rotated when it may do more: the token from before is worth nothing."""
    user, secret = await enrolled(accounts, await accounts.administrator())
    assert await check(accounts, user, code_at(secret, now()))
    async with accounts.transaction() as session:
        opened = await rotate_session(session, user, now(), factor=True)
        again = await session_for(session, opened.token, now())
    assert again is not None
    assert (again.state.step, again.session_id) == (SignInStep.DONE, user.session_id)


async def test_halfway_is_over_after_ten_minutes(accounts: Accounts) -> None:
    admin = await accounts.administrator()
    await enrolled(accounts, admin)
    async with accounts.transaction() as session:
        outcome = await sign_in(session, admin.login_id, PASSWORD, now())
        token = getattr(outcome, "token", "")
        assert await session_for(session, token, now() + timedelta(minutes=9))
        assert await session_for(session, token, now() + timedelta(minutes=10)) is None


async def test_five_wrong_codes_lock_and_the_right_one_is_then_wrong(accounts: Accounts) -> None:
    """C-4 for the second factor: who has the password gets no more guesses than who has not."""
    admin = await accounts.administrator()
    user, secret = await enrolled(accounts, admin)
    # A right password in between does not begin the count anew: the sign-in was not finished.
    for _ in range(4):
        assert not await check(accounts, user, "000000")
    user = await accounts.signs_in(admin)
    assert not await check(accounts, user, "000000")
    assert not await check(accounts, user, code_at(secret, now()))
    assert (await accounts.mails(admin)).count("account_locked") == 1
    later = now() + timedelta(minutes=31)
    assert await check(accounts, user, code_at(secret, later), later)


async def test_a_backup_code_lets_in_once_and_its_owner_is_told(accounts: Accounts) -> None:
    admin = await accounts.administrator()
    user, _ = await enrolled(accounts, admin)
    async with accounts.transaction() as session:
        codes = await new_backup_codes(session, user, BOX, now())
    assert len(set(codes)) == 10
    assert await check(accounts, user, codes[3].lower().replace("-", ""))
    assert not await check(accounts, user, codes[3])
    async with accounts.transaction() as session:
        assert await backup_codes_left(session, user) == 9
    told = await accounts.last_mail(admin)
    assert told.facts.details is not None
    assert told.facts.details["change"] == "backup_code_used"


async def test_a_code_of_somebody_else_is_wrong(accounts: Accounts) -> None:
    admin = await accounts.administrator()
    mine, _ = await enrolled(accounts, admin)
    other, secret = await enrolled(accounts, await accounts.colleague(admin))
    async with accounts.transaction() as session:
        codes = await new_backup_codes(session, other, BOX, now())
    assert not await check(accounts, mine, code_at(secret, now()))
    assert not await check(accounts, mine, codes[0])


async def test_a_working_authenticator_is_not_overwritten(accounts: Accounts) -> None:
    """Else a stolen session could put its own in place of the owner's."""
    user, secret = await enrolled(accounts, await accounts.administrator())
    async with accounts.transaction() as session:
        await begin_totp(session, user, BOX, now())
        assert await pending_totp(session, user, BOX) is None
    assert await check(accounts, user, code_at(secret, now()))


async def test_without_a_factor_there_are_no_backup_codes(accounts: Accounts) -> None:
    user, _ = await enrolled(accounts, await accounts.administrator())
    async with accounts.transaction() as session:
        await new_backup_codes(session, user, BOX, now())
        await remove_totp(session, user, now())
        assert await backup_codes_left(session, user) == 0


async def test_secrets_are_sealed_for_their_owner(accounts: Accounts) -> None:
    """A row copied to another user, or read without the key, tells nothing."""
    user, secret = await enrolled(accounts, await accounts.administrator())
    (row,) = await accounts.rows(
        "SELECT sealed_secret FROM totp_secrets WHERE user_id = :user", user=user.user_id
    )
    sealed = bytes(row.sealed_secret)
    assert secret not in sealed
    assert BOX.open(sealed, owner=user.user_id, purpose="totp") == secret
    for box, owner in ((BOX, user.company_id), (SecretBox("another"), user.user_id)):
        with pytest.raises(UnreadableSecret):
            box.open(sealed, owner=owner, purpose="totp")


def test_a_new_key_in_front_opens_what_the_old_one_sealed() -> None:
    """Changing the key of the settings without anybody having to enrol again."""
    user = uuid4()
    old, both = SecretBox("old"), SecretBox("new old")
    sealed = old.seal(b"secret", owner=user, purpose="totp")
    assert both.open(sealed, owner=user, purpose="totp") == b"secret"
    assert old.hashes("C0DE", owner=user, purpose="x")[0] in both.hashes("C0DE", owner=user, purpose="x")
    with pytest.raises(UnreadableSecret):
        old.open(both.seal(b"secret", owner=user, purpose="totp"), owner=user, purpose="totp")
    with pytest.raises(NoEncryptionKey):
        SecretBox("").seal(b"secret", owner=user, purpose="totp")
