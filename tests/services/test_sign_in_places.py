"""C-4: who guesses is locked out where they guess; nobody holds somebody else's account locked."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias

import pytest
from sqlalchemy import text

from domain.callers import COMMAND_LINE
from domain.operator_permissions import OperatorRole
from domain.sign_in_steps import KNOWN_FOR, LOCKED_FOR, MAX_FAILURES, MAX_FAILURES_OF_ALL
from services.accounts import Account
from services.database import OWN_STAFF
from services.failed_sign_ins import count_failure, forget_old_places
from services.operator_sign_in import OperatorAdmitted, sign_operator_in
from services.operators import create_operator, list_operators, operator_of_login, unlock_operator
from services.sessions import Device
from services.sign_in import SignedIn, sign_in
from tests.services.accounts import PASSWORD, Accounts
from tests.services.support import now

OWNER, ELSEWHERE = "203.0.113.9", "203.0.113.77"
STRANGERS = ("192.0.2.1", "198.51.100.2", "2001:db8:1::1", "2001:db8:2::1")
# Password, address, moment → whether it let in.
Try: TypeAlias = Callable[..., Awaitable[bool]]


@pytest.fixture(params=["company", "operators"])
async def trying(request: pytest.FixtureRequest, accounts: Accounts) -> tuple[Try, Account]:
    """An account of either side, and how to try passwords at it."""
    if request.param == "company":
        user = await accounts.administrator()

        async def try_user(password: str, address: str | None, at: datetime | None = None) -> bool:
            async with accounts.transaction() as session:
                device = Device(address=address)
                outcome = await sign_in(session, user.login_id, password, at or now(), device)
            return isinstance(outcome, SignedIn)

        return try_user, Account(user.company_id, user.user_id)
    login_id = f"places{len(request.node.name)}{id(request)}@operator.example"
    async with accounts.jobs_database.transaction(OWN_STAFF) as session:
        made = await create_operator(session, login_id, "運用 太郎", OperatorRole.OPERATOR, PASSWORD)

    async def try_operator(password: str, address: str | None, at: datetime | None = None) -> bool:
        async with accounts.database.transaction(OWN_STAFF) as session:
            device = Device(address=address)
            outcome = await sign_operator_in(session, login_id, password, at or now(), device)
        return isinstance(outcome, OperatorAdmitted)

    return try_operator, Account(None, made)


async def test_strangers_lock_themselves_out_and_not_the_owner(trying: tuple[Try, Account]) -> None:
    attempt, _ = trying
    for stranger in STRANGERS:
        for _ in range(MAX_FAILURES):
            assert not await attempt("wrong", stranger)
    for stranger in STRANGERS:
        assert not await attempt(PASSWORD, stranger)
    assert await attempt(PASSWORD, OWNER)


async def test_five_in_a_row_lock_whoever_guesses_for_half_an_hour(trying: tuple[Try, Account]) -> None:
    """The owner as well; one address of a customer's network is as good as another of it."""
    attempt, _ = trying
    start = now()
    await asyncio.gather(*(attempt("wrong", f"2001:db8:7::{n}", start) for n in range(20)))
    assert not await attempt(PASSWORD, "2001:db8:7::ffff", start + LOCKED_FOR - timedelta(minutes=1))
    assert await attempt(PASSWORD, "2001:db8:7::ffff", start + LOCKED_FOR)
    for _ in range(MAX_FAILURES - 1):
        assert not await attempt("wrong", "2001:db8:7::1", start + LOCKED_FOR)
    assert await attempt(PASSWORD, "2001:db8:7::1", start + LOCKED_FOR)


async def test_guessing_from_very_many_places_leaves_the_owners_place_open(
    accounts: Accounts, trying: tuple[Try, Account]
) -> None:
    """A hundred wrong ones in half an hour: then only where the owner was somebody may try on."""
    attempt, account = trying
    assert await attempt(PASSWORD, OWNER)
    owner = account.company_id or OWN_STAFF
    async with accounts.database.transaction(owner) as session:
        for number in range(MAX_FAILURES_OF_ALL // 4):
            for _ in range(4):
                await count_failure(session, account, now(), f"198.18.{number}.1")
    assert not await attempt(PASSWORD, ELSEWHERE)
    assert await attempt(PASSWORD, OWNER)
    assert await attempt(PASSWORD, ELSEWHERE, now() + LOCKED_FOR + timedelta(minutes=1))


async def test_wrong_second_factors_count_wherever_they_are_tried(
    accounts: Accounts, trying: tuple[Try, Account]
) -> None:
    """Who tries them has the password: no place gives them more tries."""
    attempt, account = trying
    async with accounts.database.transaction(account.company_id or OWN_STAFF) as session:
        for number in range(MAX_FAILURES):
            await count_failure(session, account, now(), f"198.18.{number}.1", everywhere=True)
    assert not await attempt(PASSWORD, OWNER)


async def test_places_are_forgotten(accounts: Accounts, trying: tuple[Try, Account]) -> None:
    attempt, account = trying
    await attempt("wrong", STRANGERS[0])
    await attempt(PASSWORD, OWNER)
    count = text(
        "SELECT (SELECT count(*) FROM sign_in_places WHERE user_id = :id)"
        " + (SELECT count(*) FROM operator_sign_in_places WHERE operator_id = :id)"
    )
    left = []
    for age in (timedelta(0), timedelta(days=2), KNOWN_FOR + timedelta(days=1)):
        async with accounts.jobs_database.transaction() as session:
            await forget_old_places(session, now() + age)
            left.append((await session.execute(count, {"id": account.id})).scalar_one())
    assert left == [2, 1, 0]


async def test_an_operators_lock_is_lifted_by_a_colleague_or_the_command_line(accounts: Accounts) -> None:
    """A way back that is no SQL; it is on record."""
    login_id = "locked@operator.example"
    async with accounts.jobs_database.transaction(OWN_STAFF) as session:
        await create_operator(session, login_id, "運用 太郎", OperatorRole.OPERATOR, PASSWORD)

    async def attempt(password: str) -> bool:
        async with accounts.database.transaction(OWN_STAFF) as session:
            outcome = await sign_operator_in(session, login_id, password, now(), Device(address=OWNER))
        return isinstance(outcome, OperatorAdmitted)

    async def is_locked() -> bool:
        async with accounts.database.transaction(OWN_STAFF) as session:
            operators = await list_operators(session, now())
        return next(one.is_locked for one in operators if one.login_id == login_id)

    for _ in range(MAX_FAILURES):
        assert not await attempt("wrong")
    assert not await attempt(PASSWORD)
    assert await is_locked()
    async with accounts.database.transaction(OWN_STAFF) as session:
        await unlock_operator(session, COMMAND_LINE, await operator_of_login(session, login_id))
    assert not await is_locked()
    assert await attempt(PASSWORD)
    (row,) = await accounts.rows("SELECT actor_kind FROM audit_entries WHERE action = 'account_unlocked'")
    assert row.actor_kind == "system"
