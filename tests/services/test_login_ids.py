"""C-5: a deleted user's login id is freed by the service desk only, and both sides' trails tell of it."""

import asyncio
from uuid import uuid4

import pytest

from domain.audit import ActorKind, AuditAction
from domain.callers import COMMAND_LINE, Caller, OperatorCaller
from domain.company_users import UserProblem
from domain.operator_permissions import OperatorRole
from services.audit import trail_of
from services.audit_log import AuditFilter, search_audit
from services.audit_verification import audit_faults
from services.company_users import UserNotFound, delete_user
from services.database import NO_COMPANY, OWN_STAFF
from services.login_ids import deleted_user, find_deleted_user, release_login_id
from services.operators import create_operator
from services.sign_in import SignedIn, SignInFailed, sign_in
from tests.services.accounts import PASSWORD, Account, Accounts
from tests.services.support import now
from tests.services.test_company_users import caller, problem_of_invitation


async def deleted(accounts: Accounts, by: Account) -> Account:
    gone = await accounts.colleague(by)
    async with accounts.transaction() as session:
        await delete_user(session, caller(by), gone.user_id, now())
    return gone


async def released(accounts: Accounts, gone: Account, by: OperatorCaller = COMMAND_LINE) -> bool:
    async with accounts.database.transaction((gone.company_id, OWN_STAFF)) as session:
        return await release_login_id(session, by, gone.company_id, gone.user_id, now())


async def test_it_is_found_by_the_whole_login_id_whatever_the_company(accounts: Accounts) -> None:
    admin = await accounts.administrator()
    gone = await deleted(accounts, admin)
    async with accounts.database.transaction(NO_COMPANY) as session:
        found = await find_deleted_user(session, gone.login_id.upper())
    assert found is not None
    assert (found.company_id, found.user_id) == (gone.company_id, gone.user_id)
    assert (found.company_name, found.name, found.released_at) == ("かえで物産株式会社", "楓 一郎", None)
    for login_id in (gone.login_id[:-1], "%", admin.login_id, "", "\x00"):
        async with accounts.database.transaction(NO_COMPANY) as session:
            assert await find_deleted_user(session, login_id) is None


async def test_once_it_is_freed_it_can_be_registered_again(accounts: Accounts) -> None:
    """By another user row: the old one stays deleted, its password opens nothing."""
    admin = await accounts.administrator()
    gone = await deleted(accounts, admin)
    refused = await problem_of_invitation(accounts, admin, gone.login_id)
    assert refused is UserProblem.LOGIN_ID_NOT_AVAILABLE
    assert await released(accounts, gone)
    async with accounts.transaction() as session:
        assert isinstance(await sign_in(session, gone.login_id, PASSWORD, now()), SignInFailed)
    assert await problem_of_invitation(accounts, admin, gone.login_id) is None
    async with accounts.transaction() as session:
        assert not isinstance(await sign_in(session, gone.login_id, PASSWORD, now()), SignedIn)
        user = await deleted_user(session, gone.company_id, gone.user_id)
    assert user.released_at is not None


async def test_it_can_be_deleted_and_freed_again(accounts: Accounts) -> None:
    """The one that keeps the login id from use is found, not the one of the year before."""
    admin = await accounts.administrator()
    gone = await deleted(accounts, admin)
    assert await released(accounts, gone)
    assert await problem_of_invitation(accounts, admin, gone.login_id) is None
    async with accounts.database.transaction(NO_COMPANY) as session:
        assert await find_deleted_user(session, gone.login_id) is None
    (again,) = await accounts.rows(
        "SELECT id FROM company_users WHERE login_id = :login_id AND deleted_at IS NULL",
        login_id=gone.login_id,
    )
    async with accounts.transaction() as session:
        await delete_user(session, caller(admin), again.id, now())
    async with accounts.database.transaction(NO_COMPANY) as session:
        found = await find_deleted_user(session, gone.login_id)
    assert found is not None
    assert found.user_id == again.id
    assert not await released(accounts, gone)
    assert await released(accounts, Account(gone.company_id, again.id, gone.login_id))


async def test_who_is_not_deleted_or_of_another_company_is_not_there(accounts: Accounts) -> None:
    admin, stranger = await accounts.administrator(), await accounts.administrator()
    gone = await deleted(accounts, admin)
    wrong = [
        (admin.company_id, admin.user_id),
        (stranger.company_id, gone.user_id),
        (gone.company_id, uuid4()),
        (OWN_STAFF, gone.user_id),
    ]
    for company_id, user_id in wrong:
        with pytest.raises(UserNotFound):
            await released(accounts, Account(company_id, user_id, ""))
    async with accounts.database.transaction(NO_COMPANY) as session:
        assert await find_deleted_user(session, gone.login_id)


async def test_it_is_on_record_once_for_the_company_and_once_for_us(accounts: Accounts) -> None:
    """I11, pressed three times at once; the company is told that we did it, nobody the whole address."""
    admin = await accounts.administrator()
    gone = await deleted(accounts, admin)
    async with accounts.jobs_database.transaction(OWN_STAFF) as session:
        operator = await create_operator(
            session, "desk@login-ids.example", "窓口 良子", OperatorRole.SERVICE_DESK, PASSWORD
        )
    by = OperatorCaller(operator, remote_address="192.0.2.9")
    outcomes = await asyncio.gather(*(released(accounts, gone, by) for _ in range(3)))
    assert sorted(outcomes) == [False, False, True]

    async def entries(who: Caller | OperatorCaller) -> list[tuple[object, ...]]:
        wanted = AuditFilter(action=AuditAction.LOGIN_ID_RELEASED)
        async with accounts.database.transaction(trail_of(who)) as session:
            found = await search_audit(session, who, wanted, limit=1000)
        return [
            (e.actor_kind, e.actor_name, e.remote_address, dict(e.after))
            for e in found.items
            if (e.target_kind, e.target_id) == ("user", gone.user_id)
        ]

    masked = f"{gone.login_id[0]}***@kaede.example"
    kind = ActorKind.OPERATOR
    assert await entries(caller(admin)) == [(kind, None, None, {"login_id": masked})]
    told = {"login_id": masked, "company": "かえで物産株式会社"}
    assert await entries(by) == [(kind, "窓口 良子", "192.0.2.9", told)]
    async with accounts.jobs_database.transaction() as session:
        assert await audit_faults(session) == []
