"""Administrators and their users (P-6, C-1, C-2, C-5)."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from domain.callers import Caller
from domain.company_users import AccountState, UserProblem, UserProfile
from domain.permissions import Role
from domain.rate_limits import LIMITS, LimitKind
from domain.sign_in_steps import SignInStep
from services.company_users import (
    UserNotFound,
    UserRefused,
    UserRow,
    change_user,
    delete_user,
    find_user,
    invite_user,
    list_users,
    require_second_factor,
    reset_by_issuer,
    reset_second_factor,
)
from services.session_tokens import new_token, token_hash
from services.sessions import (
    SessionNotFound,
    end_own_session,
    end_sessions,
    forget_ended_sessions,
    own_sessions,
)
from services.sign_in import SignInFailed, sign_in
from services.user_sessions import session_for
from tests.services.accounts import BOX, PASSWORD, Account, Accounts
from tests.services.support import now

PROFILE = UserProfile("新しい名前", Role.SENIOR_ADMIN)


def caller(account: Account) -> Caller:
    return Caller(account.company_id, account.user_id, Role.COMPANY_ADMIN)


async def problem_of_invitation(accounts: Accounts, by: Account, login_id: str) -> UserProblem | None:
    try:
        async with accounts.transaction() as session:
            await invite_user(session, caller(by), login_id, PROFILE, BOX, now())
    except UserRefused as refusal:
        return refusal.problem
    return None


async def test_an_invitation_is_a_user_and_a_mail_in_one_transaction(accounts: Accounts) -> None:
    """C-2: if the change is rolled back, no mail goes out."""
    admin = await accounts.administrator()
    newcomer = await accounts.invited(admin)
    assert await accounts.mails(newcomer) == ["account_issued"]
    mail = await accounts.last_mail(newcomer)
    assert (mail.address, mail.tells_a_secret) == (newcomer.login_id, True)
    async with accounts.transaction() as session:
        await invite_user(session, caller(admin), "lost@kaede.example", PROFILE, BOX, now())
        await session.rollback()
    assert await accounts.rows("SELECT 1 FROM mails WHERE address = 'lost@kaede.example'") == []


async def test_a_deleted_login_id_is_refused(accounts: Accounts) -> None:
    """C-5; in any case. Freeing it: ``test_login_ids.py``."""
    admin = await accounts.administrator()
    gone = await accounts.colleague(admin)
    async with accounts.transaction() as session:
        await delete_user(session, caller(admin), gone.user_id, now())
    refused = await problem_of_invitation(accounts, admin, gone.login_id.upper())
    assert refused is UserProblem.LOGIN_ID_NOT_AVAILABLE


async def rows_of(accounts: Accounts, by: Account, login_id: str) -> list[UserRow]:
    async with accounts.database.transaction(by.company_id) as session:
        return [row for row in await list_users(session, caller(by), now()) if row.login_id == login_id]


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_another_companys_login_id_is_invited_like_any_other(
    accounts: Accounts, is_deleted: bool
) -> None:
    """Whether somebody is, or was, a customer elsewhere is nobody's business."""
    admin, stranger = await accounts.administrator(), await accounts.administrator()
    taken = await accounts.colleague(stranger)
    if is_deleted:
        async with accounts.transaction() as session:
            await delete_user(session, caller(stranger), taken.user_id, now())
    free = f"free-{taken.login_id}"
    assert await problem_of_invitation(accounts, admin, admin.login_id) is UserProblem.LOGIN_ID_IN_USE
    for login_id in (taken.login_id, free):
        assert await problem_of_invitation(accounts, admin, login_id) is None
    (in_vain,), (invited,) = [await rows_of(accounts, admin, login_id) for login_id in (taken.login_id, free)]
    same = ("state", "name", "role", "locked_until", "last_signed_in_at", "has_second_factor")
    assert [getattr(in_vain, name) for name in same] == [getattr(invited, name) for name in same]
    again = await problem_of_invitation(accounts, admin, taken.login_id.upper())
    assert again is UserProblem.LOGIN_ID_IN_USE
    entries = await accounts.rows(
        "SELECT action, after - 'login_id' AS after FROM audit_entries WHERE target_id = ANY (:ids)",
        ids=[in_vain.id, invited.id],
    )
    assert len(entries) == 2
    assert entries[0] == entries[1]


async def test_an_invitation_of_another_companys_user_lets_nobody_in_and_only_its_reader_knows(
    accounts: Accounts,
) -> None:
    """The other company's account is as it was; repeating it does not flood the mailbox."""
    admin, stranger = await accounts.administrator(), await accounts.administrator()
    taken = await accounts.colleague(stranger)
    for _ in range(LIMITS[LimitKind.NOTICE_MAIL].burst + 2):
        assert await problem_of_invitation(accounts, admin, taken.login_id) is None
        (row,) = await rows_of(accounts, admin, taken.login_id)
        async with accounts.transaction() as session:
            await change_user(session, caller(admin), row.id, UserProfile("別の名", Role.ADMIN), now())
            await delete_user(session, caller(admin), row.id, now())
    assert await problem_of_invitation(accounts, admin, taken.login_id) is None
    (row,) = await rows_of(accounts, admin, taken.login_id)
    async with accounts.transaction() as session:
        await reset_by_issuer(session, caller(admin), row.id, BOX, now())
    mails = await accounts.rows(
        "SELECT DISTINCT kind FROM mails WHERE company_id = :company AND address = :address",
        company=admin.company_id,
        address=taken.login_id,
    )
    assert [mail.kind for mail in mails] == ["login_id_taken"]
    (count,) = await accounts.rows(
        "SELECT count(*) AS n FROM mails WHERE kind = 'login_id_taken' AND address = :address",
        address=taken.login_id,
    )
    assert count.n == LIMITS[LimitKind.NOTICE_MAIL].burst
    user = await accounts.signs_in(taken)
    assert user.account.company_id == stranger.company_id
    async with accounts.transaction() as session:
        await delete_user(session, caller(stranger), taken.user_id, now())
        for password in (PASSWORD, "!", ""):
            assert isinstance(await sign_in(session, taken.login_id, password, now()), SignInFailed)


async def test_a_deleted_user_is_out_at_once(accounts: Accounts) -> None:
    """Open sessions, password, second factor: nothing opens any more; the name stays for the logs."""
    admin = await accounts.administrator()
    gone = await accounts.colleague(admin)
    user = await accounts.signs_in(gone)
    async with accounts.transaction() as session:
        await delete_user(session, caller(admin), gone.user_id, now())
        assert await own_sessions(session, user, now()) == []
        assert isinstance(await sign_in(session, gone.login_id, PASSWORD, now()), SignInFailed)
        with pytest.raises(UserNotFound):
            await find_user(session, caller(admin), gone.user_id, now())
    (row,) = await accounts.rows("SELECT name FROM company_users WHERE id = :id", id=gone.user_id)
    assert row.name == "楓 一郎"
    assert await accounts.mails(gone) == ["account_deleted"]


async def test_a_role_counts_from_the_next_request_on_and_its_owner_is_told(accounts: Accounts) -> None:
    """C-1: the session does not carry the role."""
    admin = await accounts.administrator()
    colleague = await accounts.colleague(admin)
    await accounts.signs_in(colleague)
    token = new_token()
    async with accounts.transaction() as session:
        await change_user(session, caller(admin), colleague.user_id, PROFILE, now())
    await accounts.rows(
        "UPDATE user_sessions SET token_hash = :hash WHERE user_id = :user",
        hash=token_hash(token),
        user=colleague.user_id,
    )
    async with accounts.transaction() as session:
        user = await session_for(session, token, now())
    assert user is not None
    assert (user.role, user.name) == (Role.SENIOR_ADMIN, "新しい名前")
    assert (await accounts.last_mail(colleague)).facts.details == {
        "role_before": "admin",
        "role_after": "senior_admin",
    }


async def test_a_new_name_alone_sends_no_mail(accounts: Accounts) -> None:
    admin = await accounts.administrator()
    async with accounts.transaction() as session:
        profile = UserProfile("改姓 花子", Role.COMPANY_ADMIN)
        await change_user(session, caller(admin), admin.user_id, profile, now())
    assert await accounts.mails(admin) == []


async def test_nobody_changes_the_own_role_or_deletes_oneself(accounts: Accounts) -> None:
    admin = await accounts.administrator()
    await accounts.colleague(admin, Role.COMPANY_ADMIN)
    async with accounts.transaction() as session:
        for change in (
            change_user(session, caller(admin), admin.user_id, PROFILE, now()),
            delete_user(session, caller(admin), admin.user_id, now()),
            reset_second_factor(session, caller(admin), admin.user_id, now()),
        ):
            with pytest.raises(UserRefused) as refusal:
                await change
            assert refusal.value.problem is UserProblem.ONESELF


async def test_two_administrators_who_delete_each_other_at_once_leave_one(accounts: Accounts) -> None:
    """A company without administrators could not mend itself."""
    first = await accounts.administrator()
    second = await accounts.colleague(first, Role.COMPANY_ADMIN)

    async def removes(by: Account, whom: Account) -> str:
        try:
            async with accounts.transaction() as session:
                await delete_user(session, caller(by), whom.user_id, now())
        except UserRefused as refusal:
            return refusal.problem.value
        return "done"

    outcomes = await asyncio.gather(removes(first, second), removes(second, first))
    assert sorted(outcomes) == ["done", "last_administrator"]


async def test_another_companys_user_does_not_exist(accounts: Accounts) -> None:
    """I9: the same answer as for a random id, by the services alone."""
    admin, stranger = await accounts.administrator(), await accounts.administrator()
    by = caller(admin)
    async with accounts.transaction() as session:
        for user_id in (stranger.user_id, uuid4()):
            for change in (
                find_user(session, by, user_id, now()),
                change_user(session, by, user_id, PROFILE, now()),
                delete_user(session, by, user_id, now()),
                reset_second_factor(session, by, user_id, now()),
                reset_by_issuer(session, by, user_id, BOX, now()),
            ):
                with pytest.raises(UserNotFound):
                    await change


async def test_the_list_shows_how_accounts_stand(accounts: Accounts) -> None:
    admin = await accounts.administrator()
    locked = await accounts.colleague(admin)
    await accounts.invited(admin)
    await accounts.invited(admin, at=now() - timedelta(days=15))
    for _ in range(5):
        async with accounts.transaction() as session:
            await sign_in(session, locked.login_id, "wrong", now())
    async with accounts.transaction() as session:
        users = await list_users(session, caller(admin), now())
        later = await list_users(session, caller(admin), now() + timedelta(minutes=31))
    states = [AccountState.ACTIVE, AccountState.LOCKED, AccountState.INVITED, AccountState.INVITATION_EXPIRED]
    assert [user.state for user in users] == states
    assert later[1].state is AccountState.ACTIVE


async def test_the_rule_for_a_role_holds_from_the_next_request_on(accounts: Accounts) -> None:
    admin = await accounts.administrator()
    assert (await accounts.signs_in(admin)).state.step is SignInStep.DONE
    async with accounts.transaction() as session:
        await require_second_factor(session, caller(admin), frozenset({Role.COMPANY_ADMIN}))
    assert (await accounts.signs_in(admin)).state.step is SignInStep.ENROLMENT


async def test_new_companies_require_one_of_administrators(accounts: Accounts) -> None:
    """By default, whoever makes the company."""
    (row,) = await accounts.rows(
        "INSERT INTO companies (name) VALUES ('新会社') RETURNING second_factor_roles"
    )
    assert row.second_factor_roles == ["company_admin"]


async def test_sessions_are_listed_and_ended_by_their_owner_only(accounts: Accounts) -> None:
    admin = await accounts.administrator()
    first, here = await accounts.signs_in(admin), await accounts.signs_in(admin)
    other = await accounts.signs_in(await accounts.colleague(admin))
    async with accounts.transaction() as session:
        with pytest.raises(SessionNotFound):
            await end_own_session(session, other, first.session_id)
        await end_own_session(session, here, first.session_id)
        assert [s.is_current for s in await own_sessions(session, here, now())] == [True]
        await end_sessions(session, here.account, but=here.session_id)
        assert len(await own_sessions(session, here, now())) == 1
        assert len(await own_sessions(session, other, now())) == 1


async def test_sessions_that_are_over_are_forgotten(accounts: Accounts) -> None:
    """The address somebody came from is kept no longer than the session."""
    admin = await accounts.administrator()
    here = await accounts.signs_in(admin)
    async with accounts.jobs_database.transaction() as session:
        await forget_ended_sessions(session, now() + timedelta(minutes=29))
        assert len(await own_sessions(session, here, now())) == 1
        await forget_ended_sessions(session, now() + timedelta(minutes=31))
        assert await own_sessions(session, here, now()) == []
